"""A strategy is held by rules: schedules of it are accepted, schedules of another are not."""

import pytest

from twill.explaining import Asking
from twill.models.errors import Infeasible
from twill.sensitivity.solves import Known, Solves
from twill.sensitivity.strategy import strategy_of, with_strategy
from twill.solver.bounds import compute_bounds
from twill.solver.stage_bound import compute_stage_bound
from twill.solver.verifier import violations
from twill.tests.oracle.search import find_schedule
from twill.tests.support.placing import dependence, machine, operation, problem, schedule
from twill.tests.support.random_problems import random_problem


@pytest.mark.parametrize("seed", range(0, 80, 4))
def test_rules_hold_the_strategy_of_a_schedule(seed: int) -> None:
    of = random_problem(seed, 4)
    try:
        least = compute_bounds(of).minimum
    except Infeasible:
        return
    stages = compute_stage_bound(of, least).stages
    for interval in range(least, least + 4):
        found = find_schedule(of, interval, stages)
        if found is None:
            continue
        held = with_strategy(of, strategy_of(of, found))
        assert violations(held, found) == ()
        solved = Solves(Asking(), Known(), lambda _, held=held: held).ask(of)  # type: ignore[misc]
        assert solved.schedule is not None
        assert solved.schedule.partition == found.partition
        return


def test_another_strategy_breaks_the_rules() -> None:
    of = problem(
        [operation("load", variable_latency=True), *(operation(n) for n in "abc")],
        [dependence("load", "a")],
        machine(groups=4),
    )
    together = schedule(4, {"load": (0, 0), "a": (1, 1), "b": (2, 1), "c": (0, 2)})
    assert strategy_of(of, together) == (("a", "b"), ("c",))
    renamed = schedule(4, {"load": (0, 0), "a": (1, 3), "b": (2, 3), "c": (0, 1)})
    assert strategy_of(of, renamed) == strategy_of(of, together)
    held = with_strategy(of, strategy_of(of, together))
    assert violations(held, together) == violations(held, renamed) == ()
    apart = schedule(4, {"load": (0, 0), "a": (1, 1), "b": (2, 2), "c": (0, 2)})
    joined = schedule(4, {"load": (0, 0), "a": (1, 1), "b": (2, 1), "c": (3, 1)})
    for other in (apart, joined):
        assert violations(of, other) == ()
        assert {found.split()[0] for found in violations(held, other)} == {"C5"}
