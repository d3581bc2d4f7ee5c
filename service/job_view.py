"""A job and its events as their caller sees them, from rows of the store."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Select, case, select

from ..models.job import Job
from .moments import moment
from .tables import AnyRow, jobs, solves

DETACHED = "cancelled by its caller"

state_seen = case((jobs.c.detached_at.is_not(None), "cancelled"), else_=solves.c.state)
"""The state of a job: that of its solve, unless its caller has left it."""


def select_jobs() -> Select[*tuple[Any, ...]]:
    """Jobs with all that `job_of` needs."""
    return select(
        jobs.c.number,
        jobs.c.id,
        jobs.c.owner,
        jobs.c.solve,
        jobs.c.priority,
        jobs.c.created_at,
        jobs.c.asked_at,
        jobs.c.detached_at,
        jobs.c.detached_after,
        solves.c.state,
        solves.c.status,
        solves.c.kernel,
        solves.c.gpu,
        solves.c.attempts,
        solves.c.lower_bound,
        solves.c.initiation_interval,
        solves.c.reason,
        solves.c.result,
        solves.c.started_at,
        solves.c.finished_at,
    ).select_from(jobs.join(solves))


def job_of(row: AnyRow) -> Job:
    """The job as its caller sees it; rows of the store are not checked again."""
    return _left(row) if row.detached_at is not None else _whole(row)


def job_text(row: AnyRow) -> str:
    """The same as JSON."""
    return job_of(row).model_dump_json()


def _whole(row: AnyRow) -> Job:
    return Job.model_construct(
        id=row.id,
        state=row.state,
        status=row.status,
        kernel=row.kernel,
        gpu=row.gpu,
        priority=row.priority,
        created_at=moment(row.created_at),
        started_at=moment(row.started_at) if row.started_at is not None else None,
        finished_at=moment(row.finished_at) if row.finished_at is not None else None,
        attempts=row.attempts,
        lower_bound=row.lower_bound,
        initiation_interval=row.initiation_interval,
        reason=row.reason,
        result=row.result,
    )


def _left(row: AnyRow) -> Job:
    """What others may still find out of the same solve is not told."""
    return Job.model_construct(
        id=row.id,
        state="cancelled",
        kernel=row.kernel,
        gpu=row.gpu,
        priority=row.priority,
        created_at=moment(row.created_at),
        finished_at=moment(row.detached_at),
        reason=DETACHED,
    )


def event_text(row: AnyRow, job: AnyRow) -> str:
    """An event of the store as the caller of `job` sees it: JSON of a JobEvent."""
    told = [f'"sequence":{row.sequence},"kind":"{row.kind}","at":"{moment(row.at)}"']
    if row.progress is not None:
        told.append(f'"progress":{row.progress}')
    if row.kind == "ended":
        told.append(f'"job":{job_text(job)}')
    told.append(f'"reason":{json.dumps(row.reason)}')
    return "{" + ",".join(told) + "}"


def parting_text(job: AnyRow) -> str:
    """The last event of a job that its caller has left while others wait on."""
    at = f'"sequence":{job.detached_after + 1},"kind":"ended","at":"{moment(job.detached_at)}"'
    return f'{{{at},"job":{job_text(job)},"reason":{json.dumps(DETACHED)}}}'
