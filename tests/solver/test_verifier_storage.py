"""C7: schedules that break memories alone, and which copies count as live."""

import pytest

from twill.models.problem import Buffer, Memory, SchedulingProblem, Value
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
from twill.tests.support.straight_line import straight_line_peak


def buffered(
    of_memory: Memory, size: int = 10, distance: int = 0, latency: int = 2
) -> SchedulingProblem:
    """`a` writes a buffer that `b` reads, `latency` cycles each."""
    return problem(
        [operation("a", latency), operation("b", latency)],
        [dependence("a", "b", latency, distance, value="x")],
        machine(memories=(of_memory,)),
        values=(Value(name="x", source="a", buffer="X"),),
        buffers=(Buffer(name="X", memory="smem", size=size, opener="a"),),
    )


def reading_at(cycle: int, **rings: int) -> Schedule:
    return schedule(8, {"a": (0, 1), "b": (cycle, 1)}, rings)


class TestRings:
    @pytest.mark.parametrize(
        ("cycle", "depth", "found"),
        [(6, 1, []), (7, 1, ["C7"]), (7, 2, []), (14, 2, []), (15, 2, ["C7"]), (4, 2, [])],
    )
    def test_a_slot_is_free_when_it_is_taken_again(
        self, cycle: int, depth: int, found: list[str]
    ) -> None:
        assert families(buffered(memory(100)), reading_at(cycle, X=depth)) == found

    def test_rings_fit_the_memory(self) -> None:
        assert families(buffered(memory(20)), reading_at(15, X=3)) == ["C7"]
        assert violations(buffered(memory(29)), reading_at(15, X=3)) == (
            "C7 smem over capacity (30 of 29): 3 x 10 X",
        )
        assert families(buffered(memory(30)), reading_at(15, X=3)) == []

    def test_a_ring_deeper_than_needed_must_fit_too(self) -> None:
        assert families(buffered(memory(20)), reading_at(4, X=2)) == []
        assert families(buffered(memory(20)), reading_at(4, X=3)) == ["C7"]

    def test_resident_tiles_take_their_part(self) -> None:
        resident = Memory(name="smem", capacity=20, resident=1)
        assert families(buffered(resident), reading_at(4, X=2)) == ["C7"]

    def test_every_depth_is_stated_once_and_nothing_else(self) -> None:
        of = buffered(memory(100))
        assert violations(of, reading_at(4)) == ("C7 X: no depth is stated",)
        assert violations(of, reading_at(4, X=1, Y=1)) == (
            "C7 Y: a depth is stated, and nothing is kept there",
        )
        once = reading_at(4, X=1)
        twice = once.model_copy(update={"rings": once.rings * 2})
        assert families(of, twice) == ["C7"]

    def test_a_buffer_is_held_from_its_opener_to_the_last_reader_of_any_value(self) -> None:
        """`a` opens, `b` adds to it in place, `c` reads what `b` left."""
        of = problem(
            [operation(n, 2) for n in "abc"],
            [
                dependence("a", "b", 2, value="x", release="start"),
                dependence("b", "c", 2, value="y"),
            ],
            machine(memories=(memory(10),)),
            values=(
                Value(name="x", source="a", buffer="X"),
                Value(name="y", source="b", buffer="X"),
            ),
            buffers=(Buffer(name="X", memory="smem", size=10, opener="a"),),
        )
        for last, found in ((7, []), (8, ["C7"])):
            cycles = {"a": (1, 1), "b": (3, 1), "c": (last, 1)}
            assert families(of, schedule(8, cycles, {"X": 1})) == found

    def test_an_accumulator_taken_over_in_place_needs_one_slot(self) -> None:
        of = problem(
            [operation("a", 5)],
            [dependence("a", "a", 5, distance=1, value="x", release="start")],
            machine(memories=(memory(10),)),
            values=(Value(name="x", source="a", buffer="X"),),
            buffers=(Buffer(name="X", memory="smem", size=10, opener="a"),),
        )
        assert families(of, schedule(5, {"a": (3, 1)}, {"X": 1})) == []


