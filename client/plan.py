"""What a client does, step by step: each step is yielded, and done by whoever runs the plan.

A plan waits for nothing and opens nothing, so that `Client` and `AsyncClient` follow the same ones.
Whoever runs it sends back what came of a step, or throws the TransportError that it ended with.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import httpx2

from ..models.answer import Answer
from ..models.errors import TwillError
from ..models.job import Job, JobEvent, ScheduleRequest
from . import call
from .call import Call
from .connection import Connection
from .outcome import Observe, check_result, ended, event_of, is_over, tell
from .refusal import RETRIED, refusal

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Send:
    """Close the stream that is open, and send a call; a `Reply` comes back."""

    wanted: Call[Any]


@dataclass(frozen=True, slots=True)
class Open:
    """Open a stream of events in the place of the one before; a `Reply`, empty if it is open."""

    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Hear:
    """Wait for the next event of the stream that is open; None: it has ended."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Let so many seconds pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Reply:
    """What the service has answered."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def is_success(self) -> bool:
        """Whether it is what was asked for."""
        return self.status in range(200, 300)


Step: TypeAlias = Send | Open | Hear | Wait
Found: TypeAlias = Reply | httpx2.ServerSentEvent | None
Plan: TypeAlias = Generator[Step, Any, T]
"""What is sent into it is a `Found`."""


class Attempts:
    """Counts what failed, whatever it failed of: attempts add up and do not multiply."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._failed = 0

    def begin_anew(self) -> None:
        """Something went well."""
        self._failed = 0

    def after_reply(self, reply: Reply) -> Wait:
        """The pause before the next attempt; raises what the reply says if there is to be none."""
        pause = self._pause(reply.headers) if reply.status in RETRIED else None
        return self._next(pause, lambda: refusal(reply.status, reply.text))

    def after_fault(self, fault: httpx2.TransportError) -> Wait:
        """The pause before the next attempt; raises ServiceFault if there is to be none."""
        return self._next(self._pause({}), lambda: self._connection.unreachable(fault))

    def _pause(self, headers: Mapping[str, str]) -> float | None:
        return self._connection.patience.pause(self._failed, headers)

    def _next(self, pause: float | None, error: Callable[[], TwillError]) -> Wait:
        if pause is None:
            raise error() from None
        self._failed += 1
        return Wait(pause)


def sent(connection: Connection, wanted: Call[T]) -> Plan[T]:
    """Send a call, and again where that may help."""
    attempts = Attempts(connection)
    while True:
        try:
            reply: Reply = yield Send(wanted)
        except httpx2.TransportError as fault:
            pause = attempts.after_fault(fault)
        else:
            if reply.is_success:
                return wanted.read(reply.text)
            pause = attempts.after_reply(reply)
        yield pause


class Listener:
    """The events of a job from number `after` + 1 on; a stream that breaks is taken up again."""

    def __init__(self, connection: Connection, identity: str, after: int = 0) -> None:
        self._attempts = Attempts(connection)
        self._path = call.events_path(identity)
        self._after = after
        self._is_open = False

    def next(self) -> Plan[JobEvent]:
        """The next event; not to be asked for behind the one that ends the job."""
        while True:
            try:
                event = yield from self._heard()
            except httpx2.TransportError as fault:
                self._is_open = False
                pause = self._attempts.after_fault(fault)
            else:
                if isinstance(event, JobEvent):
                    return event
                pause = event
            yield pause

    def _heard(self) -> Plan[JobEvent | Wait]:
        """An event, or the pause after a reply that is none; raises TransportError at an end."""
        if not self._is_open:
            reply: Reply = yield Open(self._path, self._headers())
            if not reply.is_success:
                return self._attempts.after_reply(reply)
            self._is_open = True
        while True:
            found: httpx2.ServerSentEvent | None = yield Hear()
            if found is None:
                raise httpx2.RemoteProtocolError("the stream ended")
            event = event_of(found)
            if event is not None and event.sequence > self._after:
                self._after = event.sequence
                self._attempts.begin_anew()
                return event

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": "text/event-stream"}
        return {**headers, "Last-Event-ID": str(self._after)} if self._after else headers


def followed(connection: Connection, identity: str, observe: Observe) -> Plan[Job]:
    """Wait until a job is over, and tell what its search tells."""
    listener = Listener(connection, identity)
    while True:
        event = yield from listener.next()
        tell(event, observe)
        if (job := ended(event)) is not None:
            return job


def solved(connection: Connection, request: ScheduleRequest, observe: Observe) -> Plan[Answer]:
    """Submit, follow, fetch; raises what `check_result` raises."""
    job = yield from sent(connection, call.submit(request))
    if not is_over(job):
        job = yield from followed(connection, job.id, observe)
    check_result(job)
    answer = yield from sent(connection, call.answer(job.id))
    return answer
