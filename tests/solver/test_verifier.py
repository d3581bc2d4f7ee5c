"""For every family that speaks of time, units and groups: a schedule that breaks it alone."""

import pytest

from twill.models.errors import ScheduleViolation
from twill.models.problem import LegalityRule, SchedulingProblem, Value
from twill.models.schedule import Schedule
from twill.solver.verifier import FAMILIES, verify_schedule, violations
from twill.tests.support.placing import (
    dependence,
    families,
    machine,
    on,
    operation,
    problem,
    schedule,
)


def two(first: int, second: int, interval: int = 8, groups: tuple[int, int] = (1, 1)) -> Schedule:
    return schedule(interval, {"a": (first, groups[0]), "b": (second, groups[1])})


def test_the_running_example_of_the_paper() -> None:
    operations = [
        operation(n, issue=0, reservations=on(u, 1)) for n, u in (("s", "tc"), ("o", "tc"))
    ]
    operations.insert(1, operation("p", issue=0, reservations=on("fma", 1, quantity=4)))
    chain = [dependence("s", "p"), dependence("p", "o"), dependence("o", "o", distance=1)]
    of = problem(operations, chain)
    assert violations(of, schedule(2, {"s": (0, 1), "p": (1, 1), "o": (3, 1)})) == ()
    assert violations(of, schedule(2, {"s": (0, 1), "p": (1, 1), "o": (2, 1)})) == (
        "C2 tc over capacity at slot 0 (2 of 1): o, s",
    )


class TestForm:
    of = problem([operation("a"), operation("b")])

    def test_every_operation_is_placed(self) -> None:
        assert violations(self.of, schedule(8, {"a": (0, 1)})) == ("form b is placed 0 times",)

    def test_no_operation_is_placed_twice(self) -> None:
        once = two(0, 4)
        twice = once.model_copy(update={"placements": (*once.placements, once.placements[0])})
        assert families(self.of, twice) == ["form"]

    def test_no_stranger_is_placed(self) -> None:
        assert families(self.of, schedule(8, {"a": (0, 1), "b": (4, 1), "c": (6, 1)})) == ["form"]

    def test_a_schedule_too_deep_to_lay_out_is_refused(self) -> None:
        assert families(self.of, schedule(2, {"a": (0, 1), "b": (1_000_001, 1)})) == ["form"]

    def test_violations_are_raised_together(self) -> None:
        of = problem([operation("a", 4), operation("b")], [dependence("a", "b", 4)])
        with pytest.raises(ScheduleViolation) as caught:
            verify_schedule(of, two(0, 0))
        assert [v.split()[0] for v in caught.value.violations] == ["C1", "C3"]

    def test_a_good_schedule_raises_nothing(self) -> None:
        verify_schedule(self.of, two(0, 4))

    def test_every_family_is_named(self) -> None:
        assert list(FAMILIES) == ["form", "window", *(f"C{n}" for n in range(1, 10))]


class TestWindow:
    of = problem([operation("a", 4), operation("b")], on_machine=machine(most_stages=2))

    @pytest.mark.parametrize(("cycle", "found"), [(12, []), (13, ["window"]), (16, ["window"])])
    def test_an_iteration_is_over_within_the_stages_of_the_machine(
        self, cycle: int, found: list[str]
    ) -> None:
        assert families(self.of, two(cycle, 1)) == found


class TestDependence:
    def test_a_result_is_ready(self) -> None:
        of = problem([operation("a"), operation("b")], [dependence("a", "b", 4)])
        assert violations(of, two(1, 5)) == ()
        assert violations(of, two(1, 4)) == ("C1 a -> b: issues at 4, ready at 5",)

    def test_a_distance_counts_intervals(self) -> None:
        of = problem([operation("a"), operation("b")], [dependence("a", "b", 4, distance=2)])
        assert violations(of, two(16, 4)) == ()
        assert violations(of, two(16, 3)) == ("C1 a -> b: issues at 19, ready at 20",)

    def test_a_recurrence_fits_the_interval(self) -> None:
        of = problem([operation("a")], [dependence("a", "a", 9, distance=1)])
        assert families(of, schedule(9, {"a": (0, 1)})) == []
        assert families(of, schedule(8, {"a": (0, 1)})) == ["C1"]


