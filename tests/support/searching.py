"""Searches whose backends answer by written verdicts."""

from twill.models.problem import SchedulingProblem
from twill.models.progress import Progress
from twill.models.solve_options import SolveOptions
from twill.solver.question import Stop, Verdict
from twill.solver.search import search_with
from twill.solver.solution import Solution

from .fake_backends import FakeBackend, FakeMinimise, Rule, always, backends, one_operation

UNKNOWN = always(Verdict.UNKNOWN)
LARGEST = 1 + 1 + 40 + 40 + 1  # of one_operation()


def solve(
    *solvers: FakeBackend,
    of: SchedulingProblem | None = None,
    minimise: FakeMinimise | None = None,
    stop: Stop | None = None,
    events: list[Progress] | None = None,
    **options: object,
) -> Solution:
    return search_with(
        backends(*solvers, minimise=minimise),
        of or one_operation(),
        SolveOptions.model_validate(options),
        (events if events is not None else []).append,
        stop or Stop(),
    )


def cp_sat(rule: Rule, delay: float = 0.0, error: Exception | None = None) -> FakeBackend:
    return FakeBackend("cp-sat", rule, delay, error)


def z3(rule: Rule, delay: float = 0.0, error: Exception | None = None) -> FakeBackend:
    return FakeBackend("z3", rule, delay, error)


def found_interval(solution: Solution) -> int:
    assert solution.schedule is not None
    return solution.schedule.initiation_interval


def excluded(solution: Solution) -> list[tuple[int, int, str, str, tuple[str, ...]]]:
    assert solution.certificate is not None
    return [
        (e.first, e.last, e.by, e.argument, e.proved_by) for e in solution.certificate.exclusions
    ]
