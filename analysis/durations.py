"""The same problem with other durations; quantities, capacities and rules stay."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Literal, NamedTuple

from ..models.problem import (
    DEPENDENCE_TIMES,
    OPERATION_TIMES,
    Dependence,
    Operation,
    Reservation,
    SchedulingProblem,
)
from ..models.problem_symmetries import is_automorphism

OF_HANDOFF = DEPENDENCE_TIMES[1:]


class Place(NamedTuple):
    """Where a duration stands: whose it is, and which.

    The latency of a dependence is its source's; `dependence` tells dependences apart, else it is
    -1. `field` is that of models/problem.py, or `reservation`.
    """

    operation: str
    field: str
    dependence: int = -1


Duration = Callable[[Place, int], int]
"""The new duration at a place, from the old one, cycles."""

Belongs = Callable[[Place], bool]
"""Whether the duration at a place is one of those that are meant."""


def with_durations(problem: SchedulingProblem, duration: Duration) -> SchedulingProblem:
    """The problem with other durations, with those of its symmetries that they leave.

    Offsets are no durations, and what takes a unit for some time takes it for a cycle at least.
    """
    fields = {name: getattr(problem, name) for name in SchedulingProblem.model_fields}
    changed = SchedulingProblem(
        **{
            **fields,
            "operations": tuple(_operation(o, duration) for o in problem.operations),
            "dependences": tuple(
                _dependence(d, i, duration) for i, d in enumerate(problem.dependences)
            ),
            "symmetries": (),
        }
    )
    kept = tuple(swap for swap in problem.symmetries if is_automorphism(changed, swap))
    return changed.model_copy(update={"symmetries": kept})


def all_times(
    problem: SchedulingProblem, factor: Fraction, rounded: Literal["up", "down"] = "up"
) -> SchedulingProblem:
    """Every duration that many times as long, in whole cycles."""
    return with_durations(problem, lambda _, cycles: scaled(cycles, factor, rounded))


def of_operation(name: str) -> Belongs:
    """The time of one operation, and of what waits for it; its hand-offs and waits apart."""
    apart = (*OF_HANDOFF, "wait_cycles")
    return lambda place: place.operation == name and place.field not in apart


def of_fields(*fields: str) -> Belongs:
    """Those fields of every operation and dependence."""
    return lambda place: place.field in fields


def some_times(problem: SchedulingProblem, belongs: Belongs, factor: Fraction) -> SchedulingProblem:
    """Some durations that many times as long, rounded up to whole cycles."""
    return with_durations(
        problem, lambda place, cycles: scaled(cycles, factor) if belongs(place) else cycles
    )


def total_cycles(problem: SchedulingProblem, belongs: Belongs) -> int:
    """The sum of some durations."""
    found: list[int] = []

    def note(place: Place, cycles: int) -> int:
        found.append(cycles if belongs(place) else 0)
        return cycles

    with_durations(problem, note)
    return sum(found)


def random_times(problem: SchedulingProblem, part: Fraction, draw: Random) -> SchedulingProblem:
    """A point of the box: every duration drawn by itself between its two ends, these included."""
    return with_durations(
        problem,
        lambda _, cycles: draw.randint(
            scaled(cycles, 1 - part, "down"), scaled(cycles, 1 + part, "up")
        ),
    )


def one_apart(
    problem: SchedulingProblem, part: Fraction, name: str, is_longer: bool
) -> SchedulingProblem:
    """A corner of the box: one operation at the one end, all others at the other."""
    ends = {True: (1 + part, "up"), False: (1 - part, "down")}

    def duration(place: Place, cycles: int) -> int:
        factor, rounded = ends[(place.operation == name) == is_longer]
        return scaled(cycles, factor, "up" if rounded == "up" else "down")

    return with_durations(problem, duration)


def scaled(cycles: int, factor: Fraction, rounded: Literal["up", "down"] = "up") -> int:
    """Whole cycles."""
    exact = cycles * factor
    return -(-exact.numerator // exact.denominator) if rounded == "up" else int(exact)


def _operation(operation: Operation, duration: Duration) -> Operation:
    times = {f: duration(Place(operation.name, f), getattr(operation, f)) for f in OPERATION_TIMES}
    held = tuple(_reservation(operation, r, duration) for r in operation.reservations)
    return operation.model_copy(update={**times, "reservations": held})


def _reservation(operation: Operation, block: Reservation, duration: Duration) -> Reservation:
    cycles = duration(Place(operation.name, "reservation"), block.cycles)
    return block.model_copy(update={"cycles": max(1, cycles)})


def _dependence(dependence: Dependence, index: int, duration: Duration) -> Dependence:
    source = dependence.source
    times = {f: duration(Place(source, f, index), getattr(dependence, f)) for f in DEPENDENCE_TIMES}
    return dependence.model_copy(update=times)
