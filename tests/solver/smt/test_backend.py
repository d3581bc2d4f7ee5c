"""Verdicts, limits and stops of the Z3 backend."""

import threading
import time

import pytest

from twill.benchmarks.instances import INSTANCES
from twill.benchmarks.random_graphs import random_graph
from twill.models.errors import LimitReached
from twill.models.problem import SchedulingProblem
from twill.solver.question import Limit, Outcome, Question, Stop, Verdict
from twill.solver.smt import model
from twill.solver.smt.backend import solve
from twill.solver.verifier import violations
from twill.tests.support.placing import dependence, on, operation, problem


def answer(of: SchedulingProblem, interval: int, stages: int) -> Outcome:
    return solve(Question(of, interval, stages), Limit(), Stop())


def running_example() -> SchedulingProblem:
    operations = [
        operation("S", issue=0, reservations=on("tc", 1)),
        operation("P", issue=0, reservations=on("fma", 1, quantity=4)),
        operation("O", issue=0, reservations=on("tc", 1)),
    ]
    chain = [dependence("S", "P"), dependence("P", "O"), dependence("O", "O", distance=1)]
    return problem(operations, chain)


def test_the_running_example_of_the_paper() -> None:
    of = running_example()
    outcome = answer(of, 2, 2)
    assert outcome.backend == "z3"
    assert outcome.schedule is not None
    assert violations(of, outcome.schedule) == ()
    assert answer(of, 1, 9) == Outcome(Verdict.INFEASIBLE, "z3")
    assert answer(of, 2, 1).verdict is Verdict.INFEASIBLE


# The least initiation interval for 1, 2, 3, ... stages. The figures were computed by other solvers
# in a model that also keeps a warp group idle while it waits; here, without issue cycles, it may
# issue, and the figures stay the same.
LEAST = {
    "gemm-hopper": (512,),
    "attention-forward-hopper-2x64": (1664, 1024),
    "attention-forward-hopper-1x128": (2876, 1916, 1596, 1596),
    "attention-forward-blackwell-2x128": (3008, 2048),
    "attention-forward-blackwell-2x128-poly": (2240, 1792, 1792, 1792),
    "attention-forward-blackwell-1x128": (1984, 1534, 1344, 1344),
    "attention-backward-hopper": (1728, 1280),
    "attention-backward-blackwell": (2432, 1408, 1408, 1408),
    "swiglu-hopper-2x64": (2688, 2048),
    "swiglu-blackwell-2x128": (5376, 5120, 5120, 5120),
}
LEAST_PERTURBED = {
    "attention-forward-hopper-2x64": (1908, 1154),
    "attention-forward-hopper-1x128": (3214, 2110, 1719, 1719),
    "attention-forward-blackwell-2x128": (3496, 2308),
    "attention-forward-blackwell-1x128": (2342, 1758, 1581, 1581),
    "attention-backward-hopper": (1922, 1305),
    "attention-backward-blackwell": (2744, 1692, 1692, 1692),
    "swiglu-hopper-2x64": (3041, 2308),
    "swiglu-blackwell-2x128": (6103, 5814, 5814, 5814),
}
KNOWN = [
    (name, perturbed, stages, least)
    for perturbed, table in ((False, LEAST), (True, LEAST_PERTURBED))
    for name, row in table.items()
    for stages, least in enumerate(row, start=1)
]


@pytest.mark.parametrize(("name", "perturbed", "stages", "least"), KNOWN)
def test_known_least_initiation_intervals(
    name: str, perturbed: bool, stages: int, least: int
) -> None:
    of = INSTANCES[name](perturbed=perturbed)
    outcome = answer(of, least, stages)
    assert outcome.schedule is not None
    assert violations(of, outcome.schedule) == ()
    assert answer(of, least - 1, stages).verdict is Verdict.INFEASIBLE


def test_a_full_tensor_memory_is_proved_full_within_seconds() -> None:
    began = time.monotonic()
    assert answer(INSTANCES["swiglu-blackwell-2x128"](), 5119, 4).verdict is Verdict.INFEASIBLE
    assert time.monotonic() - began < 30  # 0.3 s alone; other work may share the machine


def test_many_stages_cost_nothing() -> None:
    of = INSTANCES["swiglu-blackwell-2x128"]()
    assert answer(of, 5119, 2000).verdict is Verdict.INFEASIBLE
    assert answer(of, 5120, 2000).verdict is Verdict.FEASIBLE


def hard() -> Question:
    """Eighty operations at the bound of their units: beyond minutes."""
    return Question(random_graph(80, 3), 6784, 4)


@pytest.mark.parametrize("limit", [Limit(seconds=0.0), Limit(seconds=1.0), Limit(work=0.05)])
def test_a_limit_proves_nothing(limit: Limit) -> None:
    began = time.monotonic()
    assert solve(hard(), limit, Stop()) == Outcome(Verdict.UNKNOWN, "z3")
    assert time.monotonic() - began < 30


def test_a_stop_ends_a_solve_within_a_second() -> None:
    stop, outcomes = Stop(), []
    thread = threading.Thread(target=lambda: outcomes.append(solve(hard(), Limit(), stop)))
    thread.start()
    time.sleep(2.0)
    stop.request()
    thread.join(timeout=5.0)  # a second alone; other work may share the machine
    assert outcomes == [Outcome(Verdict.UNKNOWN, "z3")]


def test_a_stop_before_the_start_is_seen() -> None:
    stop = Stop()
    stop.request()
    assert solve(hard(), Limit(), stop).verdict is Verdict.UNKNOWN


def test_the_same_question_has_the_same_answer() -> None:
    question = Question(INSTANCES["attention-forward-hopper-2x64"](), 1024, 2)
    assert solve(question, Limit(), Stop()) == solve(question, Limit(), Stop())


def test_a_problem_too_large_to_write_down_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "MOST_CHARACTERS", 1_000)
    with pytest.raises(LimitReached, match="too large"):
        answer(INSTANCES["swiglu-hopper-2x64"](), 2048, 2)


def test_contexts_of_two_threads_do_not_meet() -> None:
    questions = [Question(INSTANCES["swiglu-blackwell-2x128"](), ii, 2) for ii in (5119, 5120)]
    found: dict[int, Verdict] = {}

    def ask(question: Question) -> None:
        found[question.initiation_interval] = solve(question, Limit(), Stop()).verdict

    threads = [threading.Thread(target=ask, args=(question,)) for question in questions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {5119: Verdict.INFEASIBLE, 5120: Verdict.FEASIBLE}
