"""Ablations change what they say, and nothing else."""

from __future__ import annotations

import pytest

from twill.analysis.ablations import with_partition, with_warp_groups, without_crossing
from twill.models.errors import UsageError
from twill.models.problem import Dependence, Machine, Operation, SchedulingProblem, Value

PROBLEM = SchedulingProblem(
    name="three",
    machine=Machine(name="m", warp_groups=4),
    operations=(
        Operation(name="load", latency_cycles=3, variable_latency=True),
        Operation(name="left", latency_cycles=2),
        Operation(name="right", latency_cycles=2),
    ),
    values=(Value(name="tile", source="load"), Value(name="half", source="left")),
    dependences=(
        Dependence(source="load", target="left", latency_cycles=3, value="tile"),
        Dependence(source="left", target="right", latency_cycles=2, value="half"),
    ),
)


def test_fewer_groups() -> None:
    changed = with_warp_groups(PROBLEM, 2)
    assert changed.machine.warp_groups == 2
    assert changed.operations == PROBLEM.operations


def test_no_crossing_holds_values_together_but_not_those_of_the_producer() -> None:
    rules = without_crossing(PROBLEM).rules
    assert [(rule.kind, rule.operations) for rule in rules] == [("together", ("left", "right"))]


def test_a_partition_separates_its_groups() -> None:
    rules = with_partition(PROBLEM, [["left"], ["right"]]).rules
    assert [(rule.kind, rule.operations) for rule in rules] == [("apart", ("left", "right"))]
    rules = with_partition(PROBLEM, [["left", "right"]]).rules
    assert [(rule.kind, rule.operations) for rule in rules] == [("together", ("left", "right"))]


@pytest.mark.parametrize("groups", [[["left"]], [["left", "right"], ["left"]], [["left", "x"]]])
def test_what_is_no_partition_is_refused(groups: list[list[str]]) -> None:
    with pytest.raises(UsageError, match="not a partition"):
        with_partition(PROBLEM, groups)
