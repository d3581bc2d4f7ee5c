"""Modulo expansion of a role: prologue, steady state, epilogue, and loops too short for them.

The role is written out for a long loop, period by period. From the period on in which its steps no
longer change it is in its steady state; what stands before that is the prologue.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ...models.warp_program import Period, ShortRun
from ...models.warp_step import Step
from .plan import PlannedOperation

ALIKE = 3  # periods that must be the same before they count as the steady state
MOST_PROLOGUE = 12


class Instances(Protocol):
    """A role that writes its steps operation by operation, in issue order."""

    def instance(self, operation: PlannedOperation, iteration: int) -> list[Step]:
        """The steps of one operation in one iteration."""
        ...

    def drain(self) -> list[Step]:
        """What stands behind the last operation."""
        ...


@dataclass(frozen=True, slots=True)
class Expansion:
    """The sections of a role; `prologue` has as many periods as the shortest loop it is for."""

    prologue: tuple[Period, ...]
    steady: tuple[Step, ...]
    epilogue: tuple[Period, ...]
    short: tuple[ShortRun, ...]


def expand(operations: Sequence[PlannedOperation], start: Callable[[], Instances]) -> Expansion:
    """Sections of a role whose operations issue in that order."""
    many = 2 * MOST_PROLOGUE
    long = _periods(operations, start(), many)
    warm = _steady_from(long, many)
    while warm < MOST_PROLOGUE and not _ends_alike(long[many:], operations, start(), warm):
        warm += 1
    return Expansion(
        prologue=tuple(
            Period(at="first", offset=p, steps=tuple(long[p])) for p in range(warm)
        ),
        steady=tuple(long[many - 1]),
        epilogue=tuple(
            Period(at="last", offset=j, steps=tuple(steps))
            for j, steps in enumerate(long[many:])
        ),
        short=tuple(_short(operations, start(), trips) for trips in range(1, warm)),
    )  # fmt: skip


def _short(operations: Sequence[PlannedOperation], role: Instances, trips: int) -> ShortRun:
    written = _periods(operations, role, trips)
    return ShortRun(
        trips=trips,
        periods=tuple(
            Period(at="first", offset=p, steps=tuple(steps)) for p, steps in enumerate(written)
        ),
    )  # fmt: skip


def _periods(
    operations: Sequence[PlannedOperation], role: Instances, trips: int
) -> list[list[Step]]:
    """Steps of periods 0 to trips + stages - 2, and of one more that drains if there is none."""
    stages = 1 + max(operation.lag for operation in operations)
    written: list[list[Step]] = []
    for period in range(trips + stages - 1):
        steps: list[Step] = []
        for operation in operations:
            iteration = period - operation.lag
            if 0 <= iteration < trips:
                steps += role.instance(operation, iteration)
        written.append(steps)
    if len(written) == trips:
        written.append([])
    written[-1] += role.drain()
    return written


def _steady_from(long: list[list[Step]], many: int) -> int:
    """The first period from which on all are alike, but for steps that leave themselves out."""
    steady = long[many - 1]
    first = many - 1
    while first and long[first - 1] == _existing(steady, first - 1):
        first -= 1
    return min(first, many - ALIKE)


def _ends_alike(
    last: list[list[Step]], operations: Sequence[PlannedOperation], role: Instances, trips: int
) -> bool:
    """Whether a loop of so many trips ends as a long one does."""
    ends = _periods(operations, role, trips)[trips:]
    return ends == [_existing(steps, trips + j) for j, steps in enumerate(last)]


def _existing(steps: Sequence[Step], period: int) -> list[Step]:
    """The steps of a period without those that leave themselves out there."""
    return [step for step in steps if not step.optional or step.lag <= period]
