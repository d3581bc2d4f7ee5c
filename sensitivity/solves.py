"""Least intervals of many like problems: what follows from those solved before is not solved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..explaining import Asking
from ..models.answer import Status
from ..models.errors import Infeasible
from ..models.problem import SchedulingProblem
from ..models.schedule import Schedule
from ..models.sensitivity import Range, SettledBy
from ..models.solve_options import SolveOptions
from ..solver.bounds import compute_bounds
from ..solver.domination import dominates
from ..solver.search import find_schedule
from ..solver.verifier import violations

Restrict = Callable[[SchedulingProblem], SchedulingProblem]


@dataclass(frozen=True, slots=True)
class Found:
    """What is proved of the least interval of a problem; `schedule` has the upper end."""

    range: Range
    schedule: Schedule | None = None


@dataclass(slots=True)
class Known:
    """Verified schedules, whichever question they came from, and how many searches it took."""

    schedules: list[Schedule] = field(default_factory=list)
    searches: int = 0

    def keep(self, schedule: Schedule | None) -> None:
        """Remember a schedule, once."""
        if schedule is not None and schedule not in self.schedules:
            self.schedules.append(schedule)

    def at(self, problem: SchedulingProblem, interval: int) -> Schedule | None:
        """The first of the known schedules at that interval that the problem admits."""
        same = (s for s in self.schedules if s.initiation_interval == interval)
        return next((s for s in same if not violations(problem, s)), None)

    def least(self, problem: SchedulingProblem, lower: int) -> Schedule | None:
        """The known schedule with the least interval from `lower` on that the problem admits."""
        intervals = sorted({s.initiation_interval for s in self.schedules})
        found = (self.at(problem, interval) for interval in intervals if interval >= lower)
        return next((s for s in found if s is not None), None)


class Solves:
    """Questions about one family of problems that differ in costs alone.

    A lower end is MinII, or that of a problem with lower costs; an upper end is the interval of a
    known schedule that the verifier accepts. Where the two do not meet, the problem is solved.
    `restrict` adds rules; then `relaxed` are the same questions without them.
    """

    def __init__(
        self,
        asking: Asking,
        known: Known,
        restrict: Restrict = lambda problem: problem,
        relaxed: Solves | None = None,
    ) -> None:
        self._asking, self._known = asking, known
        self._restrict, self._relaxed = restrict, relaxed
        self._found: dict[str, tuple[SchedulingProblem, Found]] = {}

    @property
    def questions(self) -> int:
        """Different problems that were asked about."""
        return len(self._found)

    def learn(self, problem: SchedulingProblem, found: Found) -> None:
        """Take up what is proved elsewhere."""
        self._known.keep(found.schedule)
        self._found[problem.digest()] = (problem, found)

    def ask(self, problem: SchedulingProblem) -> Found:
        """The least interval of the problem, as far as the limits allow."""
        digest = problem.digest()
        if digest not in self._found:
            self.learn(problem, self._settle(problem))
        return self._found[digest][1]

    def _settle(self, problem: SchedulingProblem) -> Found:
        restricted = self._restrict(problem)
        less = self._of_less(problem)
        if any(known.status == "infeasible" for known in less):
            return Found(_range("infeasible", None, None, "comparison"))
        try:
            minimum = compute_bounds(restricted).minimum
        except Infeasible:
            return Found(_range("infeasible", None, None, "bound"))
        lower = max([minimum, *(known.lower for known in less if known.lower is not None)])
        best = self._known.at(restricted, lower)
        if best is not None:
            by: SettledBy = "bound" if lower == minimum else "comparison"
            return Found(_range("optimal", lower, lower, by), best)
        return self._search(restricted, lower)

    def _of_less(self, problem: SchedulingProblem) -> list[Range]:
        """What is known of problems that ask for no more: none of their least is larger."""
        known = [*self._found.values()]
        if self._relaxed is not None:
            known += self._relaxed._found.values()
        return [found.range for of, found in known if dominates(problem, of)]

    def _search(self, problem: SchedulingProblem, lower: int) -> Found:
        self._known.searches += 1
        options = SolveOptions(seconds=self._asking.seconds, objectives=(), blame_work=0)
        solution = find_schedule(problem, options, stop=self._asking.stop)
        if solution.status == "infeasible":
            return Found(_range("infeasible", None, None, "search"))
        if solution.certificate is not None:
            lower = max(lower, solution.certificate.lower_bound)
        found = [s for s in (solution.schedule, self._known.least(problem, lower)) if s is not None]
        schedule = min(found, key=lambda s: s.initiation_interval, default=None)
        if schedule is None:
            return Found(_range("unknown", lower, None, "nothing"))
        upper = schedule.initiation_interval
        if upper == lower:
            return Found(_range("optimal", lower, upper, "search"), schedule)
        return Found(_range("feasible", lower, upper, "nothing"), schedule)


def _range(status: Status, lower: int | None, upper: int | None, by: SettledBy) -> Range:
    return Range(status=status, lower=lower, upper=upper, settled_by=by)
