"""Which initiation intervals to ask about, in which order, until the least one is proved."""

from __future__ import annotations

from ..models.certificate import Bounds, StageBound
from ..models.problem import SchedulingProblem
from .greedy import place_greedily
from .legality import build_legality
from .probing import Prober
from .question import Verdict
from .recurrence import constraint_edges, earliest_issue_cycles
from .relaxation import relaxed_question
from .stage_bound import largest_interval

FIRST_WORK = 0.5  # effort for one question in the first round, in the backends' own units
WORK_GROWTH = 4.0  # each round may spend so much more on a question than the one before
EXCLUSION_WORK = 4.0  # times as much for excluding what is below the best schedule
BY_HAND = (0, 1, 2, 4, 8, 64)  # by how many 32nds of MinII the intervals tried at first exceed it
MOST_WORK = 1e9  # what no backend decides with so much, none will
EXTRA_STAGES = 1  # schedules are looked for with so many stages beyond the fewest, or more


class IntervalSearch:
    """Finds the least II from MinII on, with at most N stages.

    Rounds of growing effort: schedules are looked for where few stages make them easy to find, and
    excluded with all N. Every conclusion rests on proved facts, so the least II does not depend on
    the effort, only on whether it is reached.
    """

    def __init__(self, prober: Prober, bounds: Bounds, stage_bound: StageBound) -> None:
        self.prober = prober
        self.minimum = bounds.minimum
        self.stages = stage_bound.stages
        self.largest = max(self.minimum, largest_interval(prober.problem))
        self.relaxed = False  # whether a relaxation excludes every II at once
        self._extra = EXTRA_STAGES
        prober.exclude_below(self.minimum)

    def run(self) -> bool:
        """Whether the question is settled: the best schedule is proved best, or none exists."""
        self._place_by_hand()
        work = FIRST_WORK
        while not self._is_settled(work):
            self._learn()
            allowed = self.prober.options.work
            most = MOST_WORK if allowed is None else min(allowed, MOST_WORK)
            if self.prober.exhausted or work >= most:
                return False
            work *= WORK_GROWTH
        return True

    @property
    def is_infeasible(self) -> bool:
        """Whether it is proved that no schedule exists at any initiation interval."""
        return self.prober.lower > self.largest

    def _place_by_hand(self) -> None:
        """Often enough to reach MinII, and otherwise something to show if the search is stopped."""
        for extra in BY_HAND:
            interval = min(self.largest, self.minimum + self.minimum * extra // 32)
            schedule = place_greedily(self.prober.problem, interval, self.stages)
            if schedule is not None:
                self.prober.adopt(schedule, self.stages)
                return

    def _is_settled(self, work: float) -> bool:
        """One round: no question may cost more than `work`."""
        prober = self.prober
        if self._best() > prober.lower and not self._is_found(self.minimum, work):
            if prober.best is None:
                self._gallop(work)
            if prober.best is None and not self._is_possible(work):
                return self.is_infeasible
            if not prober.facts.monotone:
                return self._sweep(work)
            if work > FIRST_WORK or not self._is_open(self.minimum):
                self._close_in(work)
        return self._best() == prober.lower

    def _is_found(self, interval: int, work: float) -> bool:
        """Look for a schedule at II with few stages, fewest first."""
        few = self._few(interval)
        fewest = min(few, fewest_stages(self.prober.problem, interval))
        return any(
            self.prober.ask(interval, stages, work) is Verdict.FEASIBLE
            for stages in range(fewest, few + 1)
        )

    def _is_open(self, interval: int) -> bool:
        """MinII itself deserves more effort before anything above it is looked at."""
        return self.prober.facts.verdict(interval, self._few(interval)) is Verdict.UNKNOWN

    def _few(self, interval: int) -> int:
        """The number of stages with which schedules are looked for."""
        return min(self.stages, fewest_stages(self.prober.problem, interval) + self._extra)

    def _gallop(self, work: float) -> None:
        """Find any schedule, at initiation intervals that move away from MinII ever faster."""
        step = max(1, self.minimum // 32)
        interval = self.minimum
        while self.prober.best is None and interval < self.largest and not self.prober.exhausted:
            interval = min(self.largest, self.minimum + step)
            step *= 4
            self.prober.ask(interval, self._few(self.minimum), work)

    def _is_possible(self, work: float) -> bool:
        """Whether to go on, when no schedule was found up to the largest II worth asking."""
        if self.prober.ask(self.largest, self.stages, work) is not Verdict.INFEASIBLE:
            return self.prober.best is not None
        if not self.prober.facts.monotone:
            self.relaxed = self._is_relaxation_infeasible(work)
        if self.prober.facts.monotone or self.relaxed:
            self.prober.exclude_below(self.largest + 1)
            return False
        return True

    def _is_relaxation_infeasible(self, work: float) -> bool:
        question = relaxed_question(self.prober.problem, self.largest)
        asking = self.prober.about(question.problem)
        return asking.ask(self.largest, question.stages, work) is Verdict.INFEASIBLE

    def _close_in(self, work: float) -> None:
        """Lower the best II and exclude what is below it, as far as this effort allows.

        Looking halfway down and excluding take turns: the first few schedules, drawn together, are
        often the best there is, and then one exclusion ends the search.
        """
        below = self._halve(self._missed(), work)
        while (best := self._best()) > self.prober.lower:
            verdict = self.prober.ask(best - 1, self.stages, work * EXCLUSION_WORK)
            if verdict is Verdict.INFEASIBLE:
                self.prober.exclude_below(best)
            elif verdict is Verdict.FEASIBLE:
                self._widen(work)
                below = self._halve(below, work)
            else:
                self._raise_lower_bound(work)
                while self._best() - below > 1:
                    below = self._halve(below, work)
                if self._best() == best:
                    return

    def _widen(self, work: float) -> None:
        """Look with more stages from now on, if few are proved too few for the best II."""
        best = self._best()
        if self.prober.ask(best, self._few(best), work) is Verdict.INFEASIBLE:
            self._extra += 1

    def _missed(self) -> int:
        """The largest II below the best one at which few stages are known not to do."""
        tried = (ii for ii, _ in self.prober.facts.infeasible if ii < self._best())
        return max(self.prober.lower - 1, *tried, 0)

    def _halve(self, below: int, work: float) -> int:
        """Look for a schedule halfway down to `below`; returns up to where none was found."""
        middle = (below + self._best()) // 2
        if middle == below:
            return below
        found = self.prober.ask(middle, self._few(middle), work) is Verdict.FEASIBLE
        return below if found else middle

    def _raise_lower_bound(self, work: float) -> None:
        """Exclude at least something, so that the interval that is left is small."""
        for interval in (self.prober.lower, (self.prober.lower + self._best()) // 2):
            if self.prober.ask(interval, self.stages, work) is not Verdict.INFEASIBLE:
                return
            self.prober.exclude_below(interval + 1)

    def _sweep(self, work: float) -> bool:
        """Outside the class each II is settled alone, from the lowest open one on."""
        while self.prober.lower <= self.largest:
            interval = self.prober.lower
            if self._is_found(interval, work):
                return True
            verdict = self.prober.ask(interval, self.stages, work)
            if verdict is not Verdict.INFEASIBLE:
                return verdict is Verdict.FEASIBLE
            self.prober.exclude_below(interval + 1)
        return True

    def _learn(self) -> None:
        """What was excluded with all stages on the way raises the lower bound."""
        for interval, stages in self.prober.facts.infeasible:
            if self.prober.facts.monotone and stages >= self.stages:
                self.prober.exclude_below(interval + 1)

    def _best(self) -> int:
        best = self.prober.best
        return self.largest + 1 if best is None else best.initiation_interval


def fewest_stages(problem: SchedulingProblem, interval: int) -> int:
    """The least N with which dependences alone fit N * II; `interval` is at least RecMII."""
    edges = tuple(constraint_edges(problem, build_legality(problem)))
    earliest = earliest_issue_cycles(len(problem.operations), edges, interval)
    ends = (
        issue + operation.latency_cycles
        for issue, operation in zip(earliest, problem.operations, strict=True)
    )
    return max(1, -(-max(ends) // interval))
