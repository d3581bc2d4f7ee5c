"""Every combination of listed sizes and splits: solved, or ruled out before it is solved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from .answer import Status
from .document import Count, Document, Name, Positive

WorkUnit = Literal["multiply-adds", "elements"]


class Shape(Document):
    """One value for everything that the document lists; what has one value there is left out."""

    sizes: Mapping[str, int] = {}
    split: Mapping[str, int] = {}


class ShapeCandidate(Document):
    """What is known of one shape.

    `refused`: the kernel language or the GPU has no such kernel. `outdone`: not solved, as not even
    MinII would make it better than the best one.
    """

    shape: Shape
    status: Status | Literal["refused", "outdone"]
    reason: str = ""
    work: Positive | None = None  # useful work of one iteration
    minimum: Positive | None = None  # MinII, cycles
    most_throughput: float | None = None  # work / MinII, rounded to a thousandth
    initiation_interval: Positive | None = None
    lower_bound: Positive | None = None  # no schedule has a smaller interval
    throughput: float | None = None  # work / II, rounded to a thousandth
    seconds: float = 0.0  # of its solve


class ShapeSearch(Document):
    """The best shape by useful work for each cycle of the steady state."""

    format: Literal["twill-shapes/1"] = "twill-shapes/1"
    kernel: Name
    gpu: Name
    # optimal: no other shape is better; feasible: the best of those found before a limit
    status: Status
    unit: WorkUnit
    best: Count | None  # index in `candidates`
    solves: Count  # shapes that were solved
    candidates: tuple[ShapeCandidate, ...]  # best bound first; last those without one
    seconds: float = 0.0