class TestFunctionalUnits:
    def test_two_reservations_do_not_meet_modulo_the_interval(self) -> None:
        of = problem([operation(n, reservations=on("tc", 3)) for n in "ab"])
        assert violations(of, two(0, 11, groups=(1, 2))) == ()
        assert violations(of, two(0, 10, groups=(1, 2))) == (
            "C2 tc over capacity at slot 2 (2 of 1): a, b",
        )
        assert violations(of, two(6, 8, groups=(1, 2))) == (
            "C2 tc over capacity at slot 0 (2 of 1): a, b",
        )

    def test_quantities_add_up(self) -> None:
        of = problem([operation(n, reservations=on("fma", 4, quantity=3)) for n in "ab"])
        assert violations(of, two(0, 3, groups=(1, 2))) == (
            "C2 fma over capacity at slot 3 (6 of 4): a, b",
        )

    def test_a_reservation_longer_than_the_interval_meets_itself(self) -> None:
        of = problem([operation("a", reservations=on("fma", 17, quantity=2))])
        assert families(of, schedule(9, {"a": (0, 1)})) == []
        assert violations(of, schedule(8, {"a": (5, 1)})) == (
            "C2 fma over capacity at slot 5 (6 of 4): a",
        )

    def test_an_offset_moves_the_reservation(self) -> None:
        late = operation("a", reservations=on("tc", 2, offset=4))
        of = problem([late, operation("b", reservations=on("tc", 2))])
        assert families(of, two(0, 2)) == []
        assert families(of, two(0, 5)) == ["C2"]


class TestIssueStreams:
    of = problem([operation("a", 3, 3), operation("b", 2, 2)])

    @pytest.mark.parametrize(("first", "second"), [(0, 2), (0, 7), (7, 9), (5, 23), (16, 24)])
    def test_blocks_meet_modulo_the_interval(self, first: int, second: int) -> None:
        assert families(self.of, two(first, second)) == ["C3"]
        assert families(self.of, two(first, second, groups=(1, 2))) == []

    @pytest.mark.parametrize(("first", "second"), [(0, 3), (0, 6), (7, 10), (7, 5), (3, 17)])
    def test_blocks_may_touch(self, first: int, second: int) -> None:
        assert families(self.of, two(first, second)) == []

    def test_one_block_is_no_longer_than_the_interval(self) -> None:
        of = problem([operation("a", 9, 9)])
        assert families(of, schedule(9, {"a": (4, 1)})) == []
        assert violations(of, schedule(8, {"a": (4, 1)})) == (
            "C3 a and its next issue at once in warp group 1 at slot 4",
        )

    @pytest.mark.parametrize(("second", "found"), [(2, ["C3"]), (3, []), (6, []), (7, []), (8, [])])
    def test_an_operation_without_issue_cycles_waits_its_turn(
        self, second: int, found: list[str]
    ) -> None:
        of = problem([operation("a", 3, 3), operation("b", 1, 0)])
        assert families(of, two(0, second)) == found


class TestBlockingWaits:
    of = problem(
        [operation("a", 4, 1), operation("b", 2, 2, wait_cycles=2), operation("c", 1, 1)],
        [dependence("a", "b", 4, blocking=True)],
    )

    def placed(self, cycle: int, interval: int = 8) -> list[str]:
        return families(self.of, schedule(interval, {"a": (0, 1), "b": (4, 1), "c": (cycle, 1)}))

    def test_nothing_issues_during_a_wait(self) -> None:
        assert [cycle for cycle in range(1, 8) if not self.placed(cycle)] == [1, 6, 7]
        assert self.placed(2) == self.placed(3) == self.placed(10) == ["C4"]
        assert self.placed(5) == ["C3"]

    def test_a_wait_and_its_operation_fit_the_interval(self) -> None:
        of = problem(
            [operation("a", 0, 0), operation("b", 2, 2, wait_cycles=2)],
            [dependence("a", "b", 0, blocking=True)],
        )
        assert families(of, two(0, 2, interval=4, groups=(1, 2))) == []
        assert families(of, two(0, 2, interval=3, groups=(1, 2))) == ["C4"]

    def test_there_is_no_wait_without_a_blocking_dependence(self) -> None:
        of = problem([operation("a", 1, 1), operation("b", 2, 2, wait_cycles=2)])
        assert families(of, two(0, 1)) == []

    @pytest.mark.parametrize(("older", "found"), [(0, ["C4"]), (2, []), (7, ["C4"]), (8, ["C4"])])
    def test_a_queue_retires_oldest_first(self, older: int, found: list[str]) -> None:
        """`a` issues at 1 and is waited for at 4; `o` takes 7 cycles in the same queue."""
        of = problem(
            [operation(n, latency, 0, queue="mma") for n, latency in (("a", 2), ("o", 7))]
            + [operation("v")],
            [dependence("a", "v", 2, blocking=True)],
        )
        assert families(of, schedule(8, {"a": (1, 1), "o": (older, 1), "v": (4, 1)})) == found
        assert families(of, schedule(8, {"a": (1, 1), "o": (older, 2), "v": (4, 1)})) == []


