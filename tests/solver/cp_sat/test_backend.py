"""Verdicts, second objectives, limits and stops of the CP-SAT backend."""

import threading
import time

import pytest

from twill.models.errors import LimitReached
from twill.models.problem import LegalityRule, Machine, SchedulingProblem, Value
from twill.models.schedule import Partition, Schedule
from twill.solver.cp_sat import backend, model
from twill.solver.cp_sat.backend import minimise, solve
from twill.solver.objective_values import OBJECTIVES
from twill.solver.question import Limit, Question, Stop, Verdict
from twill.solver.verifier import violations
from twill.tests.support.modelled_kernels import attention_backward, swiglu
from twill.tests.support.placing import dependence, machine, on, operation, problem

NO_LIMIT = Limit()
EVERY = tuple(OBJECTIVES)


def running_example() -> SchedulingProblem:
    operations = [
        operation(n, issue=0, reservations=on(u, 1, quantity=q))
        for n, u, q in (("S", "tc", 1), ("P", "fma", 4), ("O", "tc", 1))
    ]
    chain = [dependence("S", "P"), dependence("P", "O"), dependence("O", "O", distance=1)]
    return problem(operations, chain, machine(2))


def test_the_running_example_of_the_paper() -> None:
    assert solve(Question(running_example(), 1, 9), NO_LIMIT, Stop()).verdict is Verdict.INFEASIBLE
    outcome = solve(Question(running_example(), 2, 2), NO_LIMIT, Stop())
    assert outcome.verdict is Verdict.FEASIBLE
    assert outcome.schedule is not None
    assert violations(running_example(), outcome.schedule) == ()
    best, values = minimise(Question(running_example(), 2, 9), ("length",), NO_LIMIT, Stop())
    assert [(v.objective, v.value, v.proved) for v in values] == [("length", 4, True)]
    assert best is not None
    assert [p.issue_cycle for p in best.placements] == [0, 1, 3]


def test_a_schedule_takes_no_more_stages_than_were_asked_for() -> None:
    assert solve(Question(running_example(), 2, 1), NO_LIMIT, Stop()).verdict is Verdict.INFEASIBLE
    assert solve(Question(running_example(), 4, 1), NO_LIMIT, Stop()).verdict is Verdict.FEASIBLE


def crossing_problem() -> SchedulingProblem:
    """Two operations that together issue for longer than II, and one that both of them feed."""
    operations = [operation("a", 2, 4), operation("b", 2, 4), operation("c", 2, 2)]
    links = [
        dependence(n, "c", 2, value=f"{n}.out", handoff_cycles=3, staged_bytes=s)
        for n, s in (("a", 5), ("b", 7))
    ]
    values = tuple(Value(name=f"{n}.out", source=n) for n in "ab")
    on_machine = machine(
        4,
        staging_memory="smem",
        memories=Machine.model_validate(
            {"name": "m", "memories": ({"name": "smem", "capacity": 99},)}
        ).memories,
    )
    return problem(operations, links, on_machine, values=values)


def test_objectives_are_minimised_in_their_order() -> None:
    question = Question(crossing_problem(), 6, 4)
    best, values = minimise(question, EVERY, NO_LIMIT, Stop())
    assert best is not None
    assert {v.objective: v.value for v in values} == {
        "warp_groups": 2,
        "crossings": 1,
        "staged_bytes": 10,  # of a, for 7 cycles; b hands on within its group
        "registers": 0,
        "length": 7,  # 2 + 3 until c, which takes 2
        "stages": 2,
    }
    assert all(v.proved for v in values)
    shortest, values = minimise(question, ("length", "warp_groups"), NO_LIMIT, Stop())
    assert shortest is not None
    assert [(v.objective, v.value) for v in values] == [("length", 7), ("warp_groups", 2)]


def test_without_objectives_a_tidy_schedule_is_found() -> None:
    best, values = minimise(Question(crossing_problem(), 6, 4), (), NO_LIMIT, Stop())
    assert values == ()
    assert best is not None
    assert violations(crossing_problem(), best) == ()


def test_nothing_is_minimised_where_nothing_exists() -> None:
    assert minimise(Question(running_example(), 1, 9), EVERY, NO_LIMIT, Stop()) == (None, ())
    unreachable = Question(crossing_problem(), 5, 1)
    assert minimise(unreachable, EVERY, NO_LIMIT, Stop()) == (None, ())


def test_equal_questions_get_equal_bytes() -> None:
    question = Question(attention_backward(hopper=1), 1280, 3)
    runs = [minimise(question, EVERY, Limit(work=0.5), Stop()) for _ in range(2)]
    first, second = runs
    assert first == second
    assert first[0] is not None
    assert second[0] is not None
    assert first[0].canonical_json() == second[0].canonical_json()
    assert violations(question.problem, first[0]) == ()


