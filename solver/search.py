"""From a scheduling problem to the schedule with the least initiation interval, and the proof."""

from __future__ import annotations

from ..models.certificate import Bounds, StageBound
from ..models.errors import Infeasible
from ..models.problem import SchedulingProblem
from ..models.progress import Observer, ignore
from ..models.solve_options import SolveOptions
from .backends import Backends, load_backends
from .bounds import compute_bounds
from .certificate import Proof, Provers, build_certificate
from .footprint import refuse_oversized
from .interval_search import IntervalSearch
from .probing import Prober
from .prove import prove_exclusions, prove_question
from .question import UNBLAMED, Core, Question, Stop
from .relaxation import relaxed_question
from .solution import Solution
from .stage_bound import compute_stage_bound
from .strategies import alternatives, publish

DEFAULTS = SolveOptions()


def find_schedule(
    problem: SchedulingProblem,
    options: SolveOptions = DEFAULTS,
    observe: Observer = ignore,
    stop: Stop | None = None,
) -> Solution:
    """The schedule with the least initiation interval, or why there is none.

    A limit or a stop (from any thread) ends the search with what is known: `feasible` with a
    verified schedule and the interval [lower bound, its II], or `unknown`. Raises ScheduleViolation
    if a backend's schedule breaks a constraint, and what both backends raise if both fail.
    """
    return search_with(load_backends(options.backends), problem, options, observe, stop or Stop())


def search_with(
    backends: Backends,
    problem: SchedulingProblem,
    options: SolveOptions,
    observe: Observer,
    stop: Stop,
) -> Solution:
    """`find_schedule` with given backends."""
    prober = Prober(problem, options, observe, stop, backends)
    try:
        bounds = compute_bounds(problem)
        refuse_oversized(problem)
    except Infeasible as proof:
        prober.tell("done", detail="infeasible")
        return Solution(status="infeasible", reason=str(proof), effort=prober.effort())
    solution = _Search(prober, bounds, _stage_bound(problem, bounds, options)).run()
    prober.tell("done", detail=solution.status)
    return solution


def _stage_bound(problem: SchedulingProblem, bounds: Bounds, options: SolveOptions) -> StageBound:
    bound = compute_stage_bound(problem, bounds.minimum)
    if options.stages is None or options.stages >= bound.stages:
        return bound
    return bound.model_copy(update={"stages": options.stages, "kind": "rule"})


class _Search:
    def __init__(self, prober: Prober, bounds: Bounds, stage_bound: StageBound) -> None:
        self.prober = prober
        self.bounds = bounds
        self.stage_bound = stage_bound
        self.intervals = IntervalSearch(prober, bounds, stage_bound)

    def run(self) -> Solution:
        self.prober.tell("bounds", initiation_interval=self.bounds.minimum)
        settled = self.intervals.run()
        best = self.prober.best
        if best is None:
            return self._without_schedule(settled)
        question, strategy = publish(self.prober, best, self.stage_bound.stages)
        others = tuple(alternatives(self.prober, question, strategy))
        proof = self._proof(settled)
        optimal = settled and not self.prober.stop.requested
        return Solution(
            status="optimal" if optimal else "feasible",
            reason="" if optimal else self._reason(best.initiation_interval, settled),
            schedule=strategy.schedule,
            certificate=build_certificate(proof, strategy.schedule, strategy.objectives),
            alternatives=others,
            effort=self.prober.effort(),
        )

    def _without_schedule(self, settled: bool) -> Solution:
        largest = self.intervals.largest
        reason = (
            f"no schedule exists at any initiation interval: proved for {largest:,} cycles, "
            f"the largest worth asking, with up to {self.stage_bound.stages} stages"
            if settled
            else f"{self._limit()} before any schedule was found"
        )
        return Solution(
            status="infeasible" if settled else "unknown",
            reason=reason,
            certificate=build_certificate(self._proof(settled), None, ()),
            effort=self.prober.effort(),
        )

    def _proof(self, settled: bool) -> Proof:
        provers: Provers = {}
        if settled and self.prober.options.prove:
            provers = self._provers()
        return Proof(
            problem=self.prober.problem,
            bounds=self.bounds,
            stage_bound=self.stage_bound,
            lower=self.prober.lower,
            settled=settled,
            relaxed=self.intervals.relaxed,
            provers=provers,
            because=self._because() if settled else UNBLAMED,
        )

    def _provers(self) -> Provers:
        if not self.intervals.relaxed:
            return prove_exclusions(self.prober, self.bounds.minimum, self.stage_bound.stages)
        question = relaxed_question(self.prober.problem, self.prober.lower - 1)
        return prove_question(self.prober.about(question.problem), question)

    def _because(self) -> Core:
        """What excludes the interval below the least one, if searching excluded it."""
        last, options = self.prober.lower - 1, self.prober.options
        if last < self.bounds.minimum or not options.blame_work or self.prober.exhausted:
            return UNBLAMED
        question = Question(self.prober.problem, last, self.stage_bound.stages)
        if self.intervals.relaxed:
            question = relaxed_question(self.prober.problem, last)
        limit = self.prober.limit(options.blame_work)
        return self.prober.backends.blame(question, limit, self.prober.stop)

    def _reason(self, best: int, settled: bool) -> str:
        if settled:
            return f"{self._limit()}; {best:,} cycles are proved least, second objectives are not"
        below = f"{self.prober.lower:,} to {best - 1:,}"
        return f"{self._limit()}; initiation intervals {below} are neither found nor excluded"

    def _limit(self) -> str:
        options = self.prober.options
        if self.prober.stop.requested:
            return "the search was stopped"
        if options.seconds is not None and self.prober.exhausted:
            return f"the limit of {options.seconds:g} s was reached"
        if options.work is not None:
            return f"the limit of {options.work:g} units of work for each question was reached"
        return "every backend gave up"
