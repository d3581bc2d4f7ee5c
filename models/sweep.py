"""What a sweep gives: a row for each kernel on each GPU, and what its folder remembers."""

from __future__ import annotations

import json
from collections import Counter
from typing import Literal

from .answer import Status
from .document import Count, Document, Positive

Outcome = Status | Literal[
    "refused",  # the document or the profile is wrong
    "crashed",  # the process died, or ran out of memory, or Twill is at fault
    "open",  # not solved, because the sweep was interrupted
]  # fmt: skip

EXIT_CODES: dict[Outcome, int] = {
    "optimal": 0, "infeasible": 1, "refused": 2, "feasible": 3, "unknown": 3, "open": 3,
}  # fmt: skip
GRAVEST_FIRST = (70, 4, 2, 1, 3)


class SweepRow(Document):
    """One kernel on one GPU."""

    document: str  # as it was asked for
    kernel: str  # its name; as it was asked for where it cannot be read
    gpu: str
    shape: str = ""  # of a document whose sizes or splits are lists
    status: Outcome
    reason: str = ""
    initiation_interval: Positive | None = None
    minimum: Positive | None = None  # MinII
    lower_bound: Positive | None = None  # no schedule has a smaller initiation interval
    stages: Count | None = None
    warp_groups: Count | None = None
    seconds: float = 0.0  # of the solve
    file: str | None = None  # of the schedule, in the folder of the sweep
    stopped: bool = False  # interrupted, with the best that it had
    resumed: bool = False  # solved by an earlier run of this sweep
    problem: str | None = None  # JSON of a problem object, with `refused` and `crashed`

    @property
    def exit_code(self) -> int:
        """That of `twill solve` for the same."""
        if self.problem is not None:
            return int(json.loads(self.problem)["exit_code"])
        return EXIT_CODES[self.status]


class SweepReport(Document):
    """The whole table, in the order of what was asked."""

    format: Literal["twill-sweep/1"] = "twill-sweep/1"
    version: str  # of Twill
    rows: tuple[SweepRow, ...]
    seconds: float

    @property
    def counts(self) -> Counter[Outcome]:
        """How many there are of each status."""
        return Counter(row.status for row in self.rows)

    @property
    def exit_code(self) -> int:
        """70: Twill is at fault; 2: refused; 1: infeasible; 3: not proved; 0: all are optimal."""
        codes = {row.exit_code for row in self.rows}
        return next((code for code in GRAVEST_FIRST if code in codes), max(codes, default=0))


class Kept(Document):
    """What the folder of a sweep remembers of a row, beside the file of its schedule."""

    key: str  # of what was asked; see sweeping/cell.py
    seconds: float | None  # the limit that an answer without proof was given
    written: str  # digest of the file of the schedule
    row: SweepRow
