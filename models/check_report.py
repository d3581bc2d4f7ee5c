"""What `twill check` says: whether each stored schedule is still what it was, and why not."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from .answer import Status
from .document import Document, Name, Positive
from .verification import Check, Reproof

State = Literal[
    "unchanged",  # the sources still give the problem that it solves
    "different",  # they give another problem, at which it is still optimal
    "better",  # a smaller initiation interval exists
    "worse",  # the least initiation interval has grown
    "invalid",  # it is not, or no longer, a schedule of what it was made for
    "changed",  # the sources give another problem, and solving it was not asked for
    "open",  # a limit was reached before it could be told
    "missing",  # there is no file for a kernel and a GPU of the library
    "unreadable",  # the file is no stored schedule
]

GOOD: tuple[State, ...] = ("unchanged", "different")


class Numbers(Document):
    """What is compared of a solve before and after a change."""

    status: Status
    initiation_interval: Positive | None
    minimum: Positive | None  # MinII
    schedule_length: int | None
    warp_groups: int
    stages: int | None


class CheckedSchedule(Document):
    """One stored schedule: its state, old and new numbers, and what moved."""

    file: str
    kernel: Name | None  # None where the file cannot be read
    gpu: Name | None
    state: State
    sentence: str
    before: Numbers | None = None
    after: Numbers | None = None  # None where nothing had to be solved
    reasons: tuple[str, ...] = ()  # which cost or operation moved, or what is wrong; a line each
    notes: tuple[str, ...] = ()  # what is worth knowing and no fault
    failed: tuple[Check, ...] = ()
    reproofs: tuple[Reproof, ...] = ()
    updated: bool = False  # the file was written anew
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        """Whether the file may stay, or is right by now."""
        return self.updated or self.state in GOOD


class CheckReport(Document):
    """All stored schedules that were looked at."""

    format: Literal["twill-check/1"] = "twill-check/1"
    version: str  # of Twill
    schedules: tuple[CheckedSchedule, ...]
    seconds: float

    @property
    def counts(self) -> Counter[State]:
        """How many there are of each state."""
        return Counter(schedule.state for schedule in self.schedules)

    @property
    def exit_code(self) -> int:
        """0: all are good; 1: some are not; 2: some cannot be read; 3: a limit was reached."""
        states = {schedule.state for schedule in self.schedules if not schedule.is_good}
        if "unreadable" in states:
            return 2
        if states - {"open"}:
            return 1
        return 3 if states else 0
