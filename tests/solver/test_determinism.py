"""The same question gives the same bytes, whichever backend is quicker."""

import time
from collections.abc import Mapping

import pytest

from twill.benchmarks.instances import INSTANCES
from twill.models.certificate import Backend
from twill.models.problem import SchedulingProblem
from twill.models.progress import ignore
from twill.models.solve_options import BOTH, SolveOptions
from twill.solver.backends import Backends, Solve, load_backends
from twill.solver.question import Limit, Outcome, Question, Stop
from twill.solver.search import search_with
from twill.tests.support.random_problems import random_problem


def late(solve: Solve, seconds: float) -> Solve:
    def solve_late(question: Question, limit: Limit, stop: Stop) -> Outcome:
        time.sleep(seconds)
        return solve(question, limit, stop)

    return solve_late


def answer(of: SchedulingProblem, delays: Mapping[Backend, float], options: SolveOptions) -> str:
    real = load_backends(BOTH)
    solvers = {name: late(solve, delays.get(name, 0.0)) for name, solve in real.solve.items()}
    solution = search_with(Backends(solvers, real.minimise), of, options, ignore, Stop())
    return solution.canonical().canonical_json()


def the_same_bytes(of: SchedulingProblem, options: SolveOptions) -> bool:
    first = answer(of, {"cp-sat": 0.25}, options)
    return first == answer(of, {"z3": 0.15}, options) == answer(of, {}, options)


@pytest.mark.parametrize("seed", [3, 8, 14, 19])
def test_small_problems(seed: int) -> None:
    assert the_same_bytes(random_problem(seed), SolveOptions(prove=True, top=3))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gemm-hopper", "attention-backward-blackwell"])
def test_modelled_kernels(name: str) -> None:
    assert the_same_bytes(INSTANCES[name](), SolveOptions(top=2))


@pytest.mark.slow
def test_a_limit_of_work_is_the_same_on_every_machine() -> None:
    problem = INSTANCES["attention-forward-blackwell-1x128"](perturbed=True)
    assert the_same_bytes(problem, SolveOptions(work=0.02))
