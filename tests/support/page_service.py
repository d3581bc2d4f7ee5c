"""A small service with the routes that the page asks for, so that a browser can be driven."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

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
from twill.models.schedule_text import schedule_text
from twill.pipeline import read_answer
from twill.reader.documents import read_document

Solve = Callable[[ScheduleRequest, Observer, threading.Event], Answer]
DIGEST = "sha256:" + "0" * 64


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


@dataclass
class Record:
    """A job with its events and, in the end, its answer."""

    job: Job
    events: list[JobEvent] = field(default_factory=list)
    answer: Answer | None = None
    cuda: str | None = None
    stop: threading.Event = field(default_factory=threading.Event)

    def tell(self, kind: str, **more: Any) -> None:
        sequence = len(self.events) + 1
        said = {"sequence": sequence, "kind": kind, "at": now(), **more}
        self.events.append(JobEvent.model_validate(said))

    def update(self, **changes: Any) -> None:
        self.job = self.job.model_copy(update=changes)


class PageService:
    """Jobs in memory; a thread for each solve."""

    def __init__(self, solve: Solve, key: str | None = None) -> None:
        self.solve = solve
        self.key = key
        self.records: dict[str, Record] = {}
        self.app = FastAPI()
        self.app.middleware("http")(self.check_key)
        _add_jobs(self.app, self)
        _add_library(self.app)
        _add_page(self.app)

    async def check_key(self, request: Request, call_next: Any) -> Response:
        asked = self.key is not None and request.url.path.startswith("/v1/")
        if asked and request.headers.get("authorization") != f"Bearer {self.key}":
            return refusal(401, "This service wants an API key.")
        answer: Response = await call_next(request)
        return answer

    def add(self, answer: Answer, cuda: str | None = None) -> str:
        """A job that is done."""
        record = self.new_record(answer.kernel, answer.gpu)
        record.cuda = cuda
        self.finish(record, answer)
        return record.job.id

    def new_record(self, kernel: str, gpu: str) -> Record:
        identity = f"{len(self.records) + 1:032x}"
        record = Record(Job(id=identity, state="queued", kernel=kernel, gpu=gpu, created_at=now()))
        self.records[identity] = record
        record.tell("queued")
        return record

    def run(self, record: Record, request: ScheduleRequest) -> None:
        record.update(state="running", started_at=now())
        record.tell("started")

        def observe(progress: Progress) -> None:
            record.tell("progress", progress=progress)

        self.finish(record, self.solve(request, observe, record.stop))

    def finish(self, record: Record, answer: Answer) -> None:
        record.answer = answer
        record.update(
            state="cancelled" if record.stop.is_set() else "done",
            status=answer.status,
            reason=answer.reason,
            finished_at=now(),
            kernel=answer.kernel,
            gpu=answer.gpu,
            initiation_interval=answer.initiation_interval,
            result=DIGEST if answer.schedule or not record.stop.is_set() else None,
        )
        record.tell("ended", job=record.job)


def refusal(status: int, detail: str) -> Response:
    return JSONResponse({"title": "refused", "detail": detail}, status_code=status)


def told(job: Job, status: int = 200) -> Response:
    return JSONResponse(job.model_dump(mode="json"), status_code=status)


def _add_page(app: FastAPI) -> None:
    files = static_files()

    @app.get("/{path:path}")
    def page(path: str) -> Response:
        found = files.get(path)
        if found is None:
            return Response(status_code=404)
        policy = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff"}
        return Response(found.content, media_type=found.content_type, headers=policy)


def _add_library(app: FastAPI) -> None:
    @app.get("/v1/kernels")
    def kernels() -> dict[str, Any]:
        return {"items": [{"name": name, "summary": ""} for name in kernel_names()]}

    @app.get("/v1/kernels/{name}")
    def kernel(name: str) -> Response:
        return Response(kernel_path(name).read_text(encoding="utf-8"), media_type="text/plain")

    @app.get("/v1/profiles")
    def profiles() -> dict[str, Any]:
        return {"items": [{"name": name} for name in profile_names()]}


def _add_jobs(app: FastAPI, service: PageService) -> None:
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
        return {"items": found[::-1], "after": None}

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
def serving(service: PageService) -> Iterator[str]:
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


def canned(folder: Path, seconds: float = 0.0, gate: threading.Event | None = None) -> Solve:
    """Answers with what is stored, after the events of a search that takes so long.

    With a gate, the search does not end before somebody opens it.
    """

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
        if gate is not None:
            gate.wait(60)
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
