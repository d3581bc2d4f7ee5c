"""C1: dependences."""

from __future__ import annotations

from collections.abc import Iterator

from ...models.problem import SchedulingProblem
from .group_classes import GroupClasses
from .variables import Variables
from .windows import Difference


def add_dependence_constraints(variables: Variables) -> None:
    """C1. A target issues no sooner than the result of its source, δ iterations before, is ready.

    For every dependence e = (u→v):   t[v] + δ(e)·II ≥ t[u] + lat(e)
    """
    t, period = variables.issue_cycle, variables.initiation_interval
    for e in variables.problem.dependences:
        variables.model.add(t[e.target] + e.distance * period >= t[e.source] + e.latency_cycles)


def dependence_differences(
    problem: SchedulingProblem, classes: GroupClasses, period: int
) -> Iterator[Difference]:
    """C1 as differences: every dependence is one."""
    for e in problem.dependences:
        yield Difference(e.source, e.target, e.latency_cycles - e.distance * period)
