"""Tiny problems in which everything is tried: each strategy at each point, each case of a box."""

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from itertools import product
from random import Random

import pytest

from twill.analysis.durations import Place, all_times, random_times, scaled, with_durations
from twill.explaining import Asking
from twill.models.answer import Answer, Sources
from twill.models.errors import Infeasible, ScheduleViolation
from twill.models.problem import SchedulingProblem
from twill.models.solve_options import SolveOptions
from twill.pipeline import Task, solve_task
from twill.sensitivity import solves
from twill.sensitivity.report import Study, sensitivity
from twill.sensitivity.robustness import check_box, robustness, slack_percent
from twill.sensitivity.solves import Known, Solves
from twill.solver.bounds import compute_bounds
from twill.solver.stage_bound import compute_stage_bound
from twill.solver.verifier import violations
from twill.tests.oracle.strategies import Partition, least_by_strategy
from twill.tests.support.placing import dependence, machine, on, operation, problem, renewed
from twill.tests.support.random_problems import random_problem

BEYOND = 12  # cycles above MinII up to which the oracle looks
QUICK = SolveOptions(objectives=(), blame_work=0)


def solved(of: SchedulingProblem) -> Answer:
    return solve_task(Task(of.name, "drawn", of, Sources()), QUICK)


@cache
def drawn(seed: int, operations: int) -> Answer | None:
    """A drawn problem with a schedule; None if it has none."""
    of = random_problem(seed, operations)
    answer = solved(of)
    return answer if answer.schedule is not None else None


def strategies(of: SchedulingProblem) -> dict[Partition, int | None]:
    """The least II of each strategy, as far as the oracle looks."""
    try:
        least = compute_bounds(of).minimum
    except Infeasible:
        return {}
    stages = compute_stage_bound(of, least).stages
    return least_by_strategy(of, stages, least + BEYOND)


def least(of: SchedulingProblem) -> int | None:
    return min((ii for ii in strategies(of).values() if ii is not None), default=None)


BEATEN = [(3, 12), (3, 35), (3, 59), (3, 62), (3, 65), (3, 89), (4, 8), (4, 51), (4, 53), (4, 64)]
"""Operations and seed of problems in which another strategy becomes better somewhere."""


@pytest.mark.parametrize(("operations", "seed"), [*BEATEN, (3, 0), (3, 3), (3, 6), (4, 1), (4, 3)])
def test_every_point_is_what_trying_every_strategy_gives(operations: int, seed: int) -> None:
    answer = drawn(seed, operations)
    assert answer is not None
    assert answer.schedule is not None
    strategy = answer.schedule.partition
    names = {f"duration of {o.name}": o.name for o in answer.problem.operations}
    beaten = 0
    for cost in sensitivity(Study(answer, Asking())).costs:
        for point in cost.points:
            factor = 1 + Fraction(point.percent, 100)
            changed = by_hand(answer.problem, names.get(cost.cost, cost.cost), factor)
            every = strategies(changed)
            best = min(ii for ii in every.values() if ii is not None)
            assert (point.best.upper, point.held.upper) == (best, every.get(strategy))
            assert point.verdict == ("best" if every.get(strategy) == best else "beaten")
            if point.verdict == "beaten":
                beaten += 1
                assert best in (every[p] for p in every if is_strategy(p, point.better_groups))
    assert bool(beaten) == ((operations, seed) in BEATEN)


def is_strategy(partition: Partition, groups: tuple[tuple[str, ...], ...]) -> bool:
    """Whether the groups are those of the partition, but for the producer."""
    made = {frozenset(group) for group in groups}
    return made <= partition and len(partition - made) <= 1


