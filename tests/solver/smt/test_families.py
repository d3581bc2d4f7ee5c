"""For each family, a problem that is infeasible with all families and feasible without it."""

from collections.abc import Callable

import pytest

from twill.models.problem import (
    Buffer,
    LegalityRule,
    RegisterFile,
    SchedulingProblem,
    Value,
)
from twill.solver.question import Limit, Question, Stop, Verdict
from twill.solver.smt.asking import Patience, ask
from twill.solver.smt.model import EVERYTHING
from twill.tests.support.placing import dependence, machine, memory, on, operation, problem

Case = tuple[SchedulingProblem, int, int]
"""A problem, an initiation interval and a number of stages."""


def verdict(case: Case, without: str = "") -> Verdict:
    found, _ = ask(Question(*case), Patience(Limit(), Stop()), EVERYTHING - {without})
    return found


def circuit_of_nine() -> Case:
    """C1. Latency 9 and distance 2 need II 5."""
    links = [dependence("a", "b", 5), dependence("b", "a", 4, distance=2)]
    return problem([operation("a", 4), operation("b", 3)], links), 4, 9


def chain_beyond_the_window() -> Case:
    """C1. Three results of 4 cycles after each other do not fit 11 cycles."""
    links = [dependence("a", "b", 4), dependence("b", "c", 4)]
    return problem([operation(n, 4, 0) for n in "abc"], links), 11, 1


def three_quarters_twice() -> Case:
    """C2. Quantities 3 and 3 of 4 exclude each other: 4 + 4 cycles in 7."""
    blocks = [operation(n, 1, 0, reservations=on("fma", 4, quantity=3)) for n in "ab"]
    return problem(blocks), 7, 2


def copies_of_itself() -> Case:
    """C2. A reservation of 7 cycles holds 2 everywhere and 1 more in one slot of three."""
    blocks = [operation("a", 1, 0, reservations=on("fma", 7, quantity=2))]
    return problem(blocks), 3, 2


def around_the_period() -> Case:
    """C2. From offset 4, 3 cycles meet a block of 3 that a circuit keeps 4 to 6 cycles later."""
    blocks = [
        operation("a", 1, 0, reservations=on("tc", 3, offset=4)),
        operation("b", 1, 0, reservations=on("tc", 3)),
    ]
    links = [dependence("a", "b", 4), dependence("b", "a", 2, distance=1)]
    return problem(blocks, links), 8, 3


def issue_of_a_whole_period() -> Case:
    """C3. One group issues 4 cycles and 1 in 4."""
    return problem([operation("a", 4, 4), operation("b", 1, 1)], (), machine(2)), 4, 2


def wait_in_a_full_stream() -> Case:
    """C4. Two operations of 3 issue cycles, and 1 of waiting, in 6."""
    operations = [operation("a", 3, 3), operation("b", 3, 3, wait_cycles=1)]
    return problem(operations, [dependence("a", "b", 3, blocking=True)], machine(2)), 6, 2


def queue_of_two() -> Case:
    """C4. A wait for the younger operation of a queue lasts until the older one is over."""
    operations = [
        operation("older", 8, 0, queue="q"),
        operation("younger", 1, 0, queue="q"),
        operation("reader", 1, 0),
    ]
    links = [
        dependence("older", "younger", 0),
        dependence("younger", "reader", 1, blocking=True),
        dependence("reader", "older", 0, distance=1),
    ]
    return problem(operations, links, machine(2)), 7, 2


def no_group_for_consumers() -> Case:
    """C5. Group 0 is the only one, and only variable latency sits there."""
    return problem([operation("a")], (), machine(1)), 4, 1


def apart_in_one_group() -> Case:
    """C5. Two operations that a rule keeps apart, and one group for them."""
    rule = LegalityRule(rule="apart/1", kind="apart", operations=("a", "b"))
    return problem([operation(n) for n in "ab"], (), machine(2), rules=(rule,)), 9, 1


def late_handoff() -> Case:
    """C6. The producer's result needs 3 cycles more in the other group, and the window has 2."""
    operations = [operation("load", 2, variable_latency=True), operation("use", 2)]
    return problem(operations, [dependence("load", "use", 2, handoff_cycles=3)]), 6, 1


def two_receives() -> Case:
    """C6. Two values are received in 2 cycles each, and 2 are issued, in 5."""
    loads = [operation(n, 1, 0, variable_latency=True) for n in "xy"]
    links = [dependence(n, "use", 1, receive_cycles=2) for n in "xy"]
    return problem([*loads, operation("use", 1, 2)], links), 5, 3


def dearest_send() -> Case:
    """C6. A value sent to two readers costs what the dearer costs; 4 + 2 cycles in 5."""
    operations = [operation("load", 1, 2, variable_latency=True), operation("a"), operation("b")]
    links = [
        dependence("load", "a", 1, value="x", send_cycles=4),
        dependence("load", "b", 1, value="x", send_cycles=1),
    ]
    return problem(operations, links, values=(Value(name="x", source="load"),)), 5, 3


