"""A sweep: what is done is taken over, the rest is solved, and every end is kept at once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from typing import Protocol

from ..executors.protocol import Executor, Run
from ..models.errors import TwillError
from ..models.problem_object import fault_object, problem_object
from ..models.progress import Progress
from ..models.sweep import SweepReport, SweepRow
from ..models.version import VERSION
from ..models.work import Ending
from .cell import Cell, Refused
from .store import Store

_POLL_SECONDS = 0.05


class Watcher(Protocol):
    """Who wants to know how it goes on; called from any thread, one call at a time."""

    def began(self, cell: Cell) -> None:
        """A solve was handed to the executor."""

    def told(self, cell: Cell, progress: Progress) -> None:
        """An event of it."""

    def ended(self, row: SweepRow) -> None:
        """A row of the table is complete; also one that needed no solve."""


class Sweep:
    """One run over the grid, or over what an earlier run left."""

    def __init__(self, grid: Sequence[Cell | Refused], store: Store, watcher: Watcher) -> None:
        self._grid = grid
        self._store = store
        self._watcher = watcher
        self._rows: dict[int, SweepRow] = {}
        self._runs: list[Run] = []
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._began = time.monotonic()

    def take_over(self) -> int:
        """Settle what needs no solve: refused, or known from an earlier run. How many are left."""
        for place, cell in enumerate(self._grid):
            row = cell.row if isinstance(cell, Refused) else self._store.kept(cell)
            if row is not None:
                self._settle(place, row)
        return len(self._grid) - len(self._rows)

    def run(self, executor: Executor) -> SweepReport:
        """Solve what is left; after `stop`, the report of what is done by then."""
        free = threading.Semaphore(executor.slots)
        for place, cell in enumerate(self._grid):
            if place in self._rows or isinstance(cell, Refused):
                continue
            if not self._has_come(free):
                break
            self._start(executor, place, cell, free)
        for run in self._runs:
            run.wait()
        return self.report()

    def stop(self) -> None:
        """Begin nothing more, and have what runs end with its best; returns at once."""
        self._stop.set()
        with self._lock:
            runs = tuple(self._runs)
        for run in runs:
            run.stop()

    def report(self) -> SweepReport:
        """The table as of now; what has no row yet is open."""
        with self._lock:
            rows = dict(self._rows)
        every = tuple(rows.get(place) or _open(cell) for place, cell in enumerate(self._grid))
        seconds = round(time.monotonic() - self._began, 3)
        return SweepReport(version=VERSION, rows=every, seconds=seconds)

    def _has_come(self, free: threading.Semaphore) -> bool:
        """Whether a slot came free before the sweep was to stop."""
        while not self._stop.is_set():
            if free.acquire(timeout=_POLL_SECONDS):
                return not self._stop.is_set()
        return False

    def _start(self, executor: Executor, place: int, cell: Cell, free: threading.Semaphore) -> None:
        def observe(progress: Progress) -> None:
            with self._lock:
                self._watcher.told(cell, progress)

        def ended(ending: Ending) -> None:
            try:
                self._settle(place, self._kept(cell, ending))
            finally:
                free.release()

        with self._lock:
            self._watcher.began(cell)
        run = executor.start(cell.work, observe, ended)
        with self._lock:
            self._runs.append(run)
        if self._stop.is_set():  # it came between
            run.stop()

    def _kept(self, cell: Cell, ending: Ending) -> SweepRow:
        try:
            return self._store.keep(cell, ending)
        except TwillError as error:
            described = problem_object(error)
        except Exception as error:  # of ours: a row, and the rest of the sweep goes on
            described = fault_object(error)
        reason = str(described["detail"])
        return cell.row(status="crashed", reason=reason, problem=json.dumps(described))

    def _settle(self, place: int, row: SweepRow) -> None:
        with self._lock:
            self._rows[place] = row
            self._watcher.ended(row)


def _open(cell: Cell | Refused) -> SweepRow:
    if isinstance(cell, Refused):
        return cell.row
    return cell.row(status="open", reason="the sweep was interrupted before it was solved")