class TestWarpGroupLegality:
    @pytest.mark.parametrize(
        ("groups", "found"), [((0, 1), 0), ((1, 2), 1), ((0, 0), 1), ((1, 0), 2), ((0, 3), 1)]
    )
    def test_variable_latency_sits_alone_in_group_0(
        self, groups: tuple[int, int], found: int
    ) -> None:
        of = problem([operation("a", variable_latency=True), operation("b")])
        assert families(of, two(0, 4, groups=groups)) == ["C5"] * found

    @pytest.mark.parametrize(("kind", "legal"), [("together", (1, 1)), ("apart", (1, 2))])
    def test_named_rules_hold(self, kind: str, legal: tuple[int, int]) -> None:
        rule = LegalityRule.model_validate(
            {"rule": "one/1", "kind": kind, "operations": ("a", "b")}
        )
        of = problem([operation("a"), operation("b")], rules=(rule,))
        for groups in ((1, 1), (1, 2)):
            found = violations(of, two(0, 4, groups=groups))
            assert found == () if groups == legal else found[0].startswith("C5 one/1:")

    @pytest.mark.parametrize(("narrow", "found"), [(4, []), (5, ["C5"])])
    def test_one_warp_groups_share_128_threads(self, narrow: int, found: list[str]) -> None:
        names = [f"a{i}" for i in range(narrow)]
        of = problem([operation(n, warps=1) for n in names], on_machine=machine(groups=8))
        placed = schedule(8, {name: (0, i + 1) for i, name in enumerate(names)})
        assert families(of, placed) == found


class TestCrossing:
    def test_a_hand_off_takes_longer(self) -> None:
        of = problem([operation("a"), operation("b")], [dependence("a", "b", 2, handoff_cycles=3)])
        assert families(of, two(0, 2)) == []
        assert families(of, two(0, 5, groups=(1, 2))) == []
        assert violations(of, two(0, 4, groups=(1, 2))) == (
            "C6 a -> b: issues at 4, handed over at 5",
        )

    def test_a_hand_off_across_iterations_takes_longer(self) -> None:
        """A pointer chase: distance 1 in a schedule of one stage (the paper drops this row)."""
        of = problem(
            [operation("y", issue=0, variable_latency=True), operation("x", issue=0)],
            [
                dependence("y", "x", handoff_cycles=2),
                dependence("x", "y", distance=1, handoff_cycles=3),
            ],
        )
        assert violations(of, schedule(4, {"y": (0, 0), "x": (3, 1)})) == (
            "C6 x -> y: issues at 4, handed over at 7",
        )
        assert families(of, schedule(6, {"y": (0, 0), "x": (3, 1)})) == ["C6"]
        assert families(of, schedule(7, {"y": (0, 0), "x": (3, 1)})) == []

    def of(self, **cost: int) -> SchedulingProblem:
        return problem(
            [operation(n) for n in ("a", "b", "c", "d")],
            [dependence("a", "b", **cost), dependence("a", "d", **cost)],
        )

    def placed(self, of: SchedulingProblem, c: int, b: int = 2, group: int = 2) -> list[str]:
        cycles = {"a": (1, 1), "b": (b, group), "c": (c, 1), "d": (b + 3, group)}
        return families(of, schedule(8, cycles))

    def test_sending_takes_issue_cycles_after_the_source(self) -> None:
        of = self.of(send_cycles=2)
        assert [c for c in range(8) if not self.placed(of, c)] == [0, 4, 5, 6, 7]
        assert self.placed(of, 2) == self.placed(of, 3) == ["C6"]
        assert self.placed(of, 1) == ["C3"]

    def test_sending_costs_nothing_within_a_group(self) -> None:
        of = self.of(send_cycles=2)
        assert self.placed(of, 2, b=3, group=1) == []

    def test_receiving_takes_issue_cycles_before_the_target(self) -> None:
        received = dependence("a", "b", receive_cycles=2)
        of = problem([operation("a"), operation("b"), operation("c")], [received])

        def placed(c: int, group: int) -> list[str]:
            return families(of, schedule(8, {"a": (0, 1), "b": (4, group), "c": (c, group)}))

        assert [c for c in range(8) if not placed(c, 2)] == [0, 1, 5, 6, 7]
        assert placed(2, 2) == placed(3, 2) == ["C6"]
        assert placed(2, 1) == []

    def test_each_value_is_sent_once_however_many_read_it(self) -> None:
        values = (Value(name="x", source="a"), Value(name="y", source="a"))
        reading = (("b", "x"), ("c", "x"), ("b", "y"))
        reads = [dependence("a", to, value=value, send_cycles=2) for to, value in reading]
        of = problem([operation(n) for n in "abcd"], reads, values=values)
        cycles = {"a": (0, 1), "b": (2, 2), "c": (3, 2)}
        assert families(of, schedule(8, {**cycles, "d": (5, 1)})) == []
        assert families(of, schedule(8, {**cycles, "d": (4, 1)})) == ["C6"]
