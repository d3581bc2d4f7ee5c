"""A service in the form of a transport: replies from a table, and what was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpx2

from twill.models.job import Job, JobEvent, State
from twill.models.progress import Progress
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
