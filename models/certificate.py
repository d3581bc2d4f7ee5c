"""A certificate: why no schedule of the model has a smaller initiation interval."""

from __future__ import annotations

from typing import Literal

from .document import Count, Document, Name, Positive

Backend = Literal["cp-sat", "z3"]


class ResourceBound(Document):
    """ResMII of one functional unit, or of the issue streams: ceil(work / capacity)."""

    unit: Name
    work: Count  # quantity * cycles summed over one iteration
    capacity: Positive
    bound: Positive  # cycles
    operations: tuple[Name, ...]  # the operations that use it


class RecurrenceBound(Document):
    """RecMII of the critical recurrence: ceil(latency around it / distance around it)."""

    operations: tuple[Name, ...]  # in order; the last one feeds the first
    latency_cycles: Count
    distance: Count  # iterations
    bound: Positive


class Bounds(Document):
    """MinII = max(ResMII, RecMII) and what attains each."""

    resource: Positive
    resource_attained_by: tuple[ResourceBound, ...]  # every unit at the maximum: a tie is told
    units: tuple[ResourceBound, ...]  # every unit, largest bound first
    recurrence: Positive
    recurrence_attained_by: RecurrenceBound | None  # None if no recurrence exists
    minimum: Positive  # max(resource, recurrence)


class StageBound(Document):
    """The largest number of stages that was searched, and why more cannot help.

    See docs/constraints.md, stage bound.
    """

    stages: Positive  # [N]
    kind: Literal["argued", "rule"]  # rule: a limit of the machine below the argued bound
    argued: Positive
    components: Positive  # [h]
    held_spread: Count  # stages within components, summed over them
    gap: Count  # 1 + ceil(max (lat + x) / MinII)
    window: Count  # 1 + ceil(max latency / MinII)


class Exclusion(Document):
    """No schedule exists at initiation intervals `first` .. `last`."""

    first: Positive
    last: Positive
    by: Literal["bound", "search"]
    # monotone: feasibility is monotone in the initiation interval for this problem, so one proof at
    # `last` covers all. relaxation: so it is without reservations at offsets, and even then there
    # is none at `last`. each: there is a proof at every one of them.
    argument: Literal["bound", "monotone", "relaxation", "each"]
    proved_by: tuple[Backend, ...]  # in canonical order; with --prove, every backend that proved it
    # Constraint families, with the unit or memory, that exclude `last` together; empty if not asked
    # for, or not found within the limit.
    because: tuple[str, ...] = ()
    because_is_least: bool = False  # proved: none of them can be spared


class ObjectiveValue(Document):
    """A second objective, minimised with the initiation interval and earlier objectives fixed."""

    objective: Name
    value: int
    proved: bool


class Certificate(Document):
    """Bounds, exclusions, and the conditions under which they hold."""

    problem_digest: str
    schedule_digest: str | None
    least_initiation_interval: Positive | None  # proved least; None if not proved
    lower_bound: Positive  # no schedule has a smaller initiation interval
    bounds: Bounds
    monotone: bool  # the problem is in the class in which feasibility is monotone in II
    stage_bound: StageBound
    exclusions: tuple[Exclusion, ...]
    objectives: tuple[ObjectiveValue, ...]
    verified: tuple[str, ...]  # constraint families that the verifier checked
    model: tuple[str, ...]  # choices that belong to the model: granularity, lowering, rules
    versions: tuple[tuple[str, str], ...]  # twill, ortools, z3
