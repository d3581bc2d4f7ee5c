"""What a running solve tells while it works."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from .document import Count, Document
from .schedule import Schedule


class Progress(Document):
    """One event: what was asked, what came of it, and what is known so far."""

    kind: Literal["bounds", "probe", "verdict", "incumbent", "objective", "done"]
    initiation_interval: Count | None = None
    stages: Count | None = None
    verdict: Literal["feasible", "infeasible", "unknown"] | None = None
    backend: Literal["cp-sat", "z3"] | None = None
    lower_bound: Count | None = None  # no schedule has a smaller initiation interval
    best: Count | None = None  # the least initiation interval found so far
    schedule: Schedule | None = None  # a verified schedule, with `incumbent`
    detail: str = ""


Observer = Callable[[Progress], None]


def ignore(_: Progress) -> None:
    """The observer that does nothing."""
