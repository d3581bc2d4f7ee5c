"""Modulo expansion of a role: prologue, steady state, epilogue, and loops too short for them.

The role is written out for a long loop, period by period. From the period on in which its steps no
longer change it is in its steady state; what stands before that is the prologue. Where values have
several versions in registers, so many periods in a row are the steady state (modulo variable
expansion: M. Lam, PLDI 1988), and the loop ends by what is left over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Protocol

from ...models.warp_program import Period, Remainder, ShortRun
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


Written = list[list[Step]]
"""The steps of each period of a loop."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """The sections of a role; `prologue` has as many periods as the shortest loop it is for."""

    prologue: tuple[Period, ...]
    steady: tuple[Step, ...]
    epilogue: tuple[Period, ...]
    remainders: tuple[Remainder, ...]
    short: tuple[ShortRun, ...]


def expand(
    operations: Sequence[PlannedOperation], start: Callable[[], Instances], unroll: int = 1
) -> Expansion:
    """Sections of a role whose operations issue in that order; a round is `unroll` periods."""
    written = cache(partial(_written, operations, start))  # equal loops are asked for again
    many = 2 * MOST_PROLOGUE
    long = written(many)
    warm = _steady_from(long, many, unroll)
    while warm < MOST_PROLOGUE and not _ends_alike(written, many, warm, unroll):
        warm += 1
    return Expansion(
        prologue=tuple(
            Period(at="first", offset=p, steps=tuple(long[p])) for p in range(warm)
        ),
        steady=_round(long, many, warm, unroll),
        epilogue=_end(written, many, warm, unroll, 0),
        remainders=tuple(
            Remainder(left=left, periods=_end(written, many, warm, unroll, left))
            for left in range(1, unroll)
        ),
        short=tuple(_short(written(trips), trips) for trips in range(1, warm)),
    )  # fmt: skip


def _round(long: Written, many: int, warm: int, unroll: int) -> tuple[Step, ...]:
    """The steps of the steady state; lags count from the first period of a round."""
    return tuple(
        step.model_copy(update={"lag": step.lag - later}) if later else step
        for later in range(unroll)
        for step in long[_like(warm + later, many, unroll)]
    )


def _like(period: int, many: int, unroll: int) -> int:
    """Of the last periods of a long loop, the one that is alike but for its number."""
    return many - 1 - (many - 1 - period) % unroll


def _end(
    written: Callable[[int], Written], many: int, warm: int, unroll: int, left: int
) -> tuple[Period, ...]:
    """How a long loop ends that leaves so many periods over."""
    trips = many - (many - warm - left) % unroll
    return tuple(
        Period(at="last", offset=j - left, steps=tuple(steps))
        for j, steps in enumerate(written(trips)[trips - left :])
    )


def _short(periods: Written, trips: int) -> ShortRun:
    return ShortRun(
        trips=trips,
        periods=tuple(
            Period(at="first", offset=p, steps=tuple(steps)) for p, steps in enumerate(periods)
        ),
    )  # fmt: skip


def _written(
    operations: Sequence[PlannedOperation], start: Callable[[], Instances], trips: int
) -> Written:
    """Steps of periods 0 to trips + stages - 2, and of one more that drains if there is none."""
    role = start()
    stages = 1 + max(operation.lag for operation in operations)
    written: Written = []
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


def _steady_from(long: Written, many: int, unroll: int) -> int:
    """The first period from which on all are alike, but for steps that leave themselves out."""
    first = many - 1
    while first and long[first - 1] == _existing(long[_like(first - 1, many, unroll)], first - 1):
        first -= 1
    return min(first, many - ALIKE * unroll)


def _ends_alike(written: Callable[[int], Written], many: int, warm: int, unroll: int) -> bool:
    """Whether loops of the fewest trips end as long ones do, whatever is left over."""
    for left in range(unroll):
        trips = warm + left
        ends = _end(written, many, warm, unroll, left)
        there = [_existing(p.steps, trips + p.offset) for p in ends]
        if written(trips)[warm:] != there:
            return False
    return True


def _existing(steps: Sequence[Step], period: int) -> list[Step]:
    """The steps of a period without those that leave themselves out there."""
    return [step for step in steps if not step.optional or step.lag <= period]