def test_every_incumbent_is_a_schedule() -> None:
    found: list[Schedule] = []
    question = Question(crossing_problem(), 6, 4)
    minimise(question, EVERY, NO_LIMIT, Stop(), on_incumbent=found.append)
    assert found
    assert all(violations(question.problem, schedule) == () for schedule in found)


def hard_question() -> Question:
    """Far more than a second of search: a memory is full, and many stages are allowed."""
    return Question(swiglu(hopper=0), 5119, 8)


def test_a_limit_of_work_leaves_the_question_open() -> None:
    outcome = solve(hard_question(), Limit(work=0.01), Stop())
    assert outcome.verdict is Verdict.UNKNOWN
    assert outcome.schedule is None


def test_a_limit_of_time_leaves_the_question_open() -> None:
    began = time.monotonic()
    assert solve(hard_question(), Limit(seconds=0.3), Stop()).verdict is Verdict.UNKNOWN
    assert time.monotonic() - began < 3.0
    assert solve(hard_question(), Limit(seconds=0.0), Stop()).verdict is Verdict.UNKNOWN


def test_objectives_out_of_time_keep_the_best_schedule_unproved() -> None:
    question = Question(swiglu(hopper=0), 6000, 2)
    best, values = minimise(question, ("length", "registers"), Limit(work=0.05), Stop())
    if best is None:  # not even a first schedule
        assert values == ()
        return
    assert violations(question.problem, best) == ()
    for value in values:
        assert value.value >= OBJECTIVES[value.objective](question.problem, best)


def test_a_stop_from_another_thread_ends_the_search() -> None:
    stop = Stop()
    outcomes = []
    thread = threading.Thread(
        target=lambda: outcomes.append(solve(hard_question(), NO_LIMIT, stop))
    )
    thread.start()
    time.sleep(0.5)
    asked = time.monotonic()
    stop.request()
    thread.join(timeout=20)
    assert time.monotonic() - asked < 2.0
    assert [outcome.verdict for outcome in outcomes] == [Verdict.UNKNOWN]


def test_a_stop_asked_for_before_is_heeded() -> None:
    stop = Stop()
    stop.request()
    assert solve(hard_question(), NO_LIMIT, stop).verdict is Verdict.UNKNOWN


def test_a_problem_too_large_to_build_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "MOST_PAIRS", 2)
    with pytest.raises(LimitReached, match="3 operations make 4 pairs"):
        solve(Question(running_example(), 2, 2), NO_LIMIT, Stop())


def test_numbers_beyond_the_integers_of_cp_sat_are_refused() -> None:
    huge = 10**9
    slow = problem([operation("a", huge, huge)], [dependence("a", "a", huge, distance=1000)])
    assert solve(Question(slow, huge, 2), NO_LIMIT, Stop()).verdict is Verdict.FEASIBLE
    with pytest.raises(LimitReached, match="stages of 1000000000 cycles"):
        solve(Question(slow, huge, huge), NO_LIMIT, Stop())


def test_more_copies_of_lives_than_can_be_laid_out_are_refused() -> None:
    question = Question(attention_backward(hopper=1), 1280, 10_000)
    with pytest.raises(LimitReached, match="10000 stages"):
        solve(question, NO_LIMIT, Stop())


def all_partitions(of: SchedulingProblem, interval: int, stages: int) -> list[Partition]:
    found: list[Partition] = []
    while True:
        best, _ = minimise(
            Question(of, interval, stages),
            ("length",),
            NO_LIMIT,
            Stop(),
            forbidden_partitions=tuple(found),
        )
        if best is None:
            return found
        assert violations(of, best) == ()
        found.append(best.partition)


def test_every_partition_is_found_once() -> None:
    free = problem([operation(n) for n in "abc"], (), machine(3))
    assert len(all_partitions(free, 9, 1)) == 4  # of three operations, into two groups at most
    wide = problem([operation(n) for n in "abc"], (), machine(9))
    assert len(set(all_partitions(wide, 9, 1))) == 5  # into any number of groups
    apart = LegalityRule(rule="apart/1", kind="apart", operations=("a", "b"))
    parted = problem([operation(n) for n in "abc"], (), machine(3), rules=(apart,))
    assert len(all_partitions(parted, 9, 1)) == 2


def test_equal_sub_tiles_give_one_partition() -> None:
    """{ac}{b} and {a}{bc} are one up to the exchange of a and b; so are {a}{b}{c} and itself."""
    swapped = problem([operation(n) for n in "abc"], (), machine(9), symmetries=((("a", "b"),),))
    assert len(all_partitions(swapped, 9, 1)) == 4


def test_the_tidy_step_is_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "TIDY_WORK", 0.0)
    best, values = minimise(Question(crossing_problem(), 6, 4), ("length",), NO_LIMIT, Stop())
    assert best is not None
    assert [v.value for v in values] == [7]
