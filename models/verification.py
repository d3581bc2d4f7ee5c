"""What came of checking a stored schedule and its certificate again."""

from __future__ import annotations

from typing import Literal

from .answer import Status
from .certificate import Backend
from .document import Document, Name, Positive

CheckName = Literal[
    "seal",
    "problem",
    "texts",
    "status",
    "schedule",
    "rows",
    "constraints",
    "alternatives",
    "bounds",
    "class",
    "stage bound",
    "exclusions",
    "blame",
    "lower bound",
    "least interval",
    "objectives",
    "model",
    "families",
    "versions",
    "effort",
    "proof",
    "core",
]


class Check(Document):
    """One thing that was looked at, and what was seen; numbers are in the sentence."""

    name: CheckName
    passed: bool
    sentence: str


class Reproof(Document):
    """One question that was put to a backend once more."""

    initiation_interval: Positive
    stages: Positive
    backend: Backend | None  # whose verdict it is; None if a limit was reached
    verdict: Literal["feasible", "infeasible", "unknown"]
    # independent: by a backend that the certificate does not name; again: by one that it names;
    # unknown: the certificate does not say which backend was first
    standing: Literal["independent", "again", "unknown"]
    seconds: float


class Verification(Document):
    """Every check of one stored schedule, what was proved again, and what was not looked at."""

    format: Literal["twill-verification/1"] = "twill-verification/1"
    file: str
    kernel: Name
    gpu: Name
    status: Status
    initiation_interval: Positive | None
    checks: tuple[Check, ...]
    reproofs: tuple[Reproof, ...] = ()
    trusted: tuple[str, ...] = ()  # sentences: what was not checked

    @property
    def failed(self) -> tuple[Check, ...]:
        """Checks that did not pass."""
        return tuple(check for check in self.checks if not check.passed)

    @property
    def exit_code(self) -> int:
        """0: all passed; 1: one failed; 3: a limit was reached before a proof asked for."""
        if self.failed:
            return 1
        return 3 if any(reproof.verdict == "unknown" for reproof in self.reproofs) else 0
