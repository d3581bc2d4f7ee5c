"""The client for code that runs in an event loop: as `Client`, each method to be awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
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


class AsyncClient:
    """Asks a Twill service for schedules.

        async with AsyncClient("http://127.0.0.1:8000", key=key) as twill:
            answer = await twill.solve(ScheduleRequest(kernel="gemm", gpu="h100-sxm"))

    Every method raises InvalidInput for what the service refuses, with file, line and column where
    it tells them, and ServiceFault where the service fails or cannot be reached. Calls are sent
    again as `patience` says; none takes effect twice. For one event loop.
    """

    def __init__(
        self, server: str, *, key: str | None = None, patience: Patience | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:  # fmt: skip
        """`server` is an address such as http://127.0.0.1:8000; `transport` is for tests."""
        self._connection = Connection(server, key, patience or Patience())
        self._http = httpx2.AsyncClient(
            base_url=server, headers=self._connection.headers, transport=transport,
            timeout=self._connection.timeout, follow_redirects=False,
        )  # fmt: skip

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def submit(self, request: ScheduleRequest, *, idempotency_key: str | None = None) -> Job:
        """Ask for a schedule; the job may be over already."""
        return await self._send(call.submit(request, idempotency_key))

    async def job(self, identity: str) -> Job:
        """How a job stands."""
        return await self._send(call.job(identity))

    async def jobs(
        self, *, state: State | None = None, kernel: str | None = None, gpu: str | None = None
    ) -> AsyncIterator[Job]:
        """One's jobs, newest first, page after page."""
        after: str | None = None
        while True:
            page = await self._send(call.jobs(state, kernel, gpu, after))
            for job in page.jobs:
                yield job
            after = page.after
            if after is None:
                return

    async def cancel(self, identity: str) -> Job:
        """Give a job up; the best schedule found by then stays."""
        return await self._send(call.cancel(identity))

    async def answer(self, identity: str) -> Answer:
        """The schedule document of a job that has a result, as the service sent it."""
        return await self._send(call.answer(identity))

    async def names(self, kind: Literal["kernels", "profiles"]) -> tuple[str, ...]:
        """The kernels or the GPU profiles that the service knows by name."""
        return await self._send(call.names(kind))

    async def events(self, identity: str, *, after: int = 0) -> AsyncIterator[JobEvent]:
        """The events of a job from number `after` + 1 to the last, as they come.

        A stream that breaks is taken up again where it broke.
        """
        listener = Listener(self._connection, identity, after)
        async with _Line(self._http) as line:
            while True:
                event = await line.run(listener.next())
                yield event
                if ended(event) is not None:
                    return

    async def follow(self, identity: str, observe: Observe = ignore) -> Job:
        """Wait until a job is over; `observe` is told what its search tells."""
        async with _Line(self._http) as line:
            return await line.run(followed(self._connection, identity, observe))

    async def solve(self, request: ScheduleRequest, observe: Observe = ignore) -> Answer:
        """Submit, follow, and fetch the schedule document; raises LimitReached if there is none."""
        async with _Line(self._http) as line:
            return await line.run(solved(self._connection, request, observe))

    async def _send(self, wanted: Call[T]) -> T:
        async with _Line(self._http) as line:
            return await line.run(sent(self._connection, wanted))


class _Line:
    """Does the steps of a plan; holds the stream that is open."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http
        self._open = AsyncExitStack()
        self._events: AsyncIterator[httpx2.ServerSentEvent] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    async def run(self, plan: Plan[T]) -> T:
        """The end of a plan, all of whose steps are done."""
        try:
            step = next(plan)
            while True:
                try:
                    found = await self._do(step)
                except httpx2.TransportError as fault:
                    step = plan.throw(fault)
                else:
                    step = plan.send(found)
        except StopIteration as over:
            value: T = over.value
            return value

    async def _do(self, step: Step) -> Found:
        match step:
            case Wait():
                await asyncio.sleep(step.seconds)
                return None
            case Send():
                await self._open.aclose()
                return await self._sent(step)
            case Open():
                return await self._opened(step)
            case Hear():
                return None if self._events is None else await anext(self._events, None)

    async def _sent(self, step: Send) -> Reply:
        async with self._http.stream(**step.wanted.arguments) as reply:
            return await _reply(reply)

    async def _opened(self, step: Open) -> Reply:
        await self._open.aclose()
        stream = self._http.stream("GET", step.path, headers=step.headers)
        reply = await self._open.enter_async_context(stream)
        if not reply.is_success:
            return await _reply(reply)
        self._events = aiter(httpx2.EventSource(reply))
        return Reply(reply.status_code, "", reply.headers)


async def _reply(reply: httpx2.Response) -> Reply:
    body = Body()
    async for part in reply.aiter_bytes():
        body.add(part)
    return Reply(reply.status_code, body.text, reply.headers)
