"""Budgets, ring depths and group numbers, against counts made by hand and slot by slot."""

from hypothesis import given
from hypothesis import strategies as st

from twill.models.problem import (
    Buffer,
    Dependence,
    Machine,
    Memory,
    Operation,
    RegisterFile,
    SchedulingProblem,
    Value,
)
from twill.solver.complete import complete_schedule, peak_usage

REGISTERS = RegisterFile(step=8, least=24, most=240, base=10, pool=(240, 480))


def chain(**reader: object) -> SchedulingProblem:
    """Load -> use: a buffer of 100 bytes, and 50 registers of the use that it reads itself."""
    return SchedulingProblem(
        name="chain",
        machine=Machine(
            name="m",
            memories=(Memory(name="smem", capacity=1000),),
            staging_memory="smem",
            warp_groups=4,
            registers=REGISTERS,
        ),
        operations=(
            Operation(name="load", latency_cycles=7, variable_latency=True, warps=1),
            Operation(name="use", latency_cycles=5),
            Operation(name="last", latency_cycles=2),
        ),
        values=(
            Value(name="tile", source="load", buffer="ring"),
            Value(name="sum", source="use", registers=50),
        ),
        buffers=(Buffer(name="ring", memory="smem", size=100, opener="load"),),
        dependences=(
            Dependence(source="load", target="use", latency_cycles=7, value="tile"),
            Dependence.model_validate(
                {"source": "use", "target": "last", "latency_cycles": 5, "value": "sum"} | reader
            ),
        ),
    )


def test_groups_are_numbered_by_first_operation() -> None:
    schedule = complete_schedule(
        chain(), 10, {"load": 0, "use": 7, "last": 12}, {"load": 0, "use": 3, "last": 1}
    )
    assert [p.warp_group for p in schedule.placements] == [0, 1, 2]
    assert [b.warp_group for b in schedule.budgets] == [0, 1, 2]


def test_ring_depth_is_the_life_over_the_interval_rounded_up() -> None:
    cycles, groups = {"load": 0, "use": 8, "last": 13}, {"load": 0, "use": 1, "last": 1}
    for interval, depth in ((13, 1), (12, 2), (7, 2), (6, 3)):  # the use is over at cycle 13
        rings = complete_schedule(chain(), interval, cycles, groups).rings
        assert [(ring.buffer, ring.depth) for ring in rings] == [("ring", depth)]


def test_a_budget_counts_the_copies_of_the_fullest_slot() -> None:
    cycles, groups = {"load": 0, "use": 7, "last": 12}, {"load": 0, "use": 1, "last": 1}
    for interval, budget in ((7, 64), (6, 112), (3, 160)):  # the sum lives 7 cycles
        budgets = complete_schedule(chain(), interval, cycles, groups).budgets
        assert [b.registers_per_thread for b in budgets] == [0, budget]


def test_a_value_that_crosses_is_staged_and_charged_on_both_sides() -> None:
    problem = chain(staged_bytes=60, received_registers=40)
    cycles = {"load": 0, "use": 7, "last": 12}
    apart = complete_schedule(problem, 20, cycles, {"load": 0, "use": 1, "last": 2})
    assert [(r.buffer, r.depth) for r in apart.rings] == [("ring", 1), ("staged(sum)", 1)]
    assert [b.registers_per_thread for b in apart.budgets] == [0, 64, 56]
    together = complete_schedule(problem, 20, cycles, {"load": 0, "use": 1, "last": 1})
    assert [r.buffer for r in together.rings] == ["ring"]
    assert [b.registers_per_thread for b in together.budgets] == [0, 64]


def test_a_machine_without_registers_has_empty_budgets() -> None:
    problem = chain()
    machine = problem.machine.model_copy(update={"registers": None})
    schedule = complete_schedule(
        problem.model_copy(update={"machine": machine}),
        9,
        {"load": 0, "use": 7, "last": 12},
        {"load": 0, "use": 1, "last": 1},
    )
    assert [b.registers_per_thread for b in schedule.budgets] == [0, 0]


LIVES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30), st.integers(0, 9)), max_size=6)


@given(LIVES, st.integers(1, 12))
def test_the_peak_is_the_fullest_of_all_slots(
    lives: list[tuple[int, int, int]], interval: int
) -> None:
    spans = [(start, start + cycles, held) for start, cycles, held in lives]
    usage = [0] * interval
    for start, end, held in spans:
        for cycle in range(start, end):
            usage[cycle % interval] += held
    assert peak_usage(spans, interval) == max(usage)
