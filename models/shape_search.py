"""Every combination of listed sizes and splits: solved, or ruled out before it is solved."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from .answer import Status
from .document import Count, Document, Name, Positive
from .shape import Shape, WorkUnit, throughput


class ShapeCandidate(Document):
    """What is known of one shape.

    `refused`: the kernel language or the GPU has no such kernel. `outdone`: not solved, as not even
    MinII would put it before a shape whose interval is proved.
    """

    shape: Shape
    status: Status | Literal["refused", "outdone"]
    reason: str = ""
    work: Positive | None = None  # useful work of one iteration
    loaded_bytes: Count | None = None  # what one iteration loads from global memory
    minimum: Positive | None = None  # MinII, cycles
    most_throughput: float | None = None  # work / MinII, rounded to a thousandth
    initiation_interval: Positive | None = None
    lower_bound: Positive | None = None  # no schedule has a smaller interval
    throughput: float | None = None  # work / II, rounded to a thousandth
    seconds: float = 0.0  # of its solve

    @property
    def found(self) -> Fraction:
        """Useful work for each cycle of the schedule that was found; 0 without one."""
        return throughput(self.work, self.initiation_interval)

    @property
    def most(self) -> Fraction:
        """The most that it may have by what is proved of it; 0 where nothing is known."""
        return throughput(self.work, self.lower_bound or self.minimum)


class ShapeSearch(Document):
    """The best shape by useful work for each cycle of the steady state.

    Of shapes that are equal in that, the one that loads fewer bytes for it comes first, then the
    one that comes first in the document: its lists in order, the last one varying fastest.
    """

    format: Literal["twill-shapes/1"] = "twill-shapes/1"
    kernel: Name
    gpu: Name
    # optimal: proved to come first; feasible: the best of those found before a limit
    status: Status
    unit: WorkUnit
    best: Count | None  # index in `candidates`
    solves: Count  # shapes that were solved
    candidates: tuple[ShapeCandidate, ...]  # in the order of asking: best bound first
    notes: tuple[str, ...] = ()  # what else is to be known when shapes are compared
    seconds: float = 0.0

    def could_tie(self, candidate: ShapeCandidate) -> bool:
        """Whether a shape that was not solved may be as good as the best one, and come after it."""
        if self.best is None or candidate.status != "outdone":
            return False
        return candidate.most == self.candidates[self.best].found

    def may_have_more(self) -> bool:
        """Whether a limit left a shape open that may be better than the best one found."""
        left = [c for c in self.candidates if c.status in ("feasible", "unknown")]
        return self.best is None or any(
            other.most > self.candidates[self.best].found or other.minimum is None for other in left
        )
