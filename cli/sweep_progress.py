"""Progress of a sweep on standard error: a bar on a terminal, a line for each row elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from .output import print_note
from .progress import Style

if TYPE_CHECKING:
    from rich.progress import TaskID

    from ..models.progress import Progress
    from ..models.sweep import SweepRow
    from ..sweeping.cell import Cell


class SweepWatcher:
    """Shows nothing; implements `sweeping.sweep.Watcher`."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the display."""

    def began(self, cell: Cell) -> None:
        """See `Watcher`."""

    def told(self, cell: Cell, progress: Progress) -> None:
        """See `Watcher`."""

    def ended(self, row: SweepRow) -> None:
        """See `Watcher`."""
        self.done += 1


class LineSweepWatcher(SweepWatcher):
    """A line for each row that is complete."""

    def ended(self, row: SweepRow) -> None:
        """Print it."""
        super().ended(row)
        print_note(f"{self.done:4} of {self.total}  {sentence(row)}")


class BarSweepWatcher(SweepWatcher):
    """One bar for the whole, and a line for each solve that runs."""

    def __enter__(self) -> Self:
        from rich.console import Console  # not needed where nobody looks
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        words = TextColumn("{task.description}", markup=False)
        console = Console(stderr=True)
        self._bars = Progress(words, BarColumn(), TimeElapsedColumn(), console=console)
        self._whole = self._bars.add_task(self._count(), total=self.total)
        self._running: dict[str, TaskID] = {}
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the bar of the whole."""
        for task in self._running.values():
            self._bars.remove_task(task)
        self._bars.stop()

    def began(self, cell: Cell) -> None:
        """Add a line."""
        self._running[cell.file] = self._bars.add_task(_name(cell), total=None)

    def told(self, cell: Cell, progress: Progress) -> None:
        """Say what is known."""
        task = self._running.get(cell.file)
        if task is not None:
            best = "?" if progress.best is None else f"{progress.best:,}"
            known = f"{progress.lower_bound or 1:,} <= II <= {best}"
            self._bars.update(task, description=f"{_name(cell)}  {known}")

    def ended(self, row: SweepRow) -> None:
        """Take the line away, and go on with the bar."""
        super().ended(row)
        task = self._running.pop(f"{row.kernel}@{row.gpu}.json", None)
        if task is not None:
            self._bars.remove_task(task)
        self._bars.update(self._whole, advance=1, description=self._count())

    def _count(self) -> str:
        return f"{self.done} of {self.total}"


_WATCHERS: dict[Style, type[SweepWatcher]] = {
    "silent": SweepWatcher,
    "lines": LineSweepWatcher,
    "status": BarSweepWatcher,
}


def build_sweep_watcher(style: Style, total: int) -> SweepWatcher:
    """A watcher that shows progress in that style."""
    return _WATCHERS[style](total)


def sentence(row: SweepRow) -> str:
    """One row in words."""
    name = f"{row.kernel} on {row.gpu}" if row.gpu else row.kernel
    at = f", II {row.initiation_interval:,}" if row.initiation_interval else ""
    why = f": {row.reason}" if row.reason else ""
    known = ", known from an earlier run" if row.resumed else ""
    return f"{name}: {row.status}{at}{why}{known}"


def _name(cell: Cell) -> str:
    return f"{cell.kernel} on {cell.gpu_name}"
