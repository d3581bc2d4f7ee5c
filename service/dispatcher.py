"""The one thread that runs solves: claims them, writes what they tell, writes how they end."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from ..executors.protocol import Executor, Run
from ..models.problem_object import fault_object
from ..models.progress import Progress
from ..models.work import Ending, Work
from . import running
from .bell import Bell
from .database import Database
from .metrics import Metrics
from .outcome import Outcome, Retry, gave_up, outcome_of, time_limit
from .recording import Attempt
from .running import Claim

LOOK_SECONDS = 1.0
"""How often the queue is looked at, besides when something was added here."""

LONGEST_PAUSE_SECONDS = 5.0
_LOG = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Active:
    claim: Claim
    seconds: float = 0.0  # its limit
    run: Run | None = None


@dataclass(frozen=True, slots=True)
class _Told:
    attempt: Attempt
    progress: Progress


@dataclass(frozen=True, slots=True)
class _Ended:
    attempt: Attempt
    ending: Ending


@dataclass(frozen=True, slots=True)
class _Look:
    """Something may have been queued."""


_Message = _Told | _Ended | _Look


@dataclass(slots=True)
class _Changes:
    """What one transaction has changed, told after it is committed."""

    solves: set[int] = field(default_factory=set)
    over: set[int] = field(default_factory=set)
    outcomes: list[Outcome | Retry] = field(default_factory=list)


class Dispatcher:
    """Owns the running solves of one instance; `start`, and in the end `close`."""

    def __init__(
        self,
        database: Database,
        executor: Executor,
        bell: Bell,
        metrics: Metrics,
        *,
        instance: str,
        attempts: int,
    ) -> None:
        self._database = database
        self._executor = executor
        self._bell = bell
        self._metrics = metrics
        self._instance = instance
        self._cap = attempts
        self._boot = 0
        self._active: dict[int, _Active] = {}
        self._served: dict[str, float] = {}  # when an owner had its last turn
        self._inbox: SimpleQueue[_Message] = SimpleQueue()
        self._pending: list[_Message] = []
        self._closing = False
        self._executor_closed = False
        self._thread = threading.Thread(target=self._work, name="twill-dispatcher", daemon=True)

    def start(self) -> None:
        """Count the boot, settle what an earlier one left running, begin."""
        with self._database.writing() as connection:
            now = self._database.now(connection)
            self._boot = running.boot(connection, self._instance, now)
            self._recover(connection, now)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether solves are being run."""
        return self._thread.is_alive() and not self._closing

    def look(self) -> None:
        """Something was queued."""
        self._inbox.put(_Look())

    def stop(self, solve: int) -> None:
        """Stop a solve, if it runs here."""
        active = self._active.get(solve)
        if active is not None and active.run is not None:
            active.run.stop()

    def close(self, grace_seconds: float) -> None:
        """Stop all that runs and put it back into the queue; returns when that is written."""
        self._closing = True
        self._executor.close(grace_seconds=grace_seconds)
        self._executor_closed = True
        self.look()
        self._thread.join(grace_seconds + 2 * LONGEST_PAUSE_SECONDS)

    # ---- the thread

    def _work(self) -> None:
        pause = 0.1
        while not self._is_over():
            try:
                self._receive()
                self._write()
                self._stop_unwanted()
                self._claim()
                pause = 0.1
            except DBAPIError as fault:
                _LOG.error("database", error=str(fault.orig)[:300])
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            except Exception:  # of ours: what is not written yet is tried again
                _LOG.exception("dispatcher")
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _is_over(self) -> bool:
        return self._executor_closed and self._inbox.empty() and not self._pending

    def _receive(self) -> None:
        """Wait for a message, and take all that have come."""
        if self._pending:
            return
        try:
            self._pending.append(self._inbox.get(timeout=LOOK_SECONDS))
            while True:
                self._pending.append(self._inbox.get_nowait())
        except Empty:
            pass

    def _write(self) -> None:
        """Write all that was told in one transaction; none of it is forgotten before."""
        if all(isinstance(message, _Look) for message in self._pending):
            self._pending.clear()
            return
        changes = _Changes()
        with self._database.writing() as connection:
            now = self._database.now(connection)
            self._write_progress(connection, now, changes)
            for message in self._pending:
                if isinstance(message, _Ended):
                    self._write_end(connection, now, message, changes)
        self._pending.clear()
        for solve in changes.over:
            self._active.pop(solve, None)
        self._metrics.count(changes.outcomes)
        self._bell.ring(changes.solves)

    def _write_progress(self, connection: Connection, now: int, changes: _Changes) -> None:
        told: defaultdict[Attempt, list[Progress]] = defaultdict(list)
        for message in self._pending:
            if isinstance(message, _Told):
                told[message.attempt].append(message.progress)
        for attempt, progress in told.items():
            texts = [one.model_dump_json(exclude_none=True) for one in progress]
            running.tell(connection, attempt, now, texts, _known(progress))
            changes.solves.add(attempt.solve)

    def _write_end(
        self, connection: Connection, now: int, message: _Ended, changes: _Changes
    ) -> None:
        attempt, active = message.attempt, self._active.get(message.attempt.solve)
        row = running.held(connection, attempt)
        changes.over.add(attempt.solve)
        if row is None or active is None:
            return
        outcome = outcome_of(
            message.ending,
            active.seconds,
            cancelled=row.cancel_requested,
            closing=self._closing,
            may_retry=attempt.number - row.excused < self._cap,
        )
        _settle(connection, attempt, now, outcome)
        changes.solves.add(attempt.solve)
        changes.outcomes.append(outcome)

    def _recover(self, connection: Connection, now: int) -> None:
        for row in running.left_running(connection, self._instance, self._boot):
            attempt = Attempt(row.number, row.attempts)
            outcome: Outcome | Retry = Retry("the service died under it", excused=False)
            if row.cancel_requested:
                outcome = Outcome("cancelled", "cancelled")
            elif row.attempts - row.excused >= self._cap:
                outcome = gave_up(row.attempts - row.excused)
            _settle(connection, attempt, now, outcome)
            self._metrics.count([outcome])

    def _stop_unwanted(self) -> None:
        """Callers may have left at another instance."""
        if not self._active:
            return
        with self._database.reading() as connection:
            for solve in running.to_be_stopped(connection, self._instance):
                self.stop(solve)

    # ---- the queue

    def _claim(self) -> None:
        while not self._closing and len(self._active) < self._executor.slots:
            claim = self._next()
            if claim is None:
                return
            self._begin(claim)

    def _next(self) -> Claim | None:
        with self._database.reading() as connection:
            owners = running.waiting_owners(connection, self._instance)
        if not owners:
            return None
        with self._database.writing() as connection:
            now = self._database.now(connection)
            owner = self._whose_turn(owners)
            claim = running.claim(connection, self._instance, owner, self._boot, now)
        self._served[owner] = time.monotonic()
        return claim

    def _whose_turn(self, owners: Iterable[str]) -> str:
        """Whoever has least running; among these, whoever has waited longest for a turn."""
        busy = Counter(active.claim.owner for active in self._active.values())
        return min(owners, key=lambda owner: (busy[owner], self._served.get(owner, 0.0), owner))

    def _begin(self, claim: Claim) -> None:
        attempt = claim.attempt
        active = self._active[attempt.solve] = _Active(claim)
        self._bell.ring([attempt.solve])
        try:
            work = Work.from_json(claim.work)
            active.seconds = time_limit(work)
            active.run = self._executor.start(
                work,
                lambda progress: self._inbox.put(_Told(attempt, progress)),
                lambda ending: self._inbox.put(_Ended(attempt, ending)),
            )
        except RuntimeError:  # the executor was closed in the meantime
            self._inbox.put(_Ended(attempt, Ending(kind="crashed", stopped=True)))
        except Exception as fault:  # such as work that another version has written
            problem = json.dumps(fault_object(fault))
            self._inbox.put(_Ended(attempt, Ending(kind="crashed", problem=problem)))


def _settle(connection: Connection, attempt: Attempt, now: int, outcome: Outcome | Retry) -> None:
    if isinstance(outcome, Retry):
        running.requeue(connection, attempt, now, outcome.reason, excused=outcome.excused)
    else:
        running.finish(connection, attempt, now, outcome)


def _known(progress: Iterable[Progress]) -> dict[str, int]:
    """The newest bound and interval, in the names of the columns."""
    known: dict[str, int] = {}
    for one in progress:
        if one.lower_bound:
            known["lower_bound"] = max(one.lower_bound, known.get("lower_bound", 1))
        if one.best:
            known["initiation_interval"] = one.best
    return known
