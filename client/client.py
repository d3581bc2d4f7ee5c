"""The client for plain code: each method waits for its answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import Literal, Self, TypeVar

import httpx2

from ..models.answer import Answer
from ..models.job import Job, JobEvent, ScheduleRequest, State
from ..models.progress import ignore
from . import call
from .call import Call
from .connection import Body, Connection
from .outcome import Observe, ended
from .patience import Patience
from .plan import Found, Hear, Listener, Open, Plan, Reply, Send, Step, Wait, followed, sent, solved

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
        listener = Listener(self._connection, identity, after)
        with _Line(self._http) as line:
            while True:
                event = line.run(listener.next())
                yield event
                if ended(event) is not None:
                    return

    def follow(self, identity: str, observe: Observe = ignore) -> Job:
        """Wait until a job is over; `observe` is told what its search tells."""
        with _Line(self._http) as line:
            return line.run(followed(self._connection, identity, observe))

    def solve(self, request: ScheduleRequest, observe: Observe = ignore) -> Answer:
        """Submit, follow, and fetch the schedule document; raises LimitReached if there is none."""
        with _Line(self._http) as line:
            return line.run(solved(self._connection, request, observe))

    def _send(self, wanted: Call[T]) -> T:
        with _Line(self._http) as line:
            return line.run(sent(self._connection, wanted))


class _Line:
    """Does the steps of a plan; holds the stream that is open."""

    def __init__(self, http: httpx2.Client) -> None:
        self._http = http
        self._open = ExitStack()
        self._events: Iterator[httpx2.ServerSentEvent] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def run(self, plan: Plan[T]) -> T:
        """The end of a plan, all of whose steps are done."""
        try:
            step = next(plan)
            while True:
                try:
                    found = self._do(step)
                except httpx2.TransportError as fault:
                    step = plan.throw(fault)
                else:
                    step = plan.send(found)
        except StopIteration as over:
            value: T = over.value
            return value

    def _do(self, step: Step) -> Found:
        match step:
            case Wait():
                time.sleep(step.seconds)
                return None
            case Send():
                self._open.close()
                return self._sent(step)
            case Open():
                return self._opened(step)
            case Hear():
                return None if self._events is None else next(self._events, None)

    def _sent(self, step: Send) -> Reply:
        with self._http.stream(**step.wanted.arguments) as reply:
            return _reply(reply)

    def _opened(self, step: Open) -> Reply:
        self._open.close()
        stream = self._http.stream("GET", step.path, headers=step.headers)
        reply = self._open.enter_context(stream)
        if not reply.is_success:
            return _reply(reply)
        self._events = iter(httpx2.EventSource(reply))
        return Reply(reply.status_code, "", reply.headers)


def _reply(reply: httpx2.Response) -> Reply:
    body = Body()
    for part in reply.iter_bytes():
        body.add(part)
    return Reply(reply.status_code, body.text, reply.headers)
