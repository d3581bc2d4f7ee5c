"""For every family a problem that has a schedule exactly when the family is left out."""

from collections.abc import Callable

import pytest

from twill.models.problem import (
    Buffer,
    LegalityRule,
    Machine,
    RegisterFile,
    SchedulingProblem,
    Value,
)
from twill.solver.cp_sat.model import FAMILIES, IMPLIED, Family, build_model
from twill.solver.cp_sat.search import Deadline, run
from twill.solver.question import Limit, Question, Stop
from twill.tests.support.placing import (
    dependence,
    machine,
    memory,
    on,
    operation,
    problem,
)

Case = tuple[SchedulingProblem, int, int]
"""A problem, an initiation interval and a number of stages."""


def is_feasible(case: Case, without: str = "") -> bool:
    """Whether a schedule exists; `without` leaves out a family and what it implies."""
    families = [f for f in FAMILIES if not _is_of(f, without)]
    implied = [f for f in IMPLIED if not (without in ("C3", "C4") and _is_of(f, "C4i"))]
    variables = build_model(Question(*case), families, implied)
    if variables is None:
        return False
    found = run(variables, Deadline.of(Limit()), Stop())
    assert found.proved
    return found.schedule is not None


def _is_of(family: Family, number: str) -> bool:
    return (family.__doc__ or "").startswith(f"{number}.")


def late_result() -> Case:
    """C1: a result of 5 cycles is read within 5 cycles."""
    return problem([operation("a", 1), operation("b", 1)], [dependence("a", "b", 5)]), 5, 1


def slow_recurrence() -> Case:
    """C1: a circuit of latency 7 and distance 2, at II 3."""
    circuit = [dependence("a", "b", 4), dependence("b", "a", 3, distance=2)]
    return problem([operation("a"), operation("b")], circuit), 3, 9


def full_unit() -> Case:
    """C2: three reservations of 2 cycles, 5 slots."""
    blocks = [operation(n, reservations=on("tc", 2)) for n in "abc"]
    return problem(blocks, on_machine=machine(4)), 5, 2


def long_reservation() -> Case:
    """C2: 9 cycles of quantity 2 hold 4 in every fourth slot, and 1 more is wanted everywhere."""
    blocks = [
        operation("a", reservations=on("fma", 5, quantity=2)),
        operation("b", reservations=on("fma", 4)),
    ]
    return problem(blocks), 4, 3


def distant_reservation() -> Case:
    """C2: 2 cycles from offset 3 on meet 4 cycles from the issue on, wherever, at II 5."""
    blocks = [
        operation("a", reservations=on("tc", 2, offset=3)),
        operation("b", reservations=on("tc", 4)),
    ]
    return problem(blocks), 5, 4


def crowded_stream() -> Case:
    """C3: one group issues 3 + 3 cycles in 5."""
    return problem([operation("a", 1, 3), operation("b", 1, 3)], on_machine=machine(2)), 5, 3


def long_issue() -> Case:
    """C3: an operation issues for longer than II."""
    return problem([operation("a", 9, 6)]), 5, 3


def costly_wait() -> Case:
    """C4a: 2 issue cycles each and 2 of wait before one of them, in 5."""
    operations = [operation("a", 4, 2), operation("b", 1, 2, wait_cycles=2)]
    link = [dependence("a", "b", 4, blocking=True)]
    return problem(operations, link, machine(2)), 5, 3


def young_queue() -> Case:
    """C4b: a wait for the short operation of a queue is one for the long operation before it."""
    operations = [
        operation("long", 9, 1, queue="q"),
        operation("short", 1, 1, queue="q"),
        operation("reader", 1, 1),
    ]
    links = [
        dependence("long", "short", 1),
        dependence("short", "reader", 1, blocking=True),
        dependence("reader", "long", 1, distance=1),
    ]
    return problem(operations, links, machine(2)), 9, 2


