"""Removes what nobody has asked for in many days: jobs, their solves and events, results, keys.

A job goes when it is over, or was left, and its caller has not submitted it again since. A solve
goes with the last of its jobs, a result with the last of its solves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, astuple, dataclass
from itertools import accumulate

from sqlalchemy import ColumnElement, Connection, delete, exists, func, select

from .accepting import expired
from .database import Database
from .tables import AnyRow, events, idempotency_keys, jobs, results, solves

DAY_MILLISECONDS = 24 * 3_600_000
JOBS_AT_ONCE = 100
EVENTS_AT_ONCE = 5_000
"""Of the solves of one transaction, unless one alone has more."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows of each table were removed, or would be."""

    jobs: int = 0
    solves: int = 0
    events: int = 0
    results: int = 0
    idempotency_keys: int = 0
    result_bytes: int = 0

    def __add__(self, other: Pruned) -> Pruned:
        return Pruned(*map(sum, zip(astuple(self), astuple(other), strict=True)))

    def rows(self) -> dict[str, int]:
        """The counts by the names of the tables."""
        return {name: count for name, count in asdict(self).items() if name != "result_bytes"}


def prune(database: Database, days: int) -> Iterator[Pruned]:
    """Remove what is older, in small transactions; gives what each has removed.

    Whoever iterates may wait between them, or stop after any: each leaves a store in order.
    """
    with database.reading() as connection:
        now = database.now(connection)
    while True:
        with database.writing() as connection:
            removed = _remove(connection, now, days)
        if removed == Pruned():
            return
        yield removed


def would_prune(database: Database, days: int) -> Pruned:
    """What `prune` would remove at this moment; changes nothing."""
    with database.reading() as connection:
        now = database.now(connection)
        old = select(jobs.c.number, jobs.c.solve).join(solves).where(*_is_old(now, days)).cte()
        stays = exists().where(
            jobs.c.solve == solves.c.number, jobs.c.number.not_in(select(old.c.number))
        )
        going = (
            select(solves.c.number, solves.c.events, solves.c.result)
            .where(solves.c.number.in_(select(old.c.solve)), *_is_over(), ~stays)
            .cte()
        )
        holds = exists().where(
            solves.c.result == results.c.digest, solves.c.number.not_in(select(going.c.number))
        )
        documents = select(func.count(), _size(func.sum(func.length(results.c.content)))).where(
            results.c.digest.in_(select(going.c.result)), ~holds
        )
        keys = select(func.count()).where(expired(now))
        gone = select(func.count(), _size(func.sum(going.c.events))).select_from(going)
        solve_count, event_count = connection.execute(gone).one()
        result_count, size = connection.execute(documents.select_from(results)).one()
        return Pruned(
            jobs=connection.execute(select(func.count()).select_from(old)).scalar_one(),
            solves=solve_count,
            events=event_count,
            results=result_count,
            idempotency_keys=connection.execute(keys.select_from(idempotency_keys)).scalar_one(),
            result_bytes=size,
        )


def _is_old(now: int, days: int) -> tuple[ColumnElement[bool], ...]:
    """Of a job joined with its solve; what is not over has no moment at which it ended."""
    before = now - days * DAY_MILLISECONDS
    ended_at = func.coalesce(jobs.c.detached_at, solves.c.finished_at)
    return (~jobs.c.live, jobs.c.asked_at < before, ended_at < before)


def _is_over() -> tuple[ColumnElement[bool], ...]:
    return (solves.c.finished_at.is_not(None),)


def _size(summed: ColumnElement[int]) -> ColumnElement[int]:
    return func.coalesce(summed, 0)


def _remove(connection: Connection, now: int, days: int) -> Pruned:
    # A job that is asked for at this moment is locked by that, and stays.
    found = connection.execute(
        select(jobs.c.number, jobs.c.solve, solves.c.events)
        .join(solves)
        .where(*_is_old(now, days))
        .order_by(jobs.c.asked_at)
        .limit(JOBS_AT_ONCE)
        .with_for_update(of=jobs, skip_locked=True)
    ).all()
    told = accumulate(row.events for row in found)
    chosen = [row for row, seen in zip(found, told, strict=True) if seen <= EVENTS_AT_ONCE]
    chosen = chosen or list(found[:1])
    connection.execute(delete(jobs).where(jobs.c.number.in_([row.number for row in chosen])))
    # A key holds for a day at most, and its job was asked for when it was stored.
    keys = connection.execute(delete(idempotency_keys).where(expired(now))).rowcount
    return Pruned(jobs=len(chosen), idempotency_keys=keys) + _remove_solves(
        connection, {row.solve for row in chosen}
    )


def _remove_solves(connection: Connection, numbers: set[int]) -> Pruned:
    """Those of them that nobody has a job for any more, with their events and results."""
    locked = select(solves.c.number).where(solves.c.number.in_(numbers), *_is_over())
    # Whoever adds a job to one of them was here before, or comes after: another statement sees it.
    connection.execute(locked.order_by(solves.c.number).with_for_update()).all()
    has_jobs = exists().where(jobs.c.solve == solves.c.number)
    going = connection.execute(
        select(solves.c.number, solves.c.result).where(
            solves.c.number.in_(numbers), *_is_over(), ~has_jobs
        )
    ).all()
    gone = [row.number for row in going]
    told = connection.execute(delete(events).where(events.c.solve.in_(gone))).rowcount
    connection.execute(delete(solves).where(solves.c.number.in_(gone)))
    return Pruned(solves=len(gone), events=told) + _remove_results(connection, going)


def _remove_results(connection: Connection, going: Sequence[AnyRow]) -> Pruned:
    digests = sorted({row.result for row in going if row.result is not None})
    locked = select(results.c.digest).where(results.c.digest.in_(digests))
    connection.execute(locked.order_by(results.c.digest).with_for_update()).all()
    unused = (results.c.digest.in_(digests), ~exists().where(solves.c.result == results.c.digest))
    size = func.length(results.c.content)
    gone = connection.execute(delete(results).where(*unused).returning(size)).scalars().all()
    return Pruned(results=len(gone), result_bytes=sum(gone))
