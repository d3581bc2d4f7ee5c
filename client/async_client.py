"""The client for code that runs in an event loop: as `Client`, each method to be awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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
        failed = 0
        while True:
            fault: httpx2.TransportError = httpx2.RemoteProtocolError("the stream ended")
            try:
                async for event in self._stream(identity, after):
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
            await asyncio.sleep(pause)

    async def follow(self, identity: str, observe: Observe = ignore) -> Job:
        """Wait until a job is over; `observe` is told what its search tells."""
        async for event in self.events(identity):
            tell(event, observe)
            if (job := ended(event)) is not None:
                return job
        return await self.job(identity)

    async def solve(self, request: ScheduleRequest, observe: Observe = ignore) -> Answer:
        """Submit, follow, and fetch the schedule document; raises LimitReached if there is none."""
        job = await self.submit(request)
        if not is_over(job):
            job = await self.follow(job.id, observe)
        check_result(job)
        return await self.answer(job.id)

    # ---- one call

    async def _send(self, wanted: Call[T]) -> T:
        attempt = 0
        while True:
            status, text, headers = await self._reply(wanted)
            if status in range(200, 300):
                return wanted.read(text)
            pause = self._connection.patience.pause(attempt, headers) if status in RETRIED else None
            if pause is None:
                raise refusal(status, text)
            attempt += 1
            await asyncio.sleep(pause)

    async def _reply(self, wanted: Call[T]) -> tuple[int, str, httpx2.Headers]:
        """Status, text and headers of a reply, however often the connection breaks before it."""
        attempt = 0
        while True:
            try:
                async with self._http.stream(
                    wanted.method, wanted.path, params=dict(wanted.query),
                    headers=dict(wanted.headers), content=wanted.body,
                ) as reply:  # fmt: skip
                    return reply.status_code, await self._text(reply), reply.headers
            except httpx2.TransportError as broken:
                pause = self._connection.patience.pause(attempt)
                if pause is None:
                    raise self._connection.unreachable(broken) from None
            attempt += 1
            await asyncio.sleep(pause)

    async def _text(self, reply: httpx2.Response) -> str:
        parts, seen = list[bytes](), 0
        async for part in reply.aiter_bytes():
            seen += len(part)
            check_size(seen)
            parts.append(part)
        return b"".join(parts).decode("utf-8", "replace")

    async def _stream(self, identity: str, after: int) -> AsyncIterator[JobEvent]:
        async with self._open(identity, after) as reply:
            if not reply.is_success:
                raise refusal(reply.status_code, await self._text(reply))
            async for sent in httpx2.EventSource(reply):
                if (event := event_of(sent)) is not None:
                    yield event

    @asynccontextmanager
    async def _open(self, identity: str, after: int) -> AsyncIterator[httpx2.Response]:
        headers = {"Accept": "text/event-stream"}
        if after:
            headers["Last-Event-ID"] = str(after)
        async with self._http.stream("GET", call.events_path(identity), headers=headers) as reply:
            yield reply
