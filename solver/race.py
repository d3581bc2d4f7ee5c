"""One question to several backends at once: the first definite verdict counts."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from ..models.certificate import Backend
from ..models.errors import LimitReached
from ..models.schedule import Schedule
from .backends import Solve, check_schedule
from .question import Limit, Outcome, Question, Stop, Verdict

# Most questions are easy, and large ones are for the first backend: the next one starts only after
# so long for 20 operations, and the square of it for more.
HEAD_START_SECONDS = 0.1
NUDGE_SECONDS = 0.05  # a stop can miss a backend that is just about to begin, so it is repeated


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict and how it was come by; a verified schedule exactly if it is FEASIBLE."""

    question: Question
    verdict: Verdict
    backend: Backend | None  # whose verdict it is; None if all are unknown
    schedule: Schedule | None
    seconds: float
    failures: tuple[str, ...] = ()  # one sentence for each backend that raised


def race(question: Question, limit: Limit, stop: Stop, solvers: Mapping[Backend, Solve]) -> Finding:
    """The first definite verdict; UNKNOWN only if every backend is.

    A backend that raises is noted and left out; if all raise, the first failure is raised again.
    LimitReached counts as UNKNOWN.
    Raises ScheduleViolation for a schedule that breaks a constraint. Whether it returns or raises,
    no backend is running any more.
    """
    return _Race(question, limit, stop, solvers).run()


@dataclass(frozen=True, slots=True)
class _Runner:
    """One backend in a thread of its own."""

    thread: threading.Thread
    stop: Stop = field(default_factory=Stop)

    def end(self) -> None:
        while self.thread.is_alive():
            self.stop.request()
            self.thread.join(NUDGE_SECONDS)


class _Race:
    def __init__(
        self, question: Question, limit: Limit, stop: Stop, solvers: Mapping[Backend, Solve]
    ) -> None:
        self._question = question
        self._limit = limit
        self._stop = stop
        self._waiting = list(solvers.items())
        self._runners: list[_Runner] = []
        self._arrived: SimpleQueue[tuple[Backend, Outcome | BaseException]] = SimpleQueue()
        self._failures: list[tuple[Backend, BaseException]] = []
        self._answered = 0
        self._began = time.monotonic()
        size = len(question.problem.operations) / 20
        self._head_start = HEAD_START_SECONDS * max(1.0, size**2)

    def run(self) -> Finding:
        withdraw = self._stop.register(self._stop_runners)
        try:
            winner = self._first_definite()
        finally:
            withdraw()
            for runner in self._runners:
                runner.end()
        faults = [f for _, f in self._failures if not isinstance(f, LimitReached)]
        if winner is None and faults and len(faults) == self._answered:
            raise faults[0]
        if winner is not None and winner.schedule is not None:
            check_schedule(self._question, winner.schedule)
        return self._finding(winner)

    def _stop_runners(self) -> None:
        for runner in tuple(self._runners):
            runner.stop.request()

    def _first_definite(self) -> Outcome | None:
        while self._waiting or self._answered < len(self._runners):
            if self._waiting and self._answered == len(self._runners):
                self._start_next()
            try:
                backend, result = self._arrived.get(
                    timeout=self._head_start if self._waiting else None
                )
            except Empty:
                self._start_next()
                continue
            self._answered += 1
            if isinstance(result, BaseException):
                self._failures.append((backend, result))
            elif result.verdict is not Verdict.UNKNOWN:
                return result
            if self._stop.requested:
                self._waiting.clear()
        return None

    def _start_next(self) -> None:
        backend, solve = self._waiting.pop(0)
        stop, limit = Stop(), self._remaining()

        def work() -> None:
            try:
                self._arrived.put((backend, solve(self._question, limit, stop)))
            except BaseException as failure:  # raised again by the thread that waits
                self._arrived.put((backend, failure))

        thread = threading.Thread(target=work, name=f"twill-{backend}", daemon=True)
        self._runners.append(_Runner(thread, stop))
        if self._stop.requested:
            stop.request()
        thread.start()

    def _remaining(self) -> Limit:
        if self._limit.seconds is None:
            return self._limit
        left = self._limit.seconds - (time.monotonic() - self._began)
        return Limit(max(0.0, left), self._limit.work)

    def _finding(self, winner: Outcome | None) -> Finding:
        return Finding(
            question=self._question,
            verdict=winner.verdict if winner else Verdict.UNKNOWN,
            backend=winner.backend if winner else None,
            schedule=winner.schedule if winner else None,
            seconds=time.monotonic() - self._began,
            failures=tuple(
                f"{backend} failed: {type(failure).__name__}: {failure}"
                for backend, failure in self._failures
            ),
        )
