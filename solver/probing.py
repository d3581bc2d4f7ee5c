"""Asking the backends, remembering what they proved, and keeping the best schedule seen."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..models.answer import Effort, Probe
from ..models.certificate import Backend
from ..models.problem import SchedulingProblem
from ..models.progress import Observer, Progress, ignore
from ..models.schedule import Schedule
from ..models.solve_options import SolveOptions
from .backends import Backends, Solve, check_schedule
from .monotone import is_monotone
from .question import Limit, Question, Stop, Verdict
from .race import Finding, race
from .retiming import draw_together


@dataclass(slots=True)
class Facts:
    """What is proved of (II, N): more stages never hurt; in the class, nor does a larger II."""

    monotone: bool
    feasible: set[tuple[int, int]] = field(default_factory=set)
    infeasible: set[tuple[int, int]] = field(default_factory=set)

    def verdict(self, interval: int, stages: int) -> Verdict:
        """What follows from what was proved."""
        if any(n <= stages and self._reaches(ii, interval) for ii, n in self.feasible):
            return Verdict.FEASIBLE
        if any(n >= stages and self._reaches(interval, ii) for ii, n in self.infeasible):
            return Verdict.INFEASIBLE
        return Verdict.UNKNOWN

    def _reaches(self, lower: int, upper: int) -> bool:
        return lower == upper or (self.monotone and lower < upper)


class Prober:
    """Puts questions about one problem to the backends, within the limits of the options."""

    def __init__(
        self,
        problem: SchedulingProblem,
        options: SolveOptions,
        observe: Observer,
        stop: Stop,
        backends: Backends,
    ) -> None:
        self.problem = problem
        self.options = options
        self.stop = stop
        self.backends = backends
        self.facts = Facts(is_monotone(problem))
        self.best: Schedule | None = None
        self.lower = 1  # no schedule has a smaller initiation interval
        self._observe = observe
        self._began = time.monotonic()
        self._probes: list[Probe] = []
        self._tried: dict[tuple[int, int], float] = {}

    def about(self, problem: SchedulingProblem) -> Prober:
        """Asks about a related problem on the same account, and tells nobody."""
        other = Prober(problem, self.options, ignore, self.stop, self.backends)
        other._began, other._probes = self._began, self._probes
        return other

    @property
    def elapsed(self) -> float:
        """Seconds since the solve began."""
        return time.monotonic() - self._began

    @property
    def exhausted(self) -> bool:
        """Whether a stop was asked for or the wall-clock limit has passed."""
        seconds = self.options.seconds
        return self.stop.requested or (seconds is not None and self.elapsed >= seconds)

    def limit(self, work: float | None = None) -> Limit:
        """What is left of the options' limits, and no more than `work`."""
        seconds = self.options.seconds
        left = None if seconds is None else max(0.0, seconds - self.elapsed)
        works = [w for w in (work, self.options.work) if w is not None]
        return Limit(left, min(works, default=None))

    def effort(self) -> Effort:
        """What the solve has cost so far."""
        return Effort(seconds=self.elapsed, probes=tuple(self._probes))

    def tell(self, kind: str, **told: object) -> None:
        """Report an event, with what is known so far."""
        best = self.best.initiation_interval if self.best else None
        event = {"kind": kind, "lower_bound": self.lower, "best": best, **told}
        self._observe(Progress.model_validate(event))

    def ask(self, interval: int, stages: int, work: float | None = None) -> Verdict:
        """Whether a schedule exists at II with so many stages; UNKNOWN proves nothing.

        A question that was left unknown is put again only with more work allowed.
        """
        known = self.facts.verdict(interval, stages)
        limit = self.limit(work)
        allowed = float("inf") if limit.work is None else limit.work
        if known is not Verdict.UNKNOWN or self._tried.get((interval, stages), 0.0) >= allowed:
            return known
        if self.exhausted:
            return Verdict.UNKNOWN
        return self._race(Question(self.problem, interval, stages), limit, allowed)

    def ask_alone(self, backend: Backend, interval: int, stages: int, limit: Limit) -> Finding:
        """What one backend says by itself, whatever is known; raises what it raises."""
        question = Question(self.problem, interval, stages)
        return self._put(question, limit, {backend: self.backends.solve[backend]})

    def has_excluded(self, backend: Backend, interval: int, stages: int) -> bool:
        """Whether this backend was the one to exclude II with so many stages."""
        return any(
            probe.verdict == "infeasible"
            and probe.backend == backend
            and (probe.initiation_interval, probe.stages) == (interval, stages)
            for probe in self._probes
        )

    def _race(self, question: Question, limit: Limit, allowed: float) -> Verdict:
        asked = (question.initiation_interval, question.stages)
        finding = self._put(question, limit, self.backends.solve)
        if finding.verdict is Verdict.INFEASIBLE:
            self.facts.infeasible.add(asked)
        elif finding.verdict is Verdict.UNKNOWN and not self.exhausted:
            self._tried[asked] = allowed
        if finding.schedule is not None:
            # What was asked, not the stages of this schedule, which depends on who was quicker.
            self.adopt(finding.schedule, question.stages)
        return finding.verdict

    def adopt(self, schedule: Schedule, stages: int) -> None:
        """Take up a verified schedule of at most so many stages, and what it can be drawn to."""
        self.facts.feasible.add((schedule.initiation_interval, stages))
        self._keep(schedule)
        self._draw_together(schedule, stages)

    def _put(self, question: Question, limit: Limit, solvers: Mapping[Backend, Solve]) -> Finding:
        interval, stages = question.initiation_interval, question.stages
        self.tell("probe", initiation_interval=interval, stages=stages)
        finding = race(question, limit, self.stop, solvers)
        probe = Probe(
            initiation_interval=interval,
            stages=stages,
            verdict=finding.verdict.value,
            backend=finding.backend,
            seconds=finding.seconds,
        )
        self._probes.append(probe)
        self.tell(
            "verdict",
            initiation_interval=interval,
            stages=stages,
            verdict=probe.verdict,
            backend=probe.backend,
            detail="; ".join(finding.failures),
        )
        return finding

    def _keep(self, schedule: Schedule) -> None:
        interval = schedule.initiation_interval
        if self.best is None or interval < self.best.initiation_interval:
            self.best = schedule
            self.tell("incumbent", initiation_interval=interval, schedule=schedule)

    def _draw_together(self, schedule: Schedule, stages: int) -> None:
        """What comes of a schedule depends on who found it: not where work alone is limited.

        Then a search that ends without proof must end in the same way every time.
        """
        if not self.facts.monotone or self.options.work is not None:
            return
        closer = draw_together(self.problem, schedule, stages)
        if closer is not None:
            check_schedule(Question(self.problem, closer.initiation_interval, stages), closer)
            self.facts.feasible.add((closer.initiation_interval, stages))
            self._keep(closer)

    def exclude_below(self, lower: int) -> None:
        """Raise the lower bound: every smaller initiation interval is proved impossible."""
        self.lower = max(self.lower, lower)