def by_hand(of: SchedulingProblem, cost: str, factor: Fraction) -> SchedulingProblem:
    """Durations of one operation, or those of hand-offs or waits, written out once more."""

    def up(cycles: int) -> int:
        return -int(-cycles * factor // 1)

    operations, dependences = [], []
    for o in of.operations:
        own = {"latency_cycles": up(o.latency_cycles), "issue_cycles": up(o.issue_cycles)}
        own["reservations"] = tuple(
            r.model_copy(update={"cycles": max(1, up(r.cycles))}) for r in o.reservations
        )  # type: ignore[assignment]
        waits = {"wait_cycles": up(o.wait_cycles)}
        change = own if o.name == cost else waits if cost == "waits" else {}
        operations.append(o.model_copy(update=change))
    for d in of.dependences:
        own_ = {"latency_cycles": up(d.latency_cycles)}
        moved = ("handoff_cycles", "send_cycles", "receive_cycles")
        handoff = {field: up(getattr(d, field)) for field in moved}
        change_ = own_ if d.source == cost else handoff if cost == "hand-offs" else {}
        dependences.append(d.model_copy(update=change_))
    return renewed(of, operations=tuple(operations), dependences=tuple(dependences))


def box(of: SchedulingProblem, part: Fraction) -> list[range]:
    """Every value that each duration may have."""
    found: list[range] = []

    def note(_: Place, cycles: int) -> int:
        low, high = scaled(cycles, 1 - part, "down"), scaled(cycles, 1 + part)
        found.append(range(low, high + 1))
        return cycles

    with_durations(of, note)
    return found


def cases(of: SchedulingProblem, part: Fraction) -> Iterator[SchedulingProblem]:
    """Every point of the box."""
    for chosen in product(*box(of, part)):
        values = iter(chosen)
        yield with_durations(of, lambda _, __, v=values: next(v))  # type: ignore[misc]


def two_chains() -> SchedulingProblem:
    return problem(
        [operation("a", 2, reservations=on("tc", 2)), operation("b", 2, 2)],
        [dependence("a", "b", 2, handoff_cycles=1), dependence("b", "a", 2, distance=1)],
        machine(groups=3),
    )


def small_boxes() -> list[SchedulingProblem]:
    """Problems whose boxes of +-40 % have few points."""
    part = Fraction(2, 5)
    found = [two_chains()]
    for seed in range(400):
        of = random_problem(seed, 2)
        size = 1
        for values in box(of, part):
            size *= len(values)
        if 8 <= size <= 250:
            found.append(of)
        if len(found) == 12:
            break
    return found


@pytest.mark.parametrize("of", small_boxes(), ids=lambda of: of.name)
def test_the_worst_case_is_the_worst_of_every_case(of: SchedulingProblem) -> None:
    """Whether one schedule is kept, or one strategy, or the best is taken anew in each case."""
    answer = solved(of)
    if answer.schedule is None:
        return
    study = Study(answer, Asking())
    found = robustness(study, 40)
    held: list[int | None] = []
    best: list[int | None] = []
    for case in cases(of, Fraction(2, 5)):
        every = strategies(case)
        held.append(every.get(answer.schedule.partition))
        best.append(min((ii for ii in every.values() if ii is not None), default=None))
        if found.schedule is not None:
            assert violations(case, found.schedule) == ()
        if found.nominal_holds:
            assert violations(case, answer.schedule) == ()
    assert len(best) >= 8
    assert found.robust.upper == worst(best)
    assert found.held.upper == worst(held)


def worst(intervals: list[int | None]) -> int | None:
    """None, no schedule at all, is worse than any interval."""
    return None if None in intervals else max(ii for ii in intervals if ii is not None)


@pytest.mark.parametrize("seed", range(1, 40, 3))
def test_no_point_of_a_larger_box_is_worse(seed: int) -> None:
    answer = drawn(seed, 4)
    if answer is None:
        return
    found = robustness(Study(answer, Asking()), 30)
    assert found.robust.upper == least(all_times(answer.problem, Fraction(13, 10)))
    draw = Random(seed)
    for _ in range(6):
        case = random_times(answer.problem, Fraction(3, 10), draw)
        at = least(case)
        assert found.robust.upper is None or (at is not None and at <= found.robust.upper)


@pytest.mark.parametrize("seed", range(2, 60, 6))
def test_the_slack_is_the_last_tenth_at_which_the_schedule_holds(seed: int) -> None:
    answer = drawn(seed, 4)
    if answer is None or answer.schedule is None:
        return
    slack = slack_percent(answer.problem, answer.schedule)
    for tenth in range(0, 1001, 7):
        longer = all_times(answer.problem, 1 + Fraction(tenth, 1000))
        assert (violations(longer, answer.schedule) == ()) == (tenth / 10 <= slack)


def test_a_schedule_that_does_not_hold_in_the_box_is_refused() -> None:
    answer = solved(two_chains())
    assert answer.schedule is not None
    with pytest.raises(ScheduleViolation):
        check_box(answer.problem, Fraction(1, 10), answer.schedule)
    checked = check_box(answer.problem, Fraction(0), answer.schedule)
    assert checked == (2 + 2 * 2, 100)


def test_a_box_without_width_costs_nothing() -> None:
    answer = solved(two_chains())
    found = robustness(Study(answer, Asking()), 0)
    assert (found.robust.upper, found.price_percent, found.searches) == (
        answer.initiation_interval,
        0.0,
        0,
    )
    assert found.nominal_holds


def test_comparison_with_problems_that_are_not_below_gives_wrong_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What would happen if the check of domination let everything pass."""
    dear, cheap = all_times(two_chains(), Fraction(2)), two_chains()
    right = Solves(Asking(), Known())
    assert right.ask(dear).range.upper == 8
    assert right.ask(cheap).range.upper == 4
    monkeypatch.setattr(solves, "dominates", lambda more, less: True)
    wrong = Solves(Asking(), Known())
    assert wrong.ask(dear).range.upper == 8
    assert wrong.ask(cheap).range.upper == 8


@pytest.mark.parametrize("seed", range(5, 45, 4))
def test_what_is_settled_by_comparison_is_what_a_search_gives(seed: int) -> None:
    of = random_problem(seed, 4)
    asked = Solves(Asking(), Known())
    for tenths in (15, 10, 12, 5, 11, 20, 13):
        changed = all_times(of, Fraction(tenths, 10))
        fresh = Solves(Asking(), Known()).ask(changed).range
        found = asked.ask(changed).range
        assert (found.status, found.lower, found.upper) == (
            fresh.status,
            fresh.lower,
            fresh.upper,
        )
