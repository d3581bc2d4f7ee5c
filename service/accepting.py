"""From a question to a job: found among what is proved, shared with others, or queued."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, text, update

from ..models.work import Work
from .job_view import select_jobs
from .question import Question
from .recording import Said, advance
from .refusals import TooMany, Unavailable, Unprocessable
from .tables import LIVE, AnyRow, idempotency_keys, jobs, owner_checked, solves

IDEMPOTENCY_MILLISECONDS = 24 * 3_600_000
ASKED_SECONDS = 3600.0
"""So exactly is it written when a job was last asked for; what is kept is kept for days."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose jobs they are: the id of a key, or nothing where the service has no keys."""

    owner: str
    live_jobs: int  # how many of its jobs may be queued or running
    queue: int  # how many solves of all callers may be queued


@dataclass(frozen=True, slots=True)
class Repetition:
    """The Idempotency-Key of a request, and the digest of its body."""

    key: str
    body: str


def find_proved(connection: Connection, owner: str, content_key: str) -> AnyRow | None:
    """A job of this owner whose answer is proved; one read, for it is the common case."""
    return connection.execute(
        select_jobs()
        .where(
            solves.c.content_key == content_key,
            solves.c.reusable,
            owner_checked == owner,
            jobs.c.detached_at.is_(None),
        )
        .limit(1)
    ).first()


def find_repeated(
    connection: Connection, owner: str, repetition: Repetition, now: int
) -> AnyRow | None:
    """The job that the same request made within a day; raises Unprocessable for another body."""
    found = connection.execute(
        select(idempotency_keys).where(
            idempotency_keys.c.owner == owner,
            idempotency_keys.c.key == repetition.key,
            idempotency_keys.c.created_at > now - IDEMPOTENCY_MILLISECONDS,
        )
    ).first()
    if found is None:
        return None
    if found.body != repetition.body:
        cure = "take another key for another request"
        raise Unprocessable("the Idempotency-Key was used with another body", cure)
    return connection.execute(select_jobs().where(jobs.c.id == found.job)).first()


def accept(
    connection: Connection,
    now: int,
    caller: Caller,
    question: Question,
    work: Callable[[], Work],
    instance: str,
    repetition: Repetition | None = None,
) -> AnyRow:
    """The job that answers the question, made if need be; raises TooMany, Unavailable."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time anyway
        lock = text("SELECT pg_advisory_xact_lock(hashtext(:owner))")
        connection.execute(lock, {"owner": "twill" + caller.owner})
    if repetition is not None:
        repeated = find_repeated(connection, caller.owner, repetition, now)
        if repeated is not None and (job := asked_again(connection, now, repeated.id)) is not None:
            return job
    job = None
    while job is None:  # one that is found may be removed before it is held here
        identity = _answered(connection, now, caller, question)
        if identity is None:
            identity = _queued(connection, now, caller, question, work, instance)
        job = asked_again(connection, now, identity)
    if repetition is not None:
        _remember(connection, caller.owner, repetition, job.id, now)
    return job


def asked_again(connection: Connection, now: int, identity: str) -> AnyRow | None:
    """A job that its caller asks for at this moment; None if it was removed."""
    renewed = update(jobs).where(jobs.c.id == identity, jobs.c.asked_at < now)
    connection.execute(renewed.values(asked_at=now))
    return connection.execute(select_jobs().where(jobs.c.id == identity)).first()


def _answered(connection: Connection, now: int, caller: Caller, question: Question) -> str | None:
    """The job of an equal question that is proved, or on its way."""
    mine = find_proved(connection, caller.owner, question.content_key)
    if mine is not None:
        return str(mine.id)
    proved = connection.execute(
        select(solves.c.number)
        .where(solves.c.content_key == question.content_key, solves.c.reusable)
        .limit(1)
    ).scalar()
    if proved is not None:
        return _add_job(connection, now, caller.owner, proved, question.priority, live=False)
    live = connection.execute(
        select(solves.c.number, solves.c.priority)
        .where(
            solves.c.work_key == question.work_key,
            solves.c.state.in_(LIVE),
            ~solves.c.cancel_requested,
        )
        .with_for_update()
    ).first()
    return None if live is None else _shared(connection, now, caller, question, live)


def _shared(
    connection: Connection, now: int, caller: Caller, question: Question, live: AnyRow
) -> str:
    mine = connection.execute(
        select(jobs.c.id).where(
            jobs.c.solve == live.number,
            jobs.c.owner == caller.owner,
            jobs.c.detached_at.is_(None),
        )
    ).scalar()
    if question.priority > live.priority:
        connection.execute(
            update(solves).where(solves.c.number == live.number).values(priority=question.priority)
        )
    if mine is not None:
        return str(mine)
    _check_quota(connection, caller)
    return _add_job(connection, now, caller.owner, live.number, question.priority)


def _queued(
    connection: Connection,
    now: int,
    caller: Caller,
    question: Question,
    work: Callable[[], Work],
    instance: str,
) -> str:
    _check_quota(connection, caller)
    waiting = select(func.count()).where(solves.c.instance == instance, solves.c.state == "queued")
    if connection.execute(waiting).scalar_one() >= caller.queue:
        raise Unavailable("the queue is full", retry_seconds=30)
    values = {
        "instance": instance, "owner": caller.owner, "content_key": question.content_key,
        "work_key": question.work_key, "work": work().canonical_json(), "kernel": question.kernel,
        "gpu": question.gpu, "state": "queued", "priority": question.priority, "created_at": now,
    }  # fmt: skip
    inserted = connection.execute(insert(solves).values(values).returning(solves.c.number))
    solve = int(inserted.scalar_one())
    advance(connection, solve, (), now, [Said("queued")])
    return _add_job(connection, now, caller.owner, solve, question.priority)


def _check_quota(connection: Connection, caller: Caller) -> None:
    live = select(func.count()).where(jobs.c.owner == caller.owner, jobs.c.live)
    if connection.execute(live).scalar_one() >= caller.live_jobs:
        raise TooMany(
            f"{caller.live_jobs} jobs of this key are queued or running",
            "wait for some, or cancel them",
            Retry_After="10",
        )


def _add_job(
    connection: Connection, now: int, owner: str, solve: int, priority: int, *, live: bool = True
) -> str:
    identity = uuid.uuid4().hex
    connection.execute(
        insert(jobs).values(
            id=identity,
            owner=owner,
            solve=solve,
            priority=priority,
            live=live,
            created_at=now,
            asked_at=now,
        )
    )
    return identity


def expired(now: int) -> ColumnElement[bool]:
    """True of an Idempotency-Key that holds no more."""
    return idempotency_keys.c.created_at <= now - IDEMPOTENCY_MILLISECONDS


def _remember(
    connection: Connection, owner: str, repetition: Repetition, job: str, now: int
) -> None:
    own = (idempotency_keys.c.owner == owner) & (idempotency_keys.c.key == repetition.key)
    connection.execute(delete(idempotency_keys).where(expired(now) | own))
    connection.execute(
        insert(idempotency_keys).values(
            owner=owner, key=repetition.key, body=repetition.body, job=job, created_at=now
        )
    )
