"""What the instance that runs solves writes: claims, progress, ends, repetitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from .outcome import Outcome
from .recording import Attempt, Said, advance
from .tables import AnyRow, instances, results, solves

MOST_EVENTS = 5_000
"""Of one solve; what is told beyond is not kept, but for the end."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A solve that begins to run."""

    attempt: Attempt
    owner: str
    work: str  # JSON


def boot(connection: Connection, instance: str, now: int) -> int:
    """Count the start of an instance; returns its number."""
    values = {"name": instance, "boot": 1, "started_at": now}
    started = _insert(connection)(instances).values(values)
    started = started.on_conflict_do_update(
        index_elements=["name"], set_={"boot": instances.c.boot + 1, "started_at": now}
    )
    return int(connection.execute(started.returning(instances.c.boot)).scalar_one())


def waiting_owners(connection: Connection, instance: str) -> Sequence[str]:
    """Everybody who has something queued."""
    queued = (solves.c.instance == instance, solves.c.state == "queued")
    return connection.execute(select(solves.c.owner).where(*queued).distinct()).scalars().all()


def claim(connection: Connection, instance: str, owner: str, boot: int, now: int) -> Claim | None:
    """Begin what this owner has queued: of the highest priority, the oldest."""
    row = connection.execute(
        select(solves.c.number, solves.c.attempts, solves.c.work, solves.c.started_at)
        .where(solves.c.instance == instance, solves.c.state == "queued", solves.c.owner == owner)
        .order_by(solves.c.priority.desc(), solves.c.number)
        .limit(1)
        .with_for_update()
    ).first()
    if row is None:
        return None
    attempt = Attempt(row.number, row.attempts + 1)
    fence = (solves.c.state == "queued", solves.c.attempts == row.attempts)
    begun = advance(
        connection, row.number, fence, now, [Said("started")],
        state="running", attempts=attempt.number, boot=boot, started_at=row.started_at or now,
    )  # fmt: skip
    return Claim(attempt, owner, row.work) if begun else None


def tell(
    connection: Connection,
    attempt: Attempt,
    now: int,
    progress: Sequence[str],
    known: Mapping[str, int],
) -> bool:
    """Write progress of a run: events, and what is known by now."""
    count = connection.execute(
        select(solves.c.events).where(solves.c.number == attempt.solve)
    ).scalar_one()
    kept = progress[: max(0, MOST_EVENTS - count)]
    said = [Said("progress", progress=text) for text in kept]
    return advance(connection, attempt.solve, attempt.fence, now, said, **known)


def held(connection: Connection, attempt: Attempt) -> AnyRow | None:
    """The row of a run, locked, if it is still the one that counts."""
    return connection.execute(
        select(solves.c.cancel_requested, solves.c.excused)
        .where(solves.c.number == attempt.solve, *attempt.fence)
        .with_for_update()
    ).first()


def finish(connection: Connection, attempt: Attempt, now: int, outcome: Outcome) -> bool:
    """Write result and final state together, where the run still counts."""
    if outcome.result is not None and outcome.digest is not None:
        row = {"digest": outcome.digest, "content": outcome.result, "created_at": now}
        connection.execute(_insert(connection)(results).values(row).on_conflict_do_nothing())
    changes = {name: value for name, value in outcome.known.items() if value is not None}
    return advance(
        connection, attempt.solve, attempt.fence, now, [Said("ended", reason=outcome.reason)],
        state=outcome.state, status=outcome.status, reason=outcome.reason, result=outcome.digest,
        reusable=outcome.reusable, finished_at=now, **changes,
    )  # fmt: skip


def requeue(
    connection: Connection, attempt: Attempt, now: int, reason: str, *, excused: bool
) -> bool:
    """Put a run back into the queue; `excused`: it does not count against the cap."""
    return advance(
        connection, attempt.solve, attempt.fence, now, [Said("retried", reason=reason)],
        state="queued", excused=solves.c.excused + int(excused),
    )  # fmt: skip


def left_running(connection: Connection, instance: str, boot: int) -> Sequence[AnyRow]:
    """Runs of earlier boots of this instance, which are over though nobody wrote it."""
    return connection.execute(
        select(
            solves.c.number, solves.c.attempts, solves.c.excused, solves.c.cancel_requested
        ).where(solves.c.instance == instance, solves.c.state == "running", solves.c.boot < boot)
    ).all()


def to_be_stopped(connection: Connection, instance: str) -> Sequence[int]:
    """Running solves whose last caller has left, at whichever instance that was."""
    return (
        connection.execute(
            select(solves.c.number).where(
                solves.c.instance == instance,
                solves.c.state == "running",
                solves.c.cancel_requested,
            )
        )
        .scalars()
        .all()
    )


def _insert(connection: Connection) -> Any:
    return postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