class TestStaging:
    def of(self, capacity: int, allocation: str = "ring") -> SchedulingProblem:
        """`x` is read by `b` (8 bytes staged) and `c` (12 bytes staged)."""
        return problem(
            [operation(n, 2) for n in "abc"],
            [
                dependence("a", "b", 2, value="x", staged_bytes=8),
                dependence("a", "c", 2, value="x", staged_bytes=12),
            ],
            machine(memories=(memory(capacity, allocation),), staging_memory="smem"),
            values=(Value(name="x", source="a"),),
        )

    def placed(self, c: int, group_of_b: int, depth: int | None = None) -> Schedule:
        stated = {} if depth is None else {"staged(x)": depth}
        return schedule(8, {"a": (0, 1), "b": (3, group_of_b), "c": (c, 1)}, stated)

    def test_what_stays_in_its_group_is_not_staged(self) -> None:
        assert families(self.of(0), self.placed(13, 1)) == []
        assert families(self.of(99), self.placed(13, 1, depth=1)) == ["C7"]

    def test_the_largest_reader_counts_whether_or_not_it_crosses(self) -> None:
        assert families(self.of(12), self.placed(5, 2, depth=1)) == []
        assert families(self.of(11), self.placed(5, 2, depth=1)) == ["C7"]

    def test_the_last_reader_counts_whether_or_not_it_crosses(self) -> None:
        assert families(self.of(24), self.placed(13, 2, depth=1)) == ["C7"]
        assert families(self.of(24), self.placed(13, 2, depth=2)) == []
        assert families(self.of(23), self.placed(13, 2, depth=2)) == ["C7"]
        assert families(self.of(24), self.placed(13, 2)) == ["C7"]

    def test_a_pool_counts_live_copies(self) -> None:
        assert families(self.of(24, "pooled"), self.placed(13, 2, depth=2)) == []
        assert violations(self.of(23, "pooled"), self.placed(13, 2, depth=2)) == (
            "C7 smem over capacity at slot 0 (24 of 23): staged(x)",
        )


class TestModularLiveness:
    def carried(self, capacity: int) -> SchedulingProblem:
        """`s` reads this iteration's `b` and the previous iteration's `a` (the paper's example)."""
        return problem(
            [operation(n, 1, 0) for n in "abs"],
            [
                dependence("a", "b", value="x"),
                dependence("a", "s", distance=1, value="x"),
                dependence("b", "s", value="y"),
            ],
            machine(memories=(memory(capacity, "pooled"),)),
            values=(
                Value(name="x", source="a", buffer="X"),
                Value(name="y", source="b", buffer="Y"),
            ),
            buffers=(
                Buffer(name="X", memory="smem", size=32, opener="a"),
                Buffer(name="Y", memory="smem", size=16, opener="b"),
            ),
        )

    placed = schedule(5, {"a": (0, 1), "b": (1, 1), "s": (4, 1)}, {"X": 2, "Y": 1})

    def test_a_live_in_of_the_previous_iteration_counts(self) -> None:
        of = self.carried(64)
        assert straight_line_peak(of, self.placed) == 48
        assert violations(of, self.placed) == ("C7 smem over capacity at slot 1 (80 of 64): X, Y",)
        assert families(self.carried(79), self.placed) == ["C7"]
        assert families(self.carried(80), self.placed) == []

    @pytest.mark.parametrize(("capacity", "found"), [(3, ["C7"]), (4, [])])
    def test_a_distance_of_two_keeps_as_many_more_alive(
        self, capacity: int, found: list[str]
    ) -> None:
        of = buffered(memory(capacity, "pooled"), size=1, distance=2, latency=1)
        placed = schedule(2, {"a": (0, 1), "b": (3, 1)}, {"X": 4})
        assert straight_line_peak(of, placed) == 2
        assert families(of, placed) == found

    @pytest.mark.parametrize(("allocation", "found"), [("pooled", []), ("ring", ["C7"])])
    def test_a_pool_takes_lives_that_rings_cannot(self, allocation: str, found: list[str]) -> None:
        """Two lives of half an interval share one place; as rings each has its own."""
        of = problem(
            [operation(n, 2) for n in "abcd"],
            [dependence("a", "b", 2, value="x"), dependence("c", "d", 2, value="y")],
            machine(memories=(memory(10, allocation),)),
            values=(
                Value(name="x", source="a", buffer="X"),
                Value(name="y", source="c", buffer="Y"),
            ),
            buffers=(
                Buffer(name="X", memory="smem", size=6, opener="a"),
                Buffer(name="Y", memory="smem", size=6, opener="c"),
            ),
        )
        cycles = {"a": (0, 1), "b": (2, 1), "c": (4, 1), "d": (6, 1)}
        assert families(of, schedule(8, cycles, {"X": 1, "Y": 1})) == found
