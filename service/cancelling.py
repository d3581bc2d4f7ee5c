"""A caller gives a job up: it leaves a solve that others wait for, or stops it."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from .job_view import select_jobs
from .recording import Said, advance
from .tables import LIVE, AnyRow, jobs, solves

CANCELLED = "cancelled"


def cancel(
    connection: Connection, now: int, owner: str, identity: str
) -> tuple[AnyRow | None, int | None]:
    """The job after it, and the solve that is to be stopped; nothing changes where it is over."""
    own = (jobs.c.id == identity, jobs.c.owner == owner)
    job = connection.execute(select_jobs().where(*own)).first()
    if job is None or job.detached_at is not None:
        return job, None
    # Whoever joins this solve or writes its end waits here.
    solve = connection.execute(
        select(solves.c.state, solves.c.events, solves.c.attempts)
        .where(solves.c.number == job.solve)
        .with_for_update()
    ).one()
    stopped = None
    if solve.state in LIVE:
        if _others(connection, job):
            _leave(connection, now, job, solve.events)
        else:
            stopped = _stop(connection, now, job.solve, solve)
    return connection.execute(select_jobs().where(*own)).first(), stopped


def _others(connection: Connection, job: AnyRow) -> bool:
    other = select(jobs.c.number).where(
        jobs.c.solve == job.solve, jobs.c.number != job.number, jobs.c.detached_at.is_(None)
    )
    return connection.execute(other.limit(1)).first() is not None


def _leave(connection: Connection, now: int, job: AnyRow, sequence: int) -> None:
    connection.execute(
        update(jobs)
        .where(jobs.c.number == job.number)
        .values(live=False, detached_at=now, detached_after=sequence)
    )


def _stop(connection: Connection, now: int, number: int, solve: AnyRow) -> int | None:
    if solve.state == "queued":
        advance(
            connection, number, (solves.c.state == "queued",), now,
            [Said("ended", reason=CANCELLED)],
            state="cancelled", reason=CANCELLED, finished_at=now,
        )  # fmt: skip
        return None
    connection.execute(
        update(solves).where(solves.c.number == number).values(cancel_requested=True)
    )
    return number
