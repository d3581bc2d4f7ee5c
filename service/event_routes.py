"""`/v1/schedules/{id}/events`: what happens to a job, as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Depends, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent
from sqlalchemy import Connection

from ..models.job import FINAL
from . import reading
from .access import Known
from .described import problems
from .job_view import event_text, parting_text
from .routes import JobPath, Reader, The
from .service import Service
from .tables import AnyRow

router = APIRouter(prefix="/v1/schedules", tags=["schedules"])
LOOK_SECONDS = 5.0
"""How often the store is asked, for another instance may run the solve."""

LastEventId = Annotated[
    str | None,
    Header(pattern="^[0-9]{1,9}$", description="Go on behind the event of this number."),
]


async def _watched(the: The, caller: Reader, id: JobPath) -> AsyncIterator[tuple[Known, AnyRow]]:
    """The job, and a stream of this caller that is open as long as the answer lasts."""
    job = await the.job(caller.owner, id)
    with the.access.stream(caller.owner):
        yield caller, job


@router.get(
    "/{id}/events",
    operation_id="streamEvents",
    response_class=EventSourceResponse,
    responses={
        200: {"description": "JobEvents, numbered from 1; the last one is `ended`."},
        **problems(404, 422),
    },
)
async def events(
    the: The,
    watched: Annotated[tuple[Known, AnyRow], Depends(_watched)],
    last_event_id: LastEventId = None,
) -> AsyncIterator[ServerSentEvent]:
    """The events of a job from its beginning, as they come; `data` is a JobEvent.

    A stream that breaks is taken up with `Last-Event-ID`. The last event has the final job.
    """
    caller, job = watched
    async for sequence, kind, text in follow(the, caller.owner, job, int(last_event_id or 0)):
        yield ServerSentEvent(raw_data=text, event=kind, id=str(sequence))


async def follow(
    the: Service, owner: str, job: AnyRow, after: int
) -> AsyncIterator[tuple[int, str, str]]:
    """Number, kind and text of each event behind `after`, until the last one or the shutdown."""

    def look(connection: Connection) -> tuple[AnyRow | None, list[AnyRow]]:
        seen = reading.find_job(connection, owner, job.id)
        return seen, list(reading.list_events(connection, seen, after)) if seen else []

    with the.bell.watching(job.solve) as changed:
        while True:
            changed.clear()
            seen, found = await the.read(look)
            if seen is None:
                return
            for event in found:
                after = event.sequence
                yield event.sequence, event.kind, event_text(event, seen)
            if len(found) == reading.EVENTS_AT_ONCE:
                continue
            if seen.detached_at is not None:
                if after <= seen.detached_after:
                    yield seen.detached_after + 1, "ended", parting_text(seen)
                return
            if seen.state in FINAL or the.bell.closing.is_set():
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await changed.wait()
