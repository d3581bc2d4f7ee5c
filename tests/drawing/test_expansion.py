"""The expansion of a schedule, and lanes without overlaps."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twill.drawing.expansion import expand, lanes, steady_window, unit_blocks
from twill.models.errors import UsageError
from twill.models.problem import SchedulingProblem
from twill.models.schedule import Schedule


def test_every_iteration_issues_every_operation_once(
    problem: SchedulingProblem, schedule: Schedule
) -> None:
    expansion = expand(problem, schedule)
    assert (expansion.stages, expansion.iterations) == (3, 4)
    issued = {(i.operation.name, i.iteration): i.issue_cycle for i in expansion.instances}
    assert len(issued) == len(expansion.instances) == 16
    assert issued["o", 0] == 26
    assert issued["o", 3] == 26 + 3 * 12


def test_phases_meet_and_end_with_the_last_result(
    problem: SchedulingProblem, schedule: Schedule
) -> None:
    expansion = expand(problem, schedule)
    assert expansion.phases == (
        ("prologue", 0, 24),
        ("steady state", 24, 48),
        ("epilogue", 48, 26 + 36 + 6),
    )


def test_a_period_of_the_steady_state_issues_every_operation_once(
    problem: SchedulingProblem, schedule: Schedule
) -> None:
    window = steady_window(problem, schedule)
    issued = [(i.operation.name, i.iteration, i.issue_cycle) for i in window]
    assert [entry for entry in issued if 0 <= entry[2] < 12] == [
        ("load", 0, 0),
        ("o", -2, 2),
        ("p", -1, 3),
        ("s", 0, 10),
    ]
    assert ("s", -1, -2) in issued  # in flight from before


def test_unit_blocks_carry_quantities(problem: SchedulingProblem, schedule: Schedule) -> None:
    blocks = unit_blocks(expand(problem, schedule, steady_periods=1).instances)
    first = next(block for block in blocks if block.unit == "mufu")
    assert (first.quantity, first.start, first.end) == (12, 15, 19)


def test_what_cannot_be_seen_is_not_drawn(problem: SchedulingProblem, schedule: Schedule) -> None:
    with pytest.raises(UsageError, match="to draw"):
        expand(problem, schedule, steady_periods=10_000)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 10)), max_size=40))
def test_lanes_hold_everything_and_nothing_overlaps(spans: list[tuple[int, int]]) -> None:
    given_spans = [(start, start + length, n) for n, (start, length) in enumerate(spans)]
    laid = lanes(given_spans)
    assert sorted(span for lane in laid for span in lane) == sorted(given_spans)
    for lane in laid:
        assert all(before[1] <= after[0] for before, after in itertools.pairwise(lane))
    busiest = max(
        (sum(s <= cycle < e for s, e, _ in given_spans) for cycle in range(51)), default=0
    )
    assert len(laid) == busiest
