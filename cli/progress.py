"""Progress of a solve on standard error: a status line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from ..models.progress import Progress
from ..models.schedule import Schedule
from .output import print_note

if TYPE_CHECKING:
    from rich.text import Text

Style = Literal["silent", "lines", "status"]


def progress_style(*, quiet: bool) -> Style:
    """Silent if asked for, a status line on a terminal, plain lines elsewhere."""
    if quiet:
        return "silent"
    return "status" if sys.stderr.isatty() else "lines"


class Watcher:
    """Remembers the best verified schedule of a running solve, and shows nothing."""

    def __init__(self) -> None:
        self.best: Schedule | None = None
        self.lower_bound: int | None = None
        self._began = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        """Called by the solve, from its own thread."""
        if progress.schedule is not None:
            self.best = progress.schedule
        if progress.lower_bound is not None:
            self.lower_bound = max(self.lower_bound or 1, progress.lower_bound)
        self.show(progress)

    def show(self, progress: Progress) -> None:
        """Nothing; for others to change."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the display."""

    def elapsed(self) -> str:
        """Seconds since the solve began."""
        return f"{time.monotonic() - self._began:6.1f} s"


class LineWatcher(Watcher):
    """One line for each thing that is settled."""

    def show(self, progress: Progress) -> None:
        """Print bounds, verdicts, schedules and objectives; not each question."""
        if progress.kind != "probe":
            print_note(f"{self.elapsed()}  {sentence(progress)}")


class StatusWatcher(Watcher):
    """One line that changes in place."""

    def __enter__(self) -> Self:
        from rich.console import Console  # not needed where nobody looks

        self._said = "computing the bounds"
        self._status = Console(stderr=True).status(self)  # rendered anew all the time
        self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the line away."""
        self._status.stop()

    def show(self, progress: Progress) -> None:
        """Replace the line."""
        self._said = sentence(progress)

    def __rich__(self) -> Text:
        """The line as of now."""
        from rich.text import Text  # as above

        best = f"{self.best.initiation_interval:,}" if self.best is not None else "?"
        known = f"{self.lower_bound or 1:,} <= II <= {best}"
        return Text(f"{self.elapsed()}  {known}  {self._said}")


_WATCHERS: dict[Style, type[Watcher]] = {
    "silent": Watcher,
    "lines": LineWatcher,
    "status": StatusWatcher,
}


def build_watcher(style: Style) -> Watcher:
    """A watcher that shows progress in that style."""
    return _WATCHERS[style]()


def sentence(progress: Progress) -> str:
    """One event in words."""
    at = f"II {progress.initiation_interval:,}" if progress.initiation_interval else ""
    stages = f", done within {progress.stages} II" if progress.stages else ""
    by = f" ({progress.backend})" if progress.backend else ""
    said = {
        "bounds": f"no II below {progress.lower_bound or 1:,}",
        "probe": f"asking for {at}{stages}",
        "verdict": f"{at}{stages}: {progress.verdict or 'unknown'}{by}",
        "incumbent": f"found {at}{by}",
        "objective": "second objectives",
        "done": "done",
    }[progress.kind]
    return f"{said}: {progress.detail}" if progress.detail else said
