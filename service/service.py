"""The service without HTTP: what its routes ask for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from pydantic import ValidationError
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError
from starlette.concurrency import run_in_threadpool

from ..executors.protocol import Executor
from ..models.errors import Problem
from ..models.job import FINAL, ScheduleRequest
from ..models.work import Work
from . import artefacts, cancelling, reading
from .accepting import (
    ASKED_SECONDS,
    Caller,
    Repetition,
    accept,
    asked_again,
    find_proved,
)
from .access import Access
from .bell import Bell
from .database import Database
from .dispatcher import Dispatcher
from .documents import Documents
from .keeper import Keeper
from .metrics import Metrics
from .question import Question, work_of
from .refusals import NotFound, Relayed, Unavailable, Unprocessable
from .remembered import Remembered
from .settings import Settings
from .tables import AnyRow
from .workshop import Workshop

T = TypeVar("T")
_LOG = structlog.get_logger(__name__)
QUESTIONS = 20_000
ARTEFACT_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Made:
    """Bytes for a caller, and a strong validator of them."""

    content: bytes
    etag: str


class Service:
    """Everything that lives as long as the process serves; for one event loop."""

    def __init__(
        self, settings: Settings, database: Database, executor: Executor, workshop: Workshop
    ) -> None:
        self.settings = settings
        self.database = database
        self.executor = executor
        self.workshop = workshop
        self.bell = Bell()
        self.metrics = Metrics()
        self.access = Access(database, settings)
        self.documents = Documents(self.read)
        self.dispatcher = Dispatcher(
            database,
            executor,
            self.bell,
            self.metrics,
            instance=settings.instance,
            attempts=settings.attempts,
        )
        self._keeper = Keeper(database, self.metrics, settings.keep_days)
        self._questions: Remembered[bytes, Question] = Remembered(QUESTIONS)
        self._done: Remembered[tuple[str, str], AnyRow] = Remembered(
            QUESTIONS, seconds=ASKED_SECONDS
        )
        self._artefacts: Remembered[tuple[str, str], bytes] = Remembered(ARTEFACT_BYTES, weigh=len)

    async def open(self) -> None:
        """Begin to run solves."""
        self.bell.attach()
        await run_in_threadpool(self.dispatcher.start)
        self._keeper.start()

    async def close(self) -> None:
        """Put what runs back into the queue, and end all processes."""
        self.bell.close()
        self._keeper.stop()
        await run_in_threadpool(self.dispatcher.close, self.settings.shutdown_seconds)
        await run_in_threadpool(self._keeper.join)

    # ---- the store, away from the event loop

    async def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns in a transaction that reads."""

        def inside() -> T:
            with self.database.reading() as connection:
                return work(connection)

        return await self._safely(inside)

    async def write(self, work: Callable[[Connection, int], T]) -> T:
        """What `work` returns in a transaction that is durable then; given the time."""

        def inside() -> T:
            for last in (False, False, True):
                try:
                    with self.database.writing() as connection:
                        return work(connection, self.database.now(connection))
                except IntegrityError:  # an equal request was quicker: now it is found
                    if last:
                        raise
            raise AssertionError("unreachable")

        return await self._safely(inside)

    async def _safely(self, work: Callable[[], T]) -> T:
        try:
            return await run_in_threadpool(work)
        except DBAPIError as fault:
            if isinstance(fault, IntegrityError):
                raise
            _LOG.error("database", error=str(fault.orig)[:300])
            raise Unavailable("the database cannot be reached") from fault

    # ---- jobs

    async def submit(self, owner: str, body: bytes, idempotency_key: str | None) -> AnyRow:
        """The job that answers a request; made, shared or found."""
        digest = hashlib.sha256(body).digest()
        question = self._questions.get(digest) or await self._ask(body, digest)
        if idempotency_key is None:
            found = await self._proved(owner, question.content_key)
            if found is not None:
                self.metrics.stored.inc()
                return found
        settings = self.settings
        caller = Caller(owner, settings.live_jobs, settings.queue)
        repetition = Repetition(idempotency_key, digest.hex()) if idempotency_key else None
        job = await self.write(
            lambda connection, now: accept(
                connection,
                now,
                caller,
                question,
                lambda: self._work(parse(body)),
                settings.instance,
                repetition,
            )
        )
        if job.state in FINAL:
            self.metrics.stored.inc()
        self.dispatcher.look()
        return job

    async def _proved(self, owner: str, content_key: str) -> AnyRow | None:
        """This owner's job with a proved answer; nothing about it changes any more."""
        known = self._done.get((owner, content_key))
        if known is None:
            known = await self._find_proved(owner, content_key)
            if known is not None:
                self._done.put((owner, content_key), known)
        return known

    async def _find_proved(self, owner: str, content_key: str) -> AnyRow | None:
        """A read, and now and then a write: what is still asked for is not to be removed."""

        def look(connection: Connection) -> tuple[AnyRow | None, int]:
            found = find_proved(connection, owner, content_key)
            return found, self.database.now(connection)

        found, now = await self.read(look)
        if found is None or found.asked_at > now - 1000 * ASKED_SECONDS:
            return found
        return await self.write(lambda c, now: asked_again(c, now, found.id))

    async def _ask(self, body: bytes, digest: bytes) -> Question:
        request = parse(body)
        work = self._work(request).canonical_json()
        try:
            question = await self.workshop.run(
                artefacts.ask, work, request.priority, seconds=self.settings.check_seconds
            )
        except TimeoutError:
            seconds = self.settings.check_seconds
            cure = "split the program, or leave operations out"
            raise Unprocessable(f"reading it takes more than {seconds:g} s", cure) from None
        if isinstance(question, str):
            raise Relayed(question)
        self._questions.put(digest, question)
        return question

    def _work(self, request: ScheduleRequest) -> Work:
        settings = self.settings
        return work_of(request, megabytes=settings.solve_megabytes, seconds=settings.solve_seconds)

    async def job(self, owner: str, identity: str) -> AnyRow:
        """A job; raises NotFound for what is not there or not this owner's."""
        found = await self.read(lambda connection: reading.find_job(connection, owner, identity))
        if found is None:
            raise NotFound("no such job", "GET /v1/schedules lists yours")
        return found

    async def cancel(self, owner: str, identity: str) -> AnyRow:
        """The job after its caller has left it; raises NotFound."""
        job, stopped = await self.write(
            lambda connection, now: cancelling.cancel(connection, now, owner, identity)
        )
        if job is None:
            raise NotFound("no such job", "GET /v1/schedules lists yours")
        if stopped is not None:
            self.dispatcher.stop(stopped)
        self.bell.ring([job.solve])
        return job

    # ---- results

    async def artefact(self, owner: str, identity: str, name: str) -> Made:
        """What is made of the result of a job; raises NotFound, Unavailable."""
        digest, document = await self.documents.of_job(owner, identity)
        if name == "schedule.json":
            return Made(document, f'"{digest}"')
        content = self._artefacts.get((digest, name))
        if content is None:
            content = await self._make(name, document)
            self._artefacts.put((digest, name), content)
        return Made(content, f'"{digest}/{name}"')

    async def _make(self, name: str, document: bytes) -> bytes:
        seconds = self.settings.draw_seconds
        try:
            made = await self.workshop.run(artefacts.make, name, document, seconds=seconds)
        except TimeoutError:
            raise Unavailable(f"{name} takes more than {seconds:g} s to make", 60) from None
        if made.text is None:
            raise _no_artefact(json.loads(made.problem or "{}"))
        return made.text.encode()


def _no_artefact(problem: dict[str, Any]) -> NotFound:
    return NotFound(str(problem.get("detail", "it cannot be made")))


def parse(body: bytes) -> ScheduleRequest:
    """The request in a body; raises Unprocessable with every problem."""
    try:
        return ScheduleRequest.model_validate_json(body)
    except ValidationError as fault:
        problems = tuple(
            Problem(f"{'.'.join(str(part) for part in found['loc']) or 'body'}: {found['msg']}")
            for found in fault.errors(include_url=False, include_input=False)[:20]
        )
        refusal = Unprocessable(problems[0].message)
        refusal.problems = problems
        raise refusal from None
