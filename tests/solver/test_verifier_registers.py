"""C8 and C9: a schedule that breaks registers alone, and one that overwrites what is still read."""

import pytest

from twill.models.problem import Buffer, RegisterFile, SchedulingProblem, Value
from twill.models.schedule import Schedule
from twill.solver.verifier import violations
from twill.tests.support.placing import (
    dependence,
    families,
    machine,
    memory,
    operation,
    problem,
    schedule,
)

FILE = RegisterFile(step=8, least=24, most=64, base=10, pool=(64, 96, 120))


def in_registers(registers: RegisterFile | None = FILE) -> SchedulingProblem:
    """`x`, 12 registers from issue of `a` to the end of `b`, 2 cycles each."""
    return problem(
        [operation("a", 2), operation("b", 2)],
        [dependence("a", "b", 2, value="x")],
        machine(groups=6, registers=registers),
        values=(Value(name="x", source="a", registers=12),),
    )


def placed(b: int, budgets: dict[int, int], groups: tuple[int, int] = (1, 1)) -> Schedule:
    return schedule(8, {"a": (0, groups[0]), "b": (b, groups[1])}, budgets=budgets)


class TestLiveValues:
    @pytest.mark.parametrize(
        ("cycle", "budget", "found"),
        [(6, 24, []), (7, 24, ["C8"]), (7, 40, []), (14, 40, []), (15, 40, ["C8"]), (15, 48, [])],
    )
    def test_copies_of_all_iterations_count(
        self, cycle: int, budget: int, found: list[str]
    ) -> None:
        assert families(in_registers(), placed(cycle, {1: budget})) == found

    def test_who_holds_them_is_told(self) -> None:
        assert violations(in_registers(), placed(7, {1: 24})) == (
            "C8 warp group 1 over its budget at slot 0 (34 of 24): base, x",
        )

    def test_a_value_taken_over_in_place_counts_once(self) -> None:
        of = problem(
            [operation("a", 5)],
            [dependence("a", "a", 5, distance=1, value="x", release="start")],
            machine(registers=FILE),
            values=(Value(name="x", source="a", registers=54),),
        )
        assert families(of, schedule(5, {"a": (3, 1)}, budgets={1: 64})) == []

    def test_what_is_received_counts_where_it_is_used(self) -> None:
        of = problem(
            [operation("a", 2), operation("b", 3)],
            [dependence("a", "b", 2, received_registers=15)],
            machine(registers=FILE),
        )
        assert families(of, placed(4, {1: 24})) == []
        assert families(of, placed(4, {1: 24, 2: 32}, groups=(1, 2))) == []
        assert violations(of, placed(4, {1: 24, 2: 24}, groups=(1, 2))) == (
            "C8 warp group 2 over its budget at slot 4 (25 of 24): base, a received by b",
        )


class TestBudgets:
    @pytest.mark.parametrize("budget", [0, 16, 25, 72])
    def test_a_budget_is_a_step_between_least_and_most(self, budget: int) -> None:
        roomy = RegisterFile(step=8, least=24, most=64, pool=(240,))
        found = violations(in_registers(roomy), placed(4, {1: budget}))
        assert found[0] == f"C8 warp group 1: {budget} is none of 24, 32 ... 64"

    def test_every_group_of_four_warps_states_one(self) -> None:
        assert violations(in_registers(), placed(4, {})) == (
            "C8 warp group 1: no budget is stated",
        )
        once = placed(4, {1: 24})
        twice = once.model_copy(update={"budgets": once.budgets * 2})
        assert families(in_registers(), twice) == ["C8"]

    def test_no_other_group_does(self) -> None:
        assert families(in_registers(), placed(4, {1: 24, 2: 0})) == []
        assert families(in_registers(), placed(4, {1: 24, 2: 24})) == ["C8"]

    def test_there_is_none_where_registers_are_not_limited(self) -> None:
        assert families(in_registers(None), placed(4, {1: 0})) == []
        assert families(in_registers(None), placed(4, {1: 24})) == ["C8"]

    @pytest.mark.parametrize(("second", "found"), [(32, []), (40, ["C8"])])
    def test_budgets_fit_the_block(self, second: int, found: list[str]) -> None:
        assert families(in_registers(), placed(4, {1: 64, 2: second}, groups=(1, 2))) == found

    @pytest.mark.parametrize(("budget", "found"), [(72 - 16, []), (64, ["C8"])])
    def test_one_warp_groups_take_one_smallest_budget(self, budget: int, found: list[str]) -> None:
        """64 + 24 exceeds a pool of 80 for two aligned warp groups; 56 + 24 does not."""
        of = problem(
            [operation("a", 2), operation("b", 2, warps=1), operation("c", 2, warps=1)],
            on_machine=machine(
                groups=4, registers=FILE.model_copy(update={"pool": (64, 80, 80, 80)})
            ),
        )
        cycles = {"a": (0, 1), "b": (0, 2), "c": (0, 3)}
        assert families(of, schedule(8, cycles, budgets={1: budget})) == found

    @pytest.mark.parametrize(("fit", "found"), [(2, []), (1, ["C8"])])
    def test_so_many_aligned_groups_fit_a_block(self, fit: int, found: list[str]) -> None:
        registers = RegisterFile(step=8, least=24, most=64, pool=(240,) * fit)
        proposed = placed(4, {1: 24, 2: 24}, groups=(1, 2))
        assert families(in_registers(registers), proposed) == found


class TestWriteAfterRead:
    def of(self, **kept: int | str) -> SchedulingProblem:
        """`w` takes `x` over in place in the next iteration; `v` reads it too, for 4 cycles."""
        buffers = (Buffer(name="X", memory="smem", size=1, opener="u"),) if "buffer" in kept else ()
        return problem(
            [operation("u", 1), operation("v", 4), operation("w", 1)],
            [
                dependence("u", "v", value="x"),
                dependence("u", "w", distance=1, value="x", release="start"),
            ],
            machine(groups=4, memories=(memory(9),)),
            values=(Value.model_validate({"name": "x", "source": "u", **kept}),),
            buffers=buffers,
        )

    @pytest.mark.parametrize(
        ("kept", "rings"), [({"registers": 8}, {}), ({"buffer": "X"}, {"X": 2})]
    )
    @pytest.mark.parametrize(("v", "found"), [(4, []), (5, ["C9"])])
    def test_other_readers_are_done_before(
        self, kept: dict[str, int | str], rings: dict[str, int], v: int, found: list[str]
    ) -> None:
        proposed = schedule(5, {"u": (0, 1), "v": (v, 2), "w": (3, 1)}, rings)
        assert families(self.of(**kept), proposed) == found

    def test_the_sentence_names_both(self) -> None:
        proposed = schedule(5, {"u": (0, 1), "v": (5, 2), "w": (3, 1)})
        assert violations(self.of(registers=8), proposed) == (
            "C9 w overwrites x at 8, v reads it until 9",
        )

    def test_what_is_kept_nowhere_is_not_overwritten(self) -> None:
        assert families(self.of(), schedule(5, {"u": (0, 1), "v": (9, 2), "w": (3, 1)})) == []
