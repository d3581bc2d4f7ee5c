import pytest

from twill.models.errors import Infeasible
from twill.solver.backends import check_schedule
from twill.solver.bounds import compute_bounds
from twill.solver.complete import complete_schedule
from twill.solver.monotone import is_monotone
from twill.solver.question import Limit, Question, Stop
from twill.solver.retiming import draw_together
from twill.solver.stage_bound import compute_stage_bound, largest_interval
from twill.tests.support.placing import dependence, machine, on, operation, problem
from twill.tests.support.random_problems import random_problem


def test_slack_is_drawn_out() -> None:
    chain = problem(
        [operation("a", 5, 5), operation("b", 5, 5, reservations=on("tc", 5))],
        [dependence("a", "b", 5), dependence("b", "a", 5, distance=1)],
    )
    loose = complete_schedule(chain, 30, {"a": 3, "b": 17}, {"a": 1, "b": 1})
    closer = draw_together(chain, loose, 1)
    assert closer is not None
    assert closer.initiation_interval == 10
    check_schedule(Question(chain, 10, 1), closer)


def test_nothing_is_gained_where_nothing_is_loose() -> None:
    alone = problem([operation("a", 7, 7)], on_machine=machine())
    tight = complete_schedule(alone, 7, {"a": 0}, {"a": 1})
    assert draw_together(alone, tight, 1) is None


def test_the_window_is_kept() -> None:
    """One stage holds an iteration of 12 cycles, whatever the units would allow."""
    late = problem([operation("a", 12, 1)], on_machine=machine())
    loose = complete_schedule(late, 20, {"a": 2}, {"a": 1})
    closer = draw_together(late, loose, 1)
    assert closer is not None
    assert closer.initiation_interval == 12


@pytest.mark.parametrize("seed", range(60))
def test_what_is_drawn_together_keeps_every_constraint(seed: int) -> None:
    from twill.solver.cp_sat.backend import solve

    drawn = random_problem(seed)
    try:
        minimum = compute_bounds(drawn).minimum
    except Infeasible:
        return
    if not is_monotone(drawn):
        return
    stages = compute_stage_bound(drawn, minimum).stages
    interval = min(largest_interval(drawn), 2 * minimum + 7)
    found = solve(Question(drawn, interval, stages), Limit(None, 1.0), Stop()).schedule
    closer = None if found is None else draw_together(drawn, found, stages)
    if closer is not None:
        assert minimum <= closer.initiation_interval < interval
        check_schedule(Question(drawn, closer.initiation_interval, stages), closer)
