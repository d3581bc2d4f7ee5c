"""Wall and CPU seconds of repeated runs on one core."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Seconds:
    """One run: time that passed, and time that this process computed."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Timing:
    """Several runs of the same thing."""

    runs: tuple[Seconds, ...]

    @property
    def wall(self) -> float:
        """The median."""
        return median(run.wall for run in self.runs)

    @property
    def cpu(self) -> float:
        """The median."""
        return median(run.cpu for run in self.runs)

    def rows(self) -> dict[str, object]:
        """What is stored."""
        return {
            "wall_seconds": round(self.wall, 4),
            "cpu_seconds": round(self.cpu, 4),
            "runs": [[round(run.wall, 4), round(run.cpu, 4)] for run in self.runs],
        }


class Clock:
    """Starts when it is made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> Seconds:
        """What has passed since."""
        return Seconds(time.perf_counter() - self._wall, time.process_time() - self._cpu)


def repeat(run: Callable[[], tuple[Result, Seconds]], times: int) -> tuple[Result, Timing]:
    """The last result, and the timing of all runs."""
    outcomes = [run() for _ in range(times)]
    return outcomes[-1][0], Timing(tuple(seconds for _, seconds in outcomes))


def use_one_core() -> bool:
    """Keep this process and its children on one core; False where the system cannot."""
    if not hasattr(os, "sched_setaffinity"):
        return False
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    return True


def load_backends_now() -> None:
    """Import what a first solve would import, so that no run is charged for it."""
    import twill.solver.cp_sat.backend
    import twill.solver.smt.backend  # noqa: F401