def five_narrow_groups() -> Case:
    """C5c: five one-warp operations of which no two may share a group."""
    names = tuple("abcde")
    rule = LegalityRule(rule="alone/1", kind="apart", operations=names)
    return problem([operation(n, warps=1) for n in names], (), machine(6), rules=(rule,)), 9, 1


def slow_handoff() -> Case:
    """C6: the result of the producer is handed over too late for the window."""
    operations = [operation("load", 1, variable_latency=True), operation("use", 1)]
    return problem(operations, [dependence("load", "use", 1, handoff_cycles=4)]), 5, 1


def costly_send() -> Case:
    """C6: a value is sent once, for 3 cycles, and a token for 2: 1 + 3 + 2 cycles in 5."""
    operations = [operation("load", 1, 1, variable_latency=True), operation("use"), operation("b")]
    links = [
        dependence("load", "use", 1, value="x", send_cycles=3),
        dependence("load", "b", 1, value="x", send_cycles=2),
        dependence("load", "use", 1, send_cycles=2),
    ]
    return problem(operations, links, values=(Value(name="x", source="load"),)), 5, 5


def costly_receive() -> Case:
    """C6: two values are received for 2 cycles each before 2 issue cycles, in 5."""
    operations = [operation(n, 1, 1, variable_latency=True) for n in "ab"]
    links = [dependence(n, "use", 1, receive_cycles=2) for n in "ab"]
    return problem([*operations, operation("use", 1, 2)], links), 5, 5


def buffered(capacity: int, allocation: str) -> SchedulingProblem:
    """A tile of 10 is held 6 cycles and more, and so is a second one."""
    operations = [operation(n, 3, 0) for n in ("a", "ra", "b", "rb")]
    links = [dependence("a", "ra", 3, value="x"), dependence("b", "rb", 3, value="y")]
    return problem(
        operations,
        links,
        machine(2, memories=(memory(capacity, allocation),)),
        values=(
            Value(name="x", source="a", buffer="left"),
            Value(name="y", source="b", buffer="right"),
        ),
        buffers=(
            Buffer(name="left", memory="smem", size=10, opener="a"),
            Buffer(name="right", memory="smem", size=10, opener="b"),
        ),
    )


def staged_tile() -> Case:
    """C7: a value that must cross is staged, and there is no room."""
    operations = [operation("load", 1, variable_latency=True), operation("use")]
    link = [dependence("load", "use", 1, value="x", staged_bytes=20)]
    small = machine(2, memories=(memory(19),), staging_memory="smem")
    return problem(operations, link, small, values=(Value(name="x", source="load"),)), 5, 2


def with_registers(**file: object) -> Machine:
    stated = {"step": 8, "least": 24, "most": 64, "pool": (64, 128)} | file
    return machine(2, registers=RegisterFile.model_validate(stated))


def accumulators(file: Machine) -> SchedulingProblem:
    """Two values of 40 registers that are never dead."""
    names = ("a", "b")
    return problem(
        [operation(n, 1, 0) for n in names],
        [dependence(n, n, 1, distance=1, value=f"{n}.sum", release="start") for n in names],
        file,
        values=tuple(Value(name=f"{n}.sum", source=n, registers=40) for n in names),
    )


def large_base() -> Case:
    """C8: 40 registers and a base of 30 exceed a budget of 64."""
    one = accumulators(with_registers(base=30))
    only = [one.operations[:1], one.dependences[:1], one.values[:1]]
    kept = dict(zip(("operations", "dependences", "values"), only, strict=True))
    return one.model_copy(update=kept), 4, 2


def received_operand() -> Case:
    """C8: an operand of 70 registers is received by a group whose budget is 64."""
    operations = [operation("load", 1, variable_latency=True), operation("use", 3)]
    link = [dependence("load", "use", 1, received_registers=70)]
    return problem(operations, link, with_registers()), 4, 3


def small_pool() -> Case:
    """C8: two groups in use take 24 each of 40."""
    operations = [operation("load", 1, variable_latency=True), operation("use")]
    return problem(operations, (), with_registers(pool=(64, 40))), 4, 1


