"""Durations of a problem, changed; everything else stays."""

from fractions import Fraction
from random import Random

import pytest

from twill.analysis.durations import (
    OF_HANDOFF,
    all_times,
    of_fields,
    of_operation,
    one_apart,
    random_times,
    scaled,
    some_times,
    total_cycles,
)
from twill.analysis.problem_difference import differences
from twill.models.problem import SchedulingProblem
from twill.tests.support.placing import dependence, machine, on, operation, problem


def example() -> SchedulingProblem:
    return problem(
        [
            operation("a", 10, 4, wait_cycles=3, reservations=on("fma", 7, quantity=2, offset=1)),
            operation("b", 20),
        ],
        [
            dependence("a", "b", 12, handoff_cycles=9, send_cycles=5, receive_cycles=3),
            dependence("b", "b", 20, distance=1),
        ],
        machine(),
    )


def times(of: SchedulingProblem) -> list[int]:
    a, b = of.operations
    first, second = of.dependences
    (block,) = a.reservations
    assert (block.quantity, block.offset) == (2, 1)
    return [
        a.latency_cycles, a.issue_cycles, a.wait_cycles, block.cycles,
        b.latency_cycles, b.issue_cycles,
        first.latency_cycles, first.handoff_cycles, first.send_cycles, first.receive_cycles,
        second.latency_cycles,
    ]  # fmt: skip


def test_all_durations_are_rounded_outwards() -> None:
    assert times(example()) == [10, 4, 3, 7, 20, 1, 12, 9, 5, 3, 20]
    longest = all_times(example(), Fraction(11, 10))
    assert times(longest) == [11, 5, 4, 8, 22, 2, 14, 10, 6, 4, 22]
    shortest = all_times(example(), Fraction(9, 10), "down")
    assert times(shortest) == [9, 3, 2, 6, 18, 0, 10, 8, 4, 2, 18]


def test_what_holds_a_unit_holds_it_for_a_cycle() -> None:
    nothing = all_times(example(), Fraction(0), "down")
    assert times(nothing) == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]


def test_one_operation_takes_its_dependences_along() -> None:
    doubled = some_times(example(), of_operation("a"), Fraction(2))
    assert times(doubled) == [20, 8, 3, 14, 20, 1, 24, 9, 5, 3, 20]


def test_fields_of_all() -> None:
    assert times(some_times(example(), of_fields(*OF_HANDOFF), Fraction(2))) == [
        10, 4, 3, 7, 20, 1, 12, 18, 10, 6, 20,
    ]  # fmt: skip
    (moved,) = differences(example(), some_times(example(), of_fields("wait_cycles"), Fraction(2)))
    assert moved == "wait of a: 3 -> 6 (+100.0 %)"


def test_the_total_is_of_what_is_meant() -> None:
    assert total_cycles(example(), of_operation("a")) == 10 + 4 + 7 + 12
    assert total_cycles(example(), of_fields(*OF_HANDOFF)) == 9 + 5 + 3


def test_corners_and_points_lie_in_the_box() -> None:
    part = Fraction(1, 10)
    low, high = times(all_times(example(), 1 - part, "down")), times(all_times(example(), 1 + part))
    longer, shorter = (one_apart(example(), part, "a", is_longer=up) for up in (True, False))
    of_a = [0, 1, 2, 3, 6, 7, 8, 9]
    assert [t == h for t, h in zip(times(longer), high, strict=True)] == [
        i in of_a for i in range(11)
    ]
    assert [t == b for t, b in zip(times(shorter), low, strict=True)] == [
        i in of_a for i in range(11)
    ]
    draw = Random(3)
    drawn = [times(random_times(example(), part, draw)) for _ in range(200)]
    for column, least, most in zip(zip(*drawn, strict=True), low, high, strict=True):
        assert (min(column), max(column)) == (least, most)


@pytest.mark.parametrize(("cycles", "up", "down"), [(0, 0, 0), (1, 2, 1), (100, 101, 101)])
def test_rounding(cycles: int, up: int, down: int) -> None:
    factor = Fraction(101, 100)
    assert (scaled(cycles, factor), scaled(cycles, factor, "down")) == (up, down)


def test_symmetries_that_are_left_stay() -> None:
    of = problem([operation("a", 5), operation("b", 5)], symmetries=((("a", "b"),),))
    assert all_times(of, Fraction(2)).symmetries == of.symmetries
    assert some_times(of, of_operation("a"), Fraction(2)).symmetries == ()
