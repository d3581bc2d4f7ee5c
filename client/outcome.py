"""From the last event of a job to what a caller of `solve` gets."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx2
from pydantic import ValidationError

from ..models.errors import LimitReached, ServiceFault
from ..models.job import FINAL, Job, JobEvent
from ..models.progress import Progress

Observe = Callable[[Progress], None]


def event_of(sent: httpx2.ServerSentEvent) -> JobEvent | None:
    """The event of a job in one of the stream; None for one that keeps the connection alive."""
    if not sent.data:
        return None
    try:
        return JobEvent.from_json(sent.data)
    except (ValidationError, json.JSONDecodeError) as fault:
        first = str(fault).split("\n", 1)[0]
        raise ServiceFault(
            f"the service sent an event that this version cannot read: {first}"
        ) from None


def tell(event: JobEvent, observe: Observe) -> None:
    """Hand on what an event says of the search."""
    if event.progress is not None:
        observe(event.progress)


def ended(event: JobEvent) -> Job | None:
    """The job in its final form, if the event is the last one."""
    return event.job if event.kind == "ended" else None


def is_over(job: Job) -> bool:
    """Whether nothing about the job will change."""
    return job.state in FINAL


def check_result(job: Job) -> None:
    """Raise the error that says why a job that is over has no schedule document."""
    if job.result is not None:
        return
    reason = job.reason or "no reason was given"
    if job.state == "cancelled":
        raise LimitReached(f"cancelled before anything was found: {reason}")
    raise ServiceFault(f"job {job.id} {job.state}: {reason}")