def tile(capacity: int, allocation: str, latency: int = 4) -> SchedulingProblem:
    """A tile of 8 units, held while it is written and read: twice the latency at least."""
    return problem(
        [operation("write", latency, 0), operation("read", latency, 0)],
        [dependence("write", "read", latency, value="x")],
        machine(2, memories=(memory(capacity, allocation),)),
        values=(Value(name="x", source="write", buffer="tile"),),
        buffers=(Buffer(name="tile", memory="smem", size=8, opener="write"),),
    )


def staged_value() -> Case:
    """C7. What crosses from the producer is staged, for 6 cycles, in room for one copy at II 5."""
    operations = [operation("load", 3, 0, variable_latency=True), operation("use", 3, 0)]
    small = machine(2, memories=(memory(15, "pooled"),), staging_memory="smem")
    link = dependence("load", "use", 3, value="x", staged_bytes=8)
    return problem(operations, [link], small, values=(Value(name="x", source="load"),)), 5, 3


def live_values(registers: int, **file: object) -> SchedulingProblem:
    """A value that is live for 6 cycles, in a group of its own."""
    stated = {"step": 8, "least": 16, "most": 32, "pool": (32, 64)} | file
    return problem(
        [operation("make", 3, 0), operation("use", 3, 0)],
        [dependence("make", "use", 3, value="x")],
        machine(2, registers=RegisterFile.model_validate(stated)),
        values=(Value(name="x", source="make", registers=registers),),
    )


def received_value() -> Case:
    """C8. What the consumer receives takes more than a budget."""
    operations = [operation("load", 1, 0, variable_latency=True), operation("use", 3, 0)]
    file = RegisterFile(step=8, least=16, most=32, pool=(32, 64))
    link = dependence("load", "use", 1, received_registers=33)
    return problem(operations, [link], machine(2, registers=file)), 4, 2


def too_many_groups() -> Case:
    """C8. A producer of one warp and a consumer are two aligned groups, and one fits."""
    operations = [operation("load", 1, 0, warps=1, variable_latency=True), operation("use")]
    file = RegisterFile(step=8, least=16, most=32, pool=(64,))
    return problem(operations, (), machine(2, registers=file)), 4, 1


def storage_taken_over() -> Case:
    """C9. The reader in place follows the other one, of 3 cycles, in a window of 4."""
    operations = [operation("a", 1, 0), operation("reader", 3, 0), operation("over", 1, 0)]
    links = [
        dependence("a", "reader", 1, value="x"),
        dependence("a", "over", 1, value="x", release="start"),
    ]
    return problem(operations, links, values=(Value(name="x", source="a", registers=1),)), 4, 1


CASES: dict[str, list[Callable[[], Case]]] = {
    "C1": [circuit_of_nine, chain_beyond_the_window],
    "C2": [three_quarters_twice, copies_of_itself, around_the_period],
    "C3": [issue_of_a_whole_period],
    "C4": [wait_in_a_full_stream, queue_of_two],
    "C5": [no_group_for_consumers, apart_in_one_group],
    "C6": [late_handoff, two_receives, dearest_send],
    "C7": [
        lambda: (tile(15, "pooled"), 7, 3),
        lambda: (tile(15, "ring"), 7, 3),
        lambda: (tile(7, "ring"), 99, 1),
        staged_value,
    ],
    "C8": [
        lambda: (live_values(20), 5, 3),
        lambda: (live_values(10, base=30), 9, 3),
        lambda: (live_values(4, pool=(8, 8)), 9, 3),
        lambda: (live_values(17, pool=(23, 23)), 9, 3),
        received_value,
        too_many_groups,
    ],
    "C9": [storage_taken_over],
}


@pytest.mark.parametrize(
    ("family", "case"), [(family, make()) for family, makes in CASES.items() for make in makes]
)
def test_one_family_excludes_every_schedule(family: str, case: Case) -> None:
    assert verdict(case) is Verdict.INFEASIBLE
    assert verdict(case, without=family) is Verdict.FEASIBLE


@pytest.mark.parametrize(
    "case",
    [
        (circuit_of_nine()[0], 5, 9),
        (chain_beyond_the_window()[0], 12, 1),
        (three_quarters_twice()[0], 8, 2),
        (copies_of_itself()[0], 4, 2),
        (around_the_period()[0], 9, 3),
        (issue_of_a_whole_period()[0], 5, 2),
        (wait_in_a_full_stream()[0], 7, 2),
        (queue_of_two()[0], 8, 2),
        (late_handoff()[0], 7, 1),
        (two_receives()[0], 6, 3),
        (dearest_send()[0], 6, 3),
        (tile(15, "pooled"), 8, 3),
        (tile(15, "ring"), 8, 3),
        (tile(16, "pooled"), 7, 3),
        (tile(16, "ring"), 7, 3),
        (staged_value()[0], 6, 3),
        (live_values(20), 6, 3),
        (live_values(16), 5, 3),
        (live_values(17, pool=(24, 24)), 9, 3),
        (storage_taken_over()[0], 5, 1),
    ],
)
def test_one_step_further_a_schedule_exists(case: Case) -> None:
    assert verdict(case) is Verdict.FEASIBLE


def test_every_family_has_a_case() -> None:
    assert list(CASES) == [f"C{number}" for number in range(1, 10)]
