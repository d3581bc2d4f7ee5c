"""What roles with Tensor Memory should do, event by event, and the work that is surely there."""

from __future__ import annotations

import pytest

from twill.emitter.expected_event import Expected
from twill.emitter.row_work import work_of
from twill.emitter.tensor_order import expected_events
from twill.models.errors import ProgramViolation
from twill.models.warp_expression import Expression, NumberValue, Rounded
from twill.models.warp_program import Fragment, Role
from twill.models.warp_step import Assign, ReduceColumns, WaitCopies
from twill.tests.emitter.machine.programs import apply, read
from twill.tests.support.emissions import role_of, warp_program


def said(name: str, role: str) -> list[str]:
    program = warp_program(name, "b200")
    return [event.said for event in expected_events(program, role_of(program, role))]


def test_events_of_a_warp_that_copies_and_of_one_that_multiplies() -> None:
    assert said("grouped_gemm", "producer") == [
        "begin", "TRYWAIT of a_tile.empty", "ARRIVE of a_tile.full", "UTMALDG 2D of a_tile",
        "UTMALDG 3D of b_tile",
    ]  # fmt: skip
    assert said("grouped_gemm", "issuer-1") == [
        "begin", "TRYWAIT of a_tile.full", *["UTCHMMA gdesc onto of acc"] * 4,
        "UTCBAR of a_tile.empty",
    ]  # fmt: skip


def test_events_and_work_of_attention() -> None:
    program = warp_program("flash_attention_forward", "b200")
    events = expected_events(program, role_of(program, "compute-1"))
    product = [e.said for e in events if e.operation == "s[0]"]
    assert product == [
        "TRYWAIT of k_tile.full", "TRYWAIT of acc[0].over", "UTCHMMA gdesc over of s[0]",
        *["UTCHMMA gdesc onto of s[0]"] * 7, "UTCBAR of k_tile.empty", "UTCBAR of s[0].over",
        "BAR.ARV 0x1 0x100 of turn_1",
    ]  # fmt: skip
    maximum = [e for e in events if e.operation == "alpha[0]"]
    assert [(e.said, e.place) for e in maximum[1:5]] == [
        ("LDTM x32 of s[0]", column) for column in (0, 32, 64, 96)
    ]
    assert [(e.name, dict(e.work)) for e in maximum[5:]] == [
        ("boundary", {"FMNMX": 127}), ("STS x1", {}), ("ARRIVE", {}),
    ]  # fmt: skip
    chain = [e for e in events if e.operation == "p[0]"]
    assert chain == [
        Expected("p[0]", "LDS", work={"MUFU.EX2": 128, "FFMA": 255, "F2FP": 64}),
        Expected("p[0]", "STTM x64", 0, "s[0]"),
        Expected("p[0]", "FENCE.VIEW.ASYNC.T"),
    ]


def test_a_step_that_nobody_knows_in_machine_code_is_refused() -> None:
    program = warp_program("gemm", "b200")
    role = role_of(program, "producer")
    role = role.model_copy(update={"steady": (*role.steady, WaitCopies())})
    with pytest.raises(ProgramViolation, match="producer: wait_copies: it is not known"):
        expected_events(program, role)


ROLE = Role(
    name="compute", first_warp=0, warps=4, registers=240, operations=(), stages=1,
    fragments=(
        Fragment(name="x", layout="matrix", rows=128, columns=64, spread="rows"),
        Fragment(name="y", layout="matrix", rows=128, columns=64, spread="rows"),
        Fragment(name="p", layout="operand", rows=128, columns=64, dtype="bf16", spread="rows"),
        Fragment(name="q", layout="operand", rows=128, columns=64, dtype="bf16", spread="rows"),
        Fragment(name="r", layout="rows", rows=128, spread="rows"),
    ),
)  # fmt: skip


def number(value: float) -> Expression:
    return NumberValue(value=value)


@pytest.mark.parametrize(
    ("target", "value", "expected"),
    [
        ("x", apply("multiply", read("x"), read("r")), {"FFMA": 64}),
        ("x", apply("add", apply("multiply", read("x"), read("y")), read("r")), {"FFMA": 64}),
        ("x", apply("multiply", read("x"), number(-1)), {}),  # a sign
        ("x", apply("add", read("x"), number(0)), {}),
        ("x", apply("maximum", read("x"), read("y")), {}),
        ("x", apply("exp2", apply("multiply", read("r"), read("r"))), {"MUFU.EX2": 64}),
        ("x", apply("tanh", read("x")), {"MUFU.TANH": 64}),
        ("r", apply("exp2", read("r")), {}),
        ("p", Rounded(dtype="bf16", operand=read("x")), {"F2FP": 32}),
        ("p", Rounded(dtype="bf16", operand=read("q")), {}),  # packed already
        ("p", apply("add", read("q"), read("x")), {"FFMA": 64, "F2FP": 32}),
    ],
)
def test_work_of_an_assignment(target: str, value: Expression, expected: dict[str, int]) -> None:
    assert work_of(ROLE, Assign(target=target, value=value)) == expected


def test_what_an_earlier_step_has_computed_is_not_asked_for_again() -> None:
    product = apply("multiply", read("x"), read("r"))
    step = Assign(target="y", value=apply("exp2", product))
    assert work_of(ROLE, step) == {"MUFU.EX2": 64, "FFMA": 64}
    assert work_of(ROLE, step, frozenset({product})) == {"MUFU.EX2": 64}


@pytest.mark.parametrize(
    ("primitive", "value", "expected"),
    [
        ("max", read("x"), {"FMNMX": 63}),
        ("min", apply("multiply", read("x"), read("r")), {"FMNMX": 63, "FFMA": 64}),
        ("sum", read("x"), {"FFMA": 63}),
        ("sum", apply("multiply", read("x"), read("y")), {"FFMA": 64}),  # each adds its product
    ],
)
def test_work_of_a_reduction(primitive: str, value: Expression, expected: dict[str, int]) -> None:
    step = ReduceColumns.model_validate(
        {"target": "r", "primitive": primitive, "columns": 64, "value": value}
    )
    assert work_of(ROLE, step) == expected
