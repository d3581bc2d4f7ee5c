from itertools import pairwise
from typing import Any

import pytest

from twill.models.problem import Buffer, Operation, RegisterFile, SchedulingProblem, Value
from twill.solver.monotone import is_monotone, monotone_relaxation
from twill.solver.stage_bound import EXACT_UP_TO, Components, compute_stage_bound, largest_interval
from twill.tests.support.placing import dependence, machine, memory, on, operation, problem

FILE = RegisterFile(step=8, least=24, most=240, base=40, pool=(240, 480, 720))


def chain(count: int, **more: Any) -> SchedulingProblem:
    names = [f"v{i}" for i in range(count)]
    links = [dependence(u, v, 10) for u, v in pairwise(names)]
    return problem([operation(name, 10, 0) for name in names], links, **more)


def test_without_storage_every_operation_is_a_component() -> None:
    bound = compute_stage_bound(chain(3), 4)
    assert (bound.components, bound.held_spread) == (3, 0)
    assert (bound.gap, bound.window) == (1 + 3, 1 + 3)
    assert bound.stages == bound.argued == 2 * 4 + 4
    assert bound.kind == "argued"


def test_a_buffer_holds_its_opener_its_source_and_its_readers() -> None:
    """Three copies fit: a reader is at most 4 stages after the opener, at distance 1 three."""
    held = problem(
        [operation(name, 10, 0) for name in "abcd"],
        [
            dependence("a", "b", 0),
            dependence("b", "c", 10, value="x"),
            dependence("b", "d", 10, distance=1, value="x"),
        ],
        machine(memories=(memory(100),)),
        values=(Value(name="x", source="b", buffer="tile"),),
        buffers=(Buffer(name="tile", memory="smem", size=30, opener="a"),),
    )
    bound = compute_stage_bound(held, 10)
    # Furthest apart are d, before the opener by one stage, and c, after it by four.
    assert (bound.components, bound.held_spread) == (1, 5)
    assert bound.argued == 5 + 0 + (1 + 1)


def test_registers_hold_only_where_the_machine_limits_them() -> None:
    value = Value(name="x", source="a", registers=50)
    parts = ([operation("a"), operation("b")], [dependence("a", "b", value="x")])
    free = problem(*parts, machine(), values=(value,))
    limited = problem(*parts, machine(registers=FILE), values=(value,))
    assert compute_stage_bound(free, 1).components == 2
    # 240 - 40 registers hold four copies.
    assert compute_stage_bound(limited, 1).held_spread == 5


def test_what_lies_between_held_operations_adds_nothing() -> None:
    """c reads what a and b made; b, of few registers, cannot leave the stages of a and c."""
    values = (
        Value(name="x", source="a", registers=200),
        Value(name="small", source="b", registers=1),
    )
    between = problem(
        [operation(name, 1, 0) for name in "abc"],
        [
            dependence("a", "c", value="x"),
            dependence("a", "b", value="x"),
            dependence("b", "c", value="small"),
        ],
        machine(registers=FILE),
        values=values,
    )
    assert compute_stage_bound(between, 1).held_spread == 2


def test_a_large_component_is_bounded_from_one_operation() -> None:
    many = [operation(f"v{i}", 1, 0) for i in range(EXACT_UP_TO + 1)]
    values = tuple(Value(name=f"x{i}", source=f"v{i}", registers=200) for i in range(EXACT_UP_TO))
    links = [
        dependence(f"v{i}", f"v{i + 1}", 1, value=f"x{i}", release="start")
        for i in range(EXACT_UP_TO)
    ]
    long = problem(many, links, machine(registers=FILE), values=values)
    assert compute_stage_bound(long, 1).held_spread == 2 * EXACT_UP_TO


def test_a_value_that_may_be_staged_counts_as_held_or_as_free() -> None:
    staged = problem(
        [operation(name, 10, 0) for name in "ab"],
        [dependence("a", "b", 10, value="x", staged_bytes=10, handoff_cycles=10)],
        machine(memories=(memory(50),), staging_memory="smem"),
        values=(Value(name="x", source="a"),),
    )
    # Held: five copies, so six stages. Free: a gap of three. The larger counts.
    assert compute_stage_bound(staged, 10).held_spread == 6
    assert compute_stage_bound(staged, 2).held_spread == 11


def test_overwriting_widens_the_gap_where_registers_are_not_limited() -> None:
    parts = (
        [operation("a"), operation("b", 30, 0), operation("c")],
        [
            dependence("a", "b", 1, distance=2, value="x"),
            dependence("a", "c", 1, distance=0, value="x", release="start"),
        ],
    )
    values = (Value(name="x", source="a", registers=1),)
    assert compute_stage_bound(problem(*parts, values=values), 10).gap == 1 + 3 + 2


def test_a_queue_widens_the_gap() -> None:
    queued = [operation("a", 25, 0, queue="tma"), operation("b", 5, 0)]
    bound = compute_stage_bound(problem(queued, [dependence("a", "b", 5, blocking=True)]), 10)
    assert bound.gap == 1 + 3


def test_the_rule_of_the_machine_is_told() -> None:
    ruled = compute_stage_bound(chain(3, on_machine=machine(most_stages=5)), 4)
    assert (ruled.stages, ruled.kind, ruled.argued) == (5, "rule", 12)
    loose = compute_stage_bound(chain(3, on_machine=machine(most_stages=12)), 4)
    assert (loose.stages, loose.kind) == (12, "argued")


def test_the_largest_interval_covers_every_window() -> None:
    one = problem(
        [
            operation("a", 10, 3, wait_cycles=4, reservations=on("tc", 6, offset=5)),
            operation("b", 0, 0),
        ],
        [dependence("a", "b", 7, handoff_cycles=2, send_cycles=1, receive_cycles=1)],
    )
    assert largest_interval(one) == 1 + (1 + 10 + 11 + 3 + 4) + 1 + (7 + 2 + 1 + 1)


def test_an_offset_leaves_the_class_and_the_relaxation_returns_to_it() -> None:
    shifted: Operation = operation("a", 9, reservations=on("tc", 2) + on("fma", 2, offset=5))
    outside = problem([shifted])
    assert not is_monotone(outside)
    inside = monotone_relaxation(outside)
    assert is_monotone(inside)
    assert [r.unit for r in inside.operations[0].reservations] == ["tc"]
    assert is_monotone(problem([operation("a", reservations=on("tc", 2))]))


@pytest.mark.parametrize(("pairs", "count"), [((), 4), (("ab", "cd"), 2), (("ab", "ba", "bc"), 2)])
def test_components_grow_coarser(pairs: tuple[str, ...], count: int) -> None:
    parts = Components("abcd")
    joined = [parts.join(*pair) for pair in pairs]
    assert parts.count == count == 4 - sum(joined)
    assert sorted("".join(sorted(part)) for part in parts.members()) == sorted(
        {4: ["a", "b", "c", "d"], 2: ["ab", "cd"] if "cd" in pairs else ["abc", "d"]}[count]
    )
