"""The periods that a role does for a number of trips, as `Role` says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .warp_program import Period, Role
from .warp_step import Step

Numbered = tuple[int, tuple[Step, ...]]
"""A period, and its steps; each is of iteration period - lag."""


def periods_of(role: Role, trips: int) -> Iterator[Numbered]:
    """The periods in order, of a role that is not guarded; several at once where it is unrolled.

    Unrolled periods come under the number of their first, from which their lags count.
    """
    for run in role.short:
        if run.trips == trips:
            yield from _placed(run.periods, trips)
            return
    yield from _placed(role.prologue, trips)
    period = role.stages - 1
    while period + role.unroll <= trips:
        yield period, role.steady
        period += role.unroll
    ending = next((r.periods for r in role.remainders if period + r.left == trips), role.epilogue)
    yield from _placed(ending, trips)


def _placed(periods: Iterable[Period], trips: int) -> Iterator[Numbered]:
    for period in periods:
        yield (period.offset if period.at == "first" else trips + period.offset), period.steps
