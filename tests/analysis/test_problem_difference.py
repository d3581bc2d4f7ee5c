"""Every field of a problem that can move is told, with its numbers."""

from typing import Any

import pytest

from twill.analysis.problem_difference import differences, same_meaning
from twill.models.problem import (
    Buffer,
    LegalityRule,
    RegisterFile,
    SchedulingProblem,
    Value,
)
from twill.tests.support.placing import dependence, machine, memory, on, operation, problem


def base(**changes: Any) -> SchedulingProblem:
    fields: dict[str, Any] = {
        "operations": [
            operation("a", 10, reservations=on("tc", 8)),
            operation("b", 10, reservations=on("tc", 8)),
        ],
        "dependences": [dependence("a", "b", 10, value="x")],
        "on_machine": machine(memories=(memory(1024),), registers=RegisterFile(pool=(240, 480))),
        "values": (Value(name="x", source="a", registers=8, buffer="ring"),),
        "buffers": (Buffer(name="ring", memory="smem", size=64, opener="a"),),
    }
    fields |= changes
    operations, dependences = fields.pop("operations"), fields.pop("dependences")
    return problem(operations, dependences, fields.pop("on_machine"), **fields)


def slower(cycles: int, held: int) -> list[Any]:
    return [operation(name, cycles, reservations=on("tc", held)) for name in ("a", "b")]


CASES: list[tuple[dict[str, Any], list[str]]] = [
    (
        {"operations": slower(11, 8)},
        ["latency of a, b: 10 -> 11 (+10.0 %)"],
    ),
    (
        {"operations": slower(10, 9)},
        ["work on tc of a, b: 8 -> 9 (+12.5 %)"],
    ),
    (
        {
            "operations": [
                operation("a", 10, reservations=on("tc", 8, offset=1)),
                operation("b", 10, reservations=on("tc", 8)),
            ]
        },
        ["reservation of tc of a: [(1, 8, 0)] -> [(1, 8, 1)]"],
    ),
    (
        {"operations": [*slower(10, 8), operation("c")]},
        ["operation added: c"],
    ),
    (
        {"dependences": [dependence("a", "b", 12, value="x", blocking=True)]},
        [
            "latency of dependence a -> b of x: 10 -> 12 (+20.0 %)",
            "blocking of dependence a -> b of x: False -> True",
        ],
    ),
    (
        {"dependences": [dependence("a", "b", 10, value="x"), dependence("b", "a", 1, distance=1)]},
        ["dependence added: b -> a (1 before)"],
    ),
    (
        {"on_machine": machine(2, memories=(memory(1024),), registers=RegisterFile(pool=(240,)))},
        [
            "warp groups of the machine: 3 -> 2 (-33.3 %)",
            "pool of the registers: (240, 480) -> (240,)",
        ],
    ),
    (
        {"on_machine": machine(memories=(memory(2048),))},
        ["capacity of memory smem: 1,024 -> 2,048 (+100.0 %)", "registers are no longer limited"],
    ),
    (
        {"values": (Value(name="x", source="a", registers=12, buffer="ring"),)},
        ["registers of value x: 8 -> 12 (+50.0 %)"],
    ),
    (
        {"buffers": (Buffer(name="ring", memory="smem", size=128, opener="a"),)},
        ["size of buffer ring: 64 -> 128 (+100.0 %)"],
    ),
    (
        {"rules": (LegalityRule(rule="pair/1", kind="together", operations=("a", "b")),)},
        ["rule pair/1 added: together a, b"],
    ),
    ({"notes": ("half of it",)}, ["choice of the model added: half of it"]),
]


@pytest.mark.parametrize(("changes", "sentences"), CASES)
def test_what_moved_is_told(changes: dict[str, Any], sentences: list[str]) -> None:
    assert list(differences(base(), base(**changes))) == sentences
    assert not same_meaning(base(), base(**changes))


def test_what_appeared_disappears_the_other_way() -> None:
    more = base(operations=[*slower(10, 8), operation("c"), operation("d")])
    assert differences(more, base()) == ("operations removed: c, d",)


def test_words_and_lines_are_no_difference() -> None:
    worded = [
        operation("a", 10, reservations=on("tc", 8), line=7, summary="first"),
        operation("b", 10, reservations=on("tc", 8)),
    ]
    assert differences(base(), base(operations=worded)) == ()
    assert same_meaning(base(), base(operations=worded))
    assert base() != base(operations=worded)