def early_overwrite() -> Case:
    """C9: the storage of a is taken over by c in the cycle in which b begins to read it."""
    operations = [operation("a", 1, 0), operation("b", 4, 0), operation("c", 1, 0)]
    links = [
        dependence("a", "b", 1, value="x"),
        dependence("a", "c", 1, value="x", release="start"),
    ]
    held = {
        "values": (Value(name="x", source="a", buffer="tile"),),
        "buffers": (Buffer(name="tile", memory="smem", size=1, opener="a"),),
    }
    return problem(operations, links, machine(2, memories=(memory(99),)), **held), 5, 1


CASES: dict[str, list[Callable[[], Case]]] = {
    "C1": [late_result, slow_recurrence],
    "C2": [full_unit, long_reservation, distant_reservation],
    "C3": [crowded_stream, long_issue],
    "C4": [costly_wait, young_queue],
    "C5": [five_narrow_groups],
    "C6": [slow_handoff, costly_send, costly_receive],
    "C7": [
        lambda: (buffered(19, "ring"), 6, 2),
        lambda: (buffered(19, "pooled"), 6, 2),
        lambda: (buffered(20, "ring"), 5, 4),
        staged_tile,
    ],
    "C8": [
        lambda: (accumulators(with_registers()), 4, 3),
        large_base,
        received_operand,
        small_pool,
    ],
    "C9": [early_overwrite],
}


@pytest.mark.parametrize(
    ("number", "case"), [(number, make()) for number, makes in CASES.items() for make in makes]
)
def test_a_family_alone_excludes_every_schedule(number: str, case: Case) -> None:
    assert not is_feasible(case)
    assert is_feasible(case, without=number)


def test_the_families_are_numbered_in_order() -> None:
    assert [(f.__doc__ or "").split(".")[0] for f in FAMILIES] == [f"C{n}" for n in range(1, 10)]


@pytest.mark.parametrize(
    "case",
    [
        (late_result()[0], 6, 1),
        (slow_recurrence()[0], 4, 9),
        (full_unit()[0], 6, 2),
        (long_reservation()[0], 5, 3),
        (distant_reservation()[0], 6, 4),
        (crowded_stream()[0], 6, 3),
        (long_issue()[0], 6, 3),
        (costly_wait()[0], 6, 3),
        (young_queue()[0], 11, 2),
        (slow_handoff()[0], 6, 1),
        (costly_send()[0], 6, 5),
        (costly_receive()[0], 6, 5),
        (buffered(20, "ring"), 6, 2),
        (buffered(20, "pooled"), 6, 2),
        (buffered(40, "ring"), 5, 4),
        (early_overwrite()[0], 6, 1),
    ],
)
def test_one_cycle_or_one_unit_more_admits_a_schedule(case: Case) -> None:
    assert is_feasible(case)


def test_pooled_lives_that_do_not_meet_share_the_memory() -> None:
    """Two lives of 6 cycles fit 10 units within 12 cycles, one after the other; rings need 20."""
    assert is_feasible((buffered(10, "pooled"), 12, 2))
    assert not is_feasible((buffered(10, "pooled"), 11, 9))
    assert not is_feasible((buffered(19, "ring"), 12, 9))


def test_zero_length_blocks_may_share_a_slot() -> None:
    """Operations without issue cycles stand at one slot, and not inside a longer block."""
    zero = [operation(n, 1, 0) for n in "ab"]
    assert is_feasible((problem(zero, (), machine(2)), 1, 1))
    assert is_feasible((problem([*zero, operation("c", 1, 1)], (), machine(2)), 1, 1))
    waiting = [operation("a", 1, 0), operation("b", 1, 0, wait_cycles=1)]
    link = [dependence("a", "b", 0, distance=1, blocking=True)]
    assert is_feasible((problem(waiting, link, machine(2)), 1, 2))
