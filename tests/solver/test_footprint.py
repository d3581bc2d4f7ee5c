import pytest

from twill.models.errors import Infeasible
from twill.models.problem import Buffer, RegisterFile, SchedulingProblem, Value
from twill.solver.footprint import refuse_oversized
from twill.tests.support.placing import dependence, machine, memory, operation, problem


def two_tiles(sizes: tuple[int, int], allocation: str) -> SchedulingProblem:
    return problem(
        [operation("load", 5, 0), operation("use")],
        [dependence("load", "use", 5, value="x"), dependence("load", "use", 5, value="y")],
        machine(memories=(memory(100, allocation),)),
        values=(
            Value(name="x", source="load", buffer="left"),
            Value(name="y", source="load", buffer="right"),
        ),
        buffers=(
            Buffer(name="left", memory="smem", size=sizes[0], opener="load"),
            Buffer(name="right", memory="smem", size=sizes[1], opener="load"),
        ),
    )


def in_registers(registers: int, latency: int) -> SchedulingProblem:
    file = RegisterFile(step=8, least=24, most=240, base=40, pool=(240, 480))
    return problem(
        [operation("a", latency, 0), operation("b")],
        [dependence("a", "b", latency, value="x")],
        machine(registers=file),
        values=(Value(name="x", source="a", registers=registers),),
    )


def test_each_ring_needs_a_slot_at_least() -> None:
    refuse_oversized(two_tiles((60, 40), "ring"))
    with pytest.raises(Infeasible, match=r"one slot for each of left, right takes 101 bytes"):
        refuse_oversized(two_tiles((60, 41), "ring"))


def test_pooled_tiles_may_take_turns() -> None:
    refuse_oversized(two_tiles((60, 60), "pooled"))
    with pytest.raises(Infeasible, match="left takes 101 bytes of smem, which has 100"):
        refuse_oversized(two_tiles((101, 60), "pooled"))


def test_a_value_must_fit_the_registers_of_one_warp_group() -> None:
    refuse_oversized(in_registers(200, 5))
    refuse_oversized(in_registers(201, 0))
    with pytest.raises(Infeasible, match="x takes 201 registers per thread beside the 40"):
        refuse_oversized(in_registers(201, 5))
