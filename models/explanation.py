"""What limits an initiation interval, and what each of some changes would make of it."""

from __future__ import annotations

from typing import Literal

from .answer import Status
from .document import Count, Document, Name, Positive
from .sensitivity import Robustness, Sensitivity
from .shape import Shape, WorkUnit


class Share(Document):
    """What one operation takes of a functional unit."""

    operation: Name
    work: Count  # quantity * cycles, or issue cycles of a stream
    percent: float  # of the work of all operations on that unit, rounded to a tenth


class Load(Document):
    """A functional unit or issue stream, and who takes how much of it."""

    unit: Name
    work: Count
    capacity: Positive
    bound: Positive  # cycles
    percent: float  # of what the unit offers in one initiation interval, rounded to a tenth
    shares: tuple[Share, ...]  # largest first


class Hop(Document):
    """One step of the critical recurrence: the target issues so long after the source."""

    source: Name
    target: Name
    latency_cycles: Count
    distance: int  # iterations; below 0 only where storage is taken over in place (C9)


Kind = Literal["groups", "registers", "ring", "unit", "hand-off", "gpu", "size", "split"]


class WhatIf(Document):
    """A changed problem, solved."""

    kind: Kind
    change: str  # what is changed, to follow `With` or `On`
    status: Status | Literal["refused"]
    initiation_interval: Positive | None
    lower_bound: Positive | None  # no schedule of the changed problem has a smaller interval
    difference: int | None  # cycles more than without the change
    # bound: the schedule of before keeps the changed constraints and reaches the changed MinII
    settled_by: Literal["bound", "search", "nothing"]
    # Useful work for each cycle, of kinds `size` and `split`: an interval alone says nothing there.
    throughput: float | None = None
    sentence: str


class Explanation(Document):
    """What limits II, as data and in sentences."""

    format: Literal["twill-explanation/1"] = "twill-explanation/1"
    kernel: Name
    gpu: Name
    status: Status
    initiation_interval: Positive | None
    shape: Shape = Shape()  # where the document has lists: the values at hand
    throughput: float | None = None  # useful work for each cycle, where the document has lists
    work_unit: WorkUnit | None = None
    minimum: Positive  # MinII
    attained_by: tuple[str, ...]  # units, and `recurrence`; more than one is a tie
    loads: tuple[Load, ...]  # every unit that is used, largest bound first
    recurrence: Positive  # RecMII
    hops: tuple[Hop, ...]  # of the critical recurrence; empty where there is none
    because: tuple[str, ...]  # constraint families that exclude II - 1, if searching did
    because_is_least: bool  # proved: none of them can be spared
    what_ifs: tuple[WhatIf, ...]
    sentences: tuple[str, ...]
    sensitivity: Sensitivity | None = None  # if it was asked for
    robustness: Robustness | None = None  # if it was asked for
