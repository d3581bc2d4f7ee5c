"""When an operation may issue at all: longest paths over differences of two issue cycles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ...models.problem import SchedulingProblem
from ..question import Question
from .group_classes import GroupClasses


@dataclass(frozen=True, slots=True)
class Difference:
    """t[target] ≥ t[source] + cycles, for a fixed initiation interval; cycles may be negative."""

    source: str
    target: str
    cycles: int


DifferenceFamily = Callable[[SchedulingProblem, GroupClasses, int], Iterator[Difference]]
"""What of one constraint family is a difference, at an initiation interval."""


@dataclass(frozen=True, slots=True)
class Window:
    """First and last issue cycle of an operation."""

    first: int
    last: int


def issue_windows(
    question: Question, differences: Iterable[Difference]
) -> dict[str, Window] | None:
    """The windows of all operations within `stages`; None if no schedule obeys the differences."""
    forward = tuple(differences)
    backward = tuple(Difference(d.target, d.source, d.cycles) for d in forward)
    operations = question.problem.operations
    horizon = question.stages * question.initiation_interval
    first = _longest_paths({o.name: 0 for o in operations}, forward)
    remaining = _longest_paths({o.name: o.latency_cycles for o in operations}, backward)
    if first is None or remaining is None:
        return None
    if any(first[name] + remaining[name] > horizon for name in first):
        return None
    return {name: Window(first[name], horizon - remaining[name]) for name in first}


def _longest_paths(
    least: dict[str, int], differences: tuple[Difference, ...]
) -> dict[str, int] | None:
    """The least cycles that obey all differences; None where a circuit of them is positive."""
    for _ in range(len(least) + 1):
        changed = False
        for difference in differences:
            bound = least[difference.source] + difference.cycles
            if bound > least[difference.target]:
                least[difference.target] = bound
                changed = True
        if not changed:
            return least
    return None
