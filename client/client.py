"""The client for plain code: each method waits for its answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Literal, Self, TypeVar

import httpx2

from ..models.answer import Answer
from ..models.job import Job, JobEvent, ScheduleRequest, State
from ..models.progress import ignore
from . import call
from .call import Call
from .connection import Connection, check_size
from .outcome import Observe, check_result, ended, event_of, is_over, tell
from .patience import Patience
from .refusal import RETRIED, refusal

T = TypeVar("T")


class Client:
    """Asks a Twill service for schedules.

        with Client("http://127.0.0.1:8000", key=key) as twill:
            answer = twill.solve(ScheduleRequest(kernel="gemm", gpu="h100-sxm"))

    Every method raises InvalidInput for what the service refuses, with file, line and column where
    it tells them, and ServiceFault where the service fails or cannot be reached. Calls are sent
    again as `patience` says; none takes effect twice. Not for several threads at once.
    """

    def __init__(
        self, server: str, *, key: str | None = None, patience: Patience | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:  # fmt: skip
        """`server` is an address such as http://127.0.0.1:8000; `transport` is for tests."""
        self._connection = Connection(server, key, patience or Patience())
        self._http = httpx2.Client(
            base_url=server, headers=self._connection.headers, transport=transport,
            timeout=self._connection.timeout, follow_redirects=False,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def submit(self, request: ScheduleRequest, *, idempotency_key: str | None = None) -> Job:
        """Ask for a schedule; the job may be over already."""
        return self._send(call.submit(request, idempotency_key))

    def job(self, identity: str) -> Job:
        """How a job stands."""
        return self._send(call.job(identity))

    def jobs(
        self, *, state: State | None = None, kernel: str | None = None, gpu: str | None = None
    ) -> Iterator[Job]:
        """One's jobs, newest first, page after page."""
        after: str | None = None
        while True:
            page = self._send(call.jobs(state, kernel, gpu, after))
            yield from page.jobs
            after = page.after
            if after is None:
                return

    def cancel(self, identity: str) -> Job:
        """Give a job up; the best schedule found by then stays."""
        return self._send(call.cancel(identity))

    def answer(self, identity: str) -> Answer:
        """The schedule document of a job that has a result, as the service sent it."""
        return self._send(call.answer(identity))

    def names(self, kind: Literal["kernels", "profiles"]) -> tuple[str, ...]:
        """The kernels or the GPU profiles that the service knows by name."""
        return self._send(call.names(kind))

    def events(self, identity: str, *, after: int = 0) -> Iterator[JobEvent]:
        """The events of a job from number `after` + 1 to the last, as they come.

        A stream that breaks is taken up again where it broke.
        """
        failed = 0
        while True:
            fault: httpx2.TransportError = httpx2.RemoteProtocolError("the stream ended")
            try:
                for event in self._stream(identity, after):
                    failed, after = 0, event.sequence
                    yield event
                    if ended(event) is not None:
                        return
            except httpx2.TransportError as broken:
                fault = broken
            pause = self._connection.patience.pause(failed)
            if pause is None:
                raise self._connection.unreachable(fault)
            failed += 1
            time.sleep(pause)

    def follow(self, identity: str, observe: Observe = ignore) -> Job:
        """Wait until a job is over; `observe` is told what its search tells."""
        for event in self.events(identity):
            tell(event, observe)
            if (job := ended(event)) is not None:
                return job
        return self.job(identity)

    def solve(self, request: ScheduleRequest, observe: Observe = ignore) -> Answer:
        """Submit, follow, and fetch the schedule document; raises LimitReached if there is none."""
        job = self.submit(request)
        if not is_over(job):
            job = self.follow(job.id, observe)
        check_result(job)
        return self.answer(job.id)

    # ---- one call

    def _send(self, wanted: Call[T]) -> T:
        attempt = 0
        while True:
            status, text, headers = self._reply(wanted)
            if status in range(200, 300):
                return wanted.read(text)
            pause = self._connection.patience.pause(attempt, headers) if status in RETRIED else None
            if pause is None:
                raise refusal(status, text)
            attempt += 1
            time.sleep(pause)

    def _reply(self, wanted: Call[T]) -> tuple[int, str, httpx2.Headers]:
        """Status, text and headers of a reply, however often the connection breaks before it."""
        attempt = 0
        while True:
            try:
                with self._http.stream(
                    wanted.method, wanted.path, params=dict(wanted.query),
                    headers=dict(wanted.headers), content=wanted.body,
                ) as reply:  # fmt: skip
                    return reply.status_code, self._text(reply), reply.headers
            except httpx2.TransportError as broken:
                pause = self._connection.patience.pause(attempt)
                if pause is None:
                    raise self._connection.unreachable(broken) from None
            attempt += 1
            time.sleep(pause)

    def _text(self, reply: httpx2.Response) -> str:
        parts, seen = list[bytes](), 0
        for part in reply.iter_bytes():
            seen += len(part)
            check_size(seen)
            parts.append(part)
        return b"".join(parts).decode("utf-8", "replace")

    def _stream(self, identity: str, after: int) -> Iterator[JobEvent]:
        with self._open(identity, after) as reply:
            if not reply.is_success:
                raise refusal(reply.status_code, self._text(reply))
            for sent in httpx2.EventSource(reply):
                if (event := event_of(sent)) is not None:
                    yield event

    @contextmanager
    def _open(self, identity: str, after: int) -> Iterator[httpx2.Response]:
        headers = {"Accept": "text/event-stream"}
        if after:
            headers["Last-Event-ID"] = str(after)
        with self._http.stream("GET", call.events_path(identity), headers=headers) as reply:
            yield reply
