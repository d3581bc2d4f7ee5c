"""C1: dependences."""

from __future__ import annotations

from collections.abc import Iterator

from ...models.problem import SchedulingProblem
from .labelled import Labelled
from .longest_paths import Difference
from .variables import Variables


def dependence_constraints(variables: Variables) -> Iterator[Labelled]:
    """C1. A target issues no sooner than the result of its source, δ iterations before, is ready.

    For every dependence e = (u→v):   t[v] + δ(e)·II ≥ t[u] + lat(e)
    """
    for e in variables.problem.dependences:
        delay = e.latency_cycles - e.distance * variables.interval
        yield Labelled(f"{e.source} -> {e.target}", variables.follows(e.source, e.target, delay))


def dependence_differences(problem: SchedulingProblem, interval: int) -> Iterator[Difference]:
    """C1 as it stands: every dependence is a difference."""
    for e in problem.dependences:
        yield Difference(e.source, e.target, e.latency_cycles - e.distance * interval)
