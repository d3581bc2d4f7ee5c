"""One cost at other values: what becomes of the interval, and whether the strategy stays best."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

from ..models.errors import Infeasible
from ..models.problem import SchedulingProblem
from ..models.sensitivity import CostPoint, CostSide, Range, Verdict
from ..solver.bounds import compute_bounds
from .costs import Cost
from .solves import Found, Solves
from .strategy import Groups, strategy_of

STEPS = (10, 50, 20, 5, 2, 1)
"""Per cent, in the order asked: the first gives the difference, far ones often settle near ones."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Questions with the strategy held, and with any strategy."""

    held: Solves
    best: Solves


class Scan:
    """The points of one cost, each solved when it is first asked for."""

    def __init__(self, cost: Cost, pair: Pair, goes_on: Callable[[], bool]) -> None:
        self._cost, self._pair, self._goes_on = cost, pair, goes_on
        self._points: dict[int, CostPoint] = {}

    def run(self) -> tuple[CostPoint, ...]:
        """Every point of STEPS, and those that narrow down where another strategy is better."""
        for step in STEPS:
            for percent in (step, -step):
                if self._goes_on():
                    self._at(percent)
        for sign in (1, -1):
            self._narrow(sign)
        return tuple(self._points[percent] for percent in sorted(self._points))

    def _at(self, percent: int) -> CostPoint:
        if percent not in self._points:
            factor = 1 + Fraction(percent, 100)
            found = point(self._cost.at(factor), percent, self._pair)
            rounded = round(float(100 * (self._cost.rounded(factor) - 1)), 1)
            self._points[percent] = found.model_copy(update={"rounded_percent": rounded})
        return self._points[percent]

    def _narrow(self, sign: int) -> None:
        """Halve the per cents between the last point known to hold and the first that does not."""
        found = side(self._points.values(), sign)
        while found.beaten_from is not None and found.open_at is None and self._goes_on():
            low, high = abs(found.holds_to), abs(found.beaten_from)
            if high - low < 2:
                return
            self._at(sign * ((low + high) // 2))
            found = side(self._points.values(), sign)


def point(problem: SchedulingProblem, percent: int, pair: Pair) -> CostPoint:
    """The held strategy first: its schedule often settles the question about all of them."""
    held = pair.held.ask(problem)
    best = pair.best.ask(problem)
    said = verdict(held.range, best.range)
    return CostPoint(
        percent=percent,
        rounded_percent=float(percent),
        held=held.range,
        best=best.range,
        verdict=said,
        attained_by=_attained_by(problem, best.range),
        better_groups=_groups(problem, best) if said == "beaten" else (),
    )


def verdict(held: Range, best: Range) -> Verdict:
    """What the two ranges prove of the strategy held; every schedule of it is one of any."""
    if best.status == "infeasible":
        return "infeasible"
    if best.upper is not None and (
        held.status == "infeasible" or (held.lower is not None and best.upper < held.lower)
    ):
        return "beaten"
    if held.upper is not None and best.lower is not None and held.upper <= best.lower:
        return "best"
    return "open"


def side(points: Iterable[CostPoint], sign: int) -> CostSide:
    """How far the strategy is known to stay best in one direction."""
    holds_to = 0
    outwards = sorted((p for p in points if p.percent * sign > 0), key=lambda p: abs(p.percent))
    for at in outwards:
        if at.verdict == "beaten":
            return CostSide(holds_to=holds_to, beaten_from=at.percent, open_at=None)
        if at.verdict == "open":
            later = (p.percent for p in outwards if p.verdict == "beaten")
            return CostSide(holds_to=holds_to, beaten_from=next(later, None), open_at=at.percent)
        if at.verdict == "best":
            holds_to = at.percent
    return CostSide(holds_to=holds_to, beaten_from=None, open_at=None)


def elasticity(points: Iterable[CostPoint], nominal: Range) -> float | None:
    """Hundredths of the share by which II differs, over the share by which the cost does."""
    optima = {p.percent: p for p in points if p.best.status == "optimal"}
    more, less = optima.get(STEPS[0]), optima.get(-STEPS[0])
    if more is None or less is None or nominal.status != "optimal" or nominal.upper is None:
        return None
    change = more.rounded_percent - less.rounded_percent
    if not change or more.best.upper is None or less.best.upper is None:
        return None
    return round(100 * (more.best.upper - less.best.upper) / (change * nominal.upper), 2)


def _groups(problem: SchedulingProblem, found: Found) -> Groups:
    return () if found.schedule is None else strategy_of(problem, found.schedule)


def _attained_by(problem: SchedulingProblem, best: Range) -> tuple[str, ...]:
    try:
        bounds = compute_bounds(problem)
    except Infeasible:
        return ()
    if best.status != "optimal" or best.upper != bounds.minimum:
        return ()
    units = [u.unit for u in bounds.resource_attained_by if bounds.resource == bounds.minimum]
    circuit = bounds.recurrence_attained_by is not None and bounds.recurrence == bounds.minimum
    return (*units, *(("recurrence",) if circuit else ()))
