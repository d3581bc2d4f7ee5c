"""What callers read of the store; each sees only what is their own."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from .job_view import select_jobs, state_seen
from .tables import AnyRow, events, jobs, owner_checked, results, solves

EVENTS_AT_ONCE = 200


def find_job(connection: Connection, owner: str, identity: str) -> AnyRow | None:
    """A job by its id, if it is this owner's."""
    own = (jobs.c.id == identity, jobs.c.owner == owner)
    return connection.execute(select_jobs().where(*own)).first()


def list_jobs(
    connection: Connection,
    owner: str,
    *,
    limit: int,
    before: int | None = None,
    state: str | None = None,
    kernel: str | None = None,
    gpu: str | None = None,
) -> Sequence[AnyRow]:
    """Jobs of an owner, newest first; `before`: only those with a smaller number."""
    wanted = select_jobs().where(jobs.c.owner == owner)
    if before is not None:
        wanted = wanted.where(jobs.c.number < before)
    if state is not None:
        wanted = wanted.where(state_seen == state)
    if kernel is not None:
        wanted = wanted.where(solves.c.kernel == kernel)
    if gpu is not None:
        wanted = wanted.where(solves.c.gpu == gpu)
    return connection.execute(wanted.order_by(jobs.c.number.desc()).limit(limit)).all()


def list_events(connection: Connection, job: AnyRow, after: int) -> Sequence[AnyRow]:
    """Some events of a job behind number `after`, in order."""
    wanted = select(events).where(events.c.solve == job.solve, events.c.sequence > after)
    if job.detached_at is not None:
        wanted = wanted.where(events.c.sequence <= job.detached_after)
    return connection.execute(wanted.order_by(events.c.sequence).limit(EVENTS_AT_ONCE)).all()


def result_of(connection: Connection, owner: str, digest: str) -> bytes | None:
    """The text of a schedule document, for whoever has a job that it answers."""
    own = (
        select(jobs.c.number)
        .join(solves)
        .where(solves.c.result == digest, owner_checked == owner, jobs.c.detached_at.is_(None))
        .exists()
    )
    found = select(results.c.content).where(results.c.digest == digest, own)
    return connection.execute(found).scalar()


def result_of_job(connection: Connection, owner: str, identity: str) -> AnyRow | None:
    """Digest and text of the result of this owner's job, and whether it was left; one read."""
    return connection.execute(
        select(solves.c.result, jobs.c.detached_at, results.c.content)
        .select_from(jobs.join(solves).outerjoin(results))
        .where(jobs.c.id == identity, jobs.c.owner == owner)
    ).first()


def count_live(connection: Connection) -> dict[str, int]:
    """How many solves are queued and running."""
    counted = (
        select(solves.c.state, func.count())
        .where(solves.c.state.in_(("queued", "running")))
        .group_by(solves.c.state)
    )
    found = {row[0]: row[1] for row in connection.execute(counted)}
    return {"queued": found.get("queued", 0), "running": found.get("running", 0)}
