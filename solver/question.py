"""One question to a backend: is there a schedule at this interval with at most so many stages?"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from ..models.certificate import Backend
from ..models.problem import SchedulingProblem
from ..models.schedule import Schedule


class Verdict(Enum):
    """UNKNOWN means that a limit was reached or the search was stopped; it proves nothing."""

    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Question:
    """A problem, an initiation interval (cycles) and a number of stages."""

    problem: SchedulingProblem
    initiation_interval: int
    stages: int


@dataclass(frozen=True, slots=True)
class Limit:
    """When a backend gives up; None: never. `work` is deterministic, in the backend's own units."""

    seconds: float | None = None
    work: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verdict, with a schedule exactly when it is FEASIBLE."""

    verdict: Verdict
    backend: Backend
    schedule: Schedule | None = None


@dataclass(frozen=True, slots=True)
class Core:
    """Constraint families that exclude a question together; `is_least`: none can be spared."""

    parts: tuple[str, ...] = ()  # `C1`, `C2 TC`, `C7 tmem`, ...; empty if not known
    is_least: bool = False  # proved; False also where a limit was reached before


UNBLAMED = Core()
"""Nothing is known of why a question is excluded."""


@dataclass(slots=True)
class Stop:
    """Tells running backends to stop, from any thread; a backend registers what interrupts it."""

    _event: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _interrupts: list[Callable[[], None]] = field(default_factory=list)

    @property
    def requested(self) -> bool:
        """Whether a stop was asked for."""
        return self._event.is_set()

    def request(self) -> None:
        """Ask every running backend to stop; returns at once."""
        with self._lock:
            self._event.set()
            interrupts = tuple(self._interrupts)
        for interrupt in interrupts:
            interrupt()

    def register(self, interrupt: Callable[[], None]) -> Callable[[], None]:
        """Have `interrupt` called at a stop, at once if it was asked for already.

        Returns what takes it off again.
        """
        with self._lock:
            self._interrupts.append(interrupt)
        if self.requested:
            interrupt()

        def withdraw() -> None:
            with self._lock:
                if interrupt in self._interrupts:
                    self._interrupts.remove(interrupt)

        return withdraw
