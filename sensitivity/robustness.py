"""The worst case of durations that are known within so many per cent (docs/explaining.md)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from random import Random
from typing import NamedTuple

from ..analysis.durations import all_times, one_apart, random_times
from ..analysis.sensitivity_sentences import robust_sentences
from ..models.errors import ScheduleViolation, UsageError
from ..models.problem import SchedulingProblem
from ..models.schedule import Schedule
from ..models.sensitivity import Robustness
from ..solver.verifier import violations
from .report import Study
from .solves import Found
from .strategy import Groups, strategy_of

MOST_PERCENT = 100
POINTS = 100
SEED = 0


class Checked(NamedTuple):
    """At how many places of the box the verifier was asked."""

    corners: int
    points: int


def robustness(study: Study, percent: float) -> Robustness:
    """The least interval at which one schedule holds while durations are within +-P %.

    Raises UsageError for a percentage outside 0 .. 100, and ScheduleViolation if the verifier
    objects anywhere in the box, which would contradict docs/constraints.md.
    """
    if not (math.isfinite(percent) and 0 <= percent <= MOST_PERCENT):
        raise UsageError(f"not a percentage of durations: {percent}", cure="write 0 to 100")
    part = Fraction(str(percent)) / 100
    problem = study.answer.problem
    longest = all_times(problem, 1 + part)
    searched = study.known.searches
    study.asking.say(f"every duration {percent:g} % longer")
    held = study.pair.held.ask(longest).range
    robust = study.pair.best.ask(longest)
    checked = check_box(problem, part, robust.schedule) if robust.schedule else Checked(0, 0)
    broken = violations(longest, study.schedule)
    found = Robustness(
        percent=float(percent),
        nominal=study.nominal,
        robust=robust.range,
        price_percent=_price(study, robust),
        held=held,
        nominal_holds=not broken,
        slack_percent=slack_percent(problem, study.schedule),
        broken=broken,
        schedule=robust.schedule,
        strategy=_groups(longest, robust.schedule),
        checked_corners=checked.corners,
        checked_points=checked.points,
        seed=SEED,
        searches=study.known.searches - searched,
        sentences=(),
    )
    told = tuple(robust_sentences(found, study.asking.seconds))
    return found.model_copy(update={"sentences": told})


def check_box(problem: SchedulingProblem, part: Fraction, schedule: Schedule) -> Checked:
    """Have the verifier look at the schedule at corners and at points drawn within the box.

    All durations at one end, each operation at one end and all others at the other, and POINTS
    points. Raises ScheduleViolation with what it objects to.
    """
    corners = tuple(_corners(problem, part))
    draw = Random(SEED)
    points = tuple(random_times(problem, part, draw) for _ in range(POINTS))
    for case in (*corners, *points):
        wrong = violations(case, schedule)
        if wrong:
            raise ScheduleViolation(wrong)
    return Checked(len(corners), len(points))


def _corners(problem: SchedulingProblem, part: Fraction) -> Iterator[SchedulingProblem]:
    yield all_times(problem, 1 + part)
    yield all_times(problem, 1 - part, "down")
    for operation in problem.operations:
        yield one_apart(problem, part, operation.name, is_longer=True)
        yield one_apart(problem, part, operation.name, is_longer=False)


def slack_percent(problem: SchedulingProblem, schedule: Schedule) -> float:
    """The largest tenth of a per cent, up to 100, by which all durations may be longer.

    What holds for longer durations holds for shorter ones, so halving finds it.
    """
    holds, fails = 0, 10 * MOST_PERCENT + 1
    while fails - holds > 1:
        middle = (holds + fails) // 2
        longer = all_times(problem, 1 + Fraction(middle, 1000))
        if violations(longer, schedule):
            fails = middle
        else:
            holds = middle
    return holds / 10


def _price(study: Study, robust: Found) -> float | None:
    before, after = study.nominal, robust.range
    if before.upper is None or after.upper is None:
        return None
    if (before.status, after.status) != ("optimal", "optimal"):
        return None
    return round(100 * (after.upper - before.upper) / before.upper, 2)


def _groups(problem: SchedulingProblem, schedule: Schedule | None) -> Groups:
    return () if schedule is None else strategy_of(problem, schedule)
