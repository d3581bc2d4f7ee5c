"""A service in the form of a transport: replies from a table, and what was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpx2

<<<<<<< HEAD
from twill.models.job import Job, JobEvent, State
from twill.models.progress import Progress
=======
from twill.drawing.page.data import page_value
from twill.drawing.page.files import POLICY, static_files
from twill.gpu_profiles.library import profile_names
from twill.kernels.library import kernel_names, kernel_path
from twill.models.answer import Answer
from twill.models.errors import InvalidKernel, TwillError
from twill.models.job import Job, JobEvent, ScheduleRequest
from twill.models.kernel import KernelDocument
from twill.models.problem_object import problem_object
from twill.models.progress import Observer, Progress
>>>>>>> 59fb502 (The page in writing, with pictures that a script makes; bounds on what is drawn)
from twill.models.schedule_text import schedule_text
from twill.pipeline import solve_file

ID = "0123456789abcdef0123456789abcdef"
NOW = "2026-11-25T09:00:00.000Z"
Reply = Callable[[httpx2.Request], httpx2.Response]


def job(state: State = "queued", **more: object) -> Job:
    fields = {"id": ID, "state": state, "kernel": "toy", "gpu": "h100-sxm", "created_at": NOW}
    return Job.model_validate({**fields, **more})


def done() -> Job:
    return job("done", status="optimal", initiation_interval=60, result="sha256:" + "0" * 64)


def events() -> list[JobEvent]:
    told = Progress(kind="bounds", lower_bound=40)
    return [
        JobEvent(sequence=1, kind="queued", at=NOW),
        JobEvent(sequence=2, kind="started", at=NOW),
        JobEvent(sequence=3, kind="progress", at=NOW, progress=told),
        JobEvent(sequence=4, kind="ended", at=NOW, job=done()),
    ]


def stream_of(sent: list[JobEvent]) -> str:
    lines = [f"id: {e.sequence}\nevent: {e.kind}\ndata: {e.canonical_json()}\n\n" for e in sent]
    return ": ping\n\n" + "".join(lines)


class Broken(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A body that breaks off."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __iter__(self) -> Iterator[bytes]:
        yield self.text.encode()
        raise httpx2.ReadError("reset by the fake service")

    async def __aiter__(self):  # type: ignore[no-untyped-def]
        for part in self:
            yield part


@dataclass
class FakeService:
    """Answers each path by its list of replies, the last one again and again."""

    replies: dict[str, list[Reply]]
    asked: list[httpx2.Request] = field(default_factory=list)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        waiting = self.replies[f"{request.method} {request.url.path}"]
        reply = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return reply(request)

    @property
    def transport(self) -> httpx2.MockTransport:
        return httpx2.MockTransport(self)


def json_reply(text: str, status: int = 200, **headers: str) -> Reply:
    return lambda request: httpx2.Response(status, text=text, headers=headers)


def problem_reply(status: int, text: str) -> Reply:
    kind = {"Content-Type": "application/problem+json"}
    return lambda request: httpx2.Response(status, text=text, headers=kind)


def event_reply(text: str, *, breaks: bool = False) -> Reply:
    kind = {"Content-Type": "text/event-stream"}

    def reply(request: httpx2.Request) -> httpx2.Response:
        if breaks:
            return httpx2.Response(200, headers=kind, stream=Broken(text))
        return httpx2.Response(200, headers=kind, text=text)

    return reply


def unreachable(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("refused by the fake service")


<<<<<<< HEAD
def solved_toy() -> str:
    return schedule_text(solve_file("paper_running_example"))


def whole_service() -> FakeService:
    """A service that queues, solves and answers one graph of the library."""
    return FakeService({
        "POST /v1/schedules": [json_reply(job().canonical_json(), 202)],
        f"GET /v1/schedules/{ID}": [json_reply(done().canonical_json())],
        f"GET /v1/schedules/{ID}/events": [event_reply(stream_of(events()))],
        f"GET /v1/schedules/{ID}/schedule.json": [json_reply(solved_toy())],
        f"POST /v1/schedules/{ID}/cancel": [json_reply(job("cancelled").canonical_json(), 202)],
    })  # fmt: skip
=======
def _add_jobs(app: FastAPI, service: FakeService) -> None:
    @app.post("/v1/schedules")
    async def accept(request: Request) -> Response:
        wanted = ScheduleRequest.from_json((await request.body()).decode())
        try:
            kernel, gpu = _names(wanted)
        except TwillError as error:
            return JSONResponse(problem_object(error), status_code=422)
        record = service.new_record(kernel, gpu)
        threading.Thread(target=service.run, args=(record, wanted), daemon=True).start()
        return told(record.job, 202)

    @app.get("/v1/schedules")
    def jobs() -> dict[str, Any]:
        found = [record.job.model_dump(mode="json") for record in service.records.values()]
        return {"schedules": found[::-1], "next": None}

    @app.get("/v1/schedules/{identity}")
    def job(identity: str) -> Response:
        record = service.records.get(identity)
        return told(record.job) if record else refusal(404, "There is no such job.")

    @app.delete("/v1/schedules/{identity}")
    def cancel(identity: str) -> Response:
        service.records[identity].stop.set()
        return told(service.records[identity].job, 202)

    @app.get("/v1/schedules/{identity}/events")
    def events(identity: str, request: Request) -> Response:
        last = int(request.headers.get("last-event-id", "0"))
        stream = _stream(service.records[identity], last)
        return StreamingResponse(stream, media_type="text/event-stream")

    @app.get("/v1/schedules/{identity}/page.json")
    def page(identity: str) -> Response:
        record = service.records.get(identity)
        if record is None or record.answer is None:
            return refusal(404, "There is no such result.")
        return JSONResponse(page_value(record.answer, record.cuda))

    @app.get("/v1/schedules/{identity}/schedule.json")
    def schedule(identity: str) -> Response:
        answer = service.records[identity].answer
        assert answer is not None
        return Response(schedule_text(answer), media_type="application/json")


def _names(wanted: ScheduleRequest) -> tuple[str, str]:
    text = wanted.document or kernel_path(wanted.kernel or "").read_text(encoding="utf-8")
    document = read_document(text, "kernel.yaml", KernelDocument, InvalidKernel)
    return document.value.kernel, wanted.gpu or "h100-sxm"


async def _stream(record: Record, last: int) -> AsyncIterator[str]:
    sent = last
    while True:
        while sent < len(record.events):
            event = record.events[sent]
            sent += 1
            data = json.dumps(event.model_dump(mode="json"))
            yield f"id: {event.sequence}\nevent: {event.kind}\ndata: {data}\n\n"
            if event.kind == "ended":
                return
        await asyncio.sleep(0.03)


@contextmanager
def serving(service: FakeService) -> Iterator[str]:
    """The address at which the service listens."""
    settings = uvicorn.Config(
        service.app, host="127.0.0.1", port=0, log_level="warning", lifespan="off"
    )
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        for record in service.records.values():
            record.stop.set()
        server.should_exit = True
        server.force_exit = True
        thread.join(10)


def canned(folder: Path, seconds: float = 0.0) -> Solve:
    """Answers with what is stored, after the events of a search that takes so long."""

    def solve(request: ScheduleRequest, observe: Observer, stop: threading.Event) -> Answer:
        kernel, gpu = _names(request)
        answer = read_answer(str(folder / f"{kernel}@{gpu}.json"))
        answer = answer.model_copy(
            update={"sources": answer.sources.model_copy(update={"kernel": request.document})}
        )
        for progress in _search(answer):
            if stop.wait(seconds / 6):
                reason = "cancelled; a schedule was found before"
                return answer.model_copy(update={"status": "feasible", "reason": reason})
            observe(progress)
        return answer

    return solve


def _search(answer: Answer) -> Iterator[Progress]:
    best, least = answer.initiation_interval or 1, answer.bounds.minimum if answer.bounds else 1
    yield Progress(kind="bounds", lower_bound=least)
    for interval, found in ((best * 2, True), (best * 5 // 4, True), (best - 1, False)):
        verdict = "feasible" if found else "infeasible"
        yield Progress.model_validate(
            {"kind": "verdict", "initiation_interval": interval, "stages": 3, "verdict": verdict,
             "backend": "cp-sat" if found else "z3", "lower_bound": least if found else best,
             "best": interval if found else best}
        )  # fmt: skip
    yield Progress(kind="incumbent", initiation_interval=best, lower_bound=best, best=best)
    yield Progress(kind="done", lower_bound=best, best=best)
>>>>>>> 59fb502 (The page in writing, with pictures that a script makes; bounds on what is drawn)
