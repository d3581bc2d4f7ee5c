"""Expressions on registers, one primitive after the other, and what a fragment can be read for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from twill.emitter.machine.arithmetic import apply, rounded, widened
from twill.emitter.machine.expressions import Evaluation, Shape
from twill.emitter.machine.global_memory import read_box, write_box
from twill.emitter.machine.hazards import Hazard
from twill.emitter.machine.layouts import column_places, matrix_places, row_places
from twill.emitter.machine.registers import Registers
from twill.models.index_expression import IndexConstant, evaluate_index
from twill.models.warp_expression import (
    Apply,
    ArgumentElement,
    Coordinate,
    Expression,
    FragmentElement,
    IndexValue,
    NumberValue,
    Rounded,
    ScalarValue,
    StoredElement,
)
from twill.models.warp_program import Fragment, Role

X = np.array([-3.5, -1.0, 0.25, 2.0], np.float32)
N = np.array([-7, -1, 4, 9], np.int32)


@pytest.mark.parametrize(
    ("primitive", "operands", "expected"),
    [
        ("add", [X, N], X + N.astype(np.float32)),
        ("floor_divide", [N, np.int32(2)], [-4, -1, 2, 4]),
        ("remainder", [N, np.int32(4)], [1, 3, 0, 1]),
        ("divide", [N, np.int32(2)], [-3.5, -0.5, 2.0, 4.5]),
        ("negate", [X], -X),
        ("absolute", [N], [7, 1, 4, 9]),
        ("maximum", [X, np.float32(0)], [0, 0, 0.25, 2]),
        ("rsqrt", [np.float32(4)], 0.5),
        ("sigmoid", [np.float32(0)], 0.5),
        ("less", [N, np.int32(0)], [True, True, False, False]),
        ("where", [X > 0, X, np.int32(1)], [1, 1, 0.25, 2]),
        ("and", [X > 0, N > 4], [False, False, False, True]),
    ],
)
def test_primitives(primitive: str, operands: list[Any], expected: Any) -> None:
    got = apply(primitive, [np.asarray(operand) for operand in operands])
    assert got.dtype in (np.float32, np.int32, np.bool_)
    np.testing.assert_array_equal(got, np.asarray(expected))


def test_integers_stay_integers_of_32_bits() -> None:
    assert apply("multiply", [N, N]).dtype == np.int32
    assert apply("add", [N > 0, N]).dtype == np.int32


def test_rounding_is_to_nearest_even_and_saturates_in_8_bits() -> None:
    values = np.array([1 + 2**-8, 1 + 3 * 2**-8, 1000.0], np.float32)
    assert widened(rounded(values, "bf16"))[:2].tolist() == [1.0, 1 + 2**-6]
    assert widened(rounded(values, "fp8e4m3"))[2] == 448


def registers() -> Registers:
    fragments = (
        Fragment(name="m", layout="matrix", rows=64, columns=32),
        Fragment(name="p", layout="operand", rows=64, columns=32, dtype="fp16"),
        Fragment(name="r", layout="rows", rows=64),
        Fragment(name="c", layout="columns", columns=32, dtype="i32"),
        Fragment(name="s", layout="scalar", dtype="i32"),
    )
    role = Role(
        name="compute", first_warp=0, warps=4, registers=200, operations=(), stages=1,
        fragments=fragments,
    )  # fmt: skip
    return Registers(role)


def no_tile(
    stored: StoredElement | ArgumentElement, row: np.ndarray, column: np.ndarray
) -> np.ndarray:
    raise AssertionError(stored)


def value(expression: Expression, shape: Shape, held: Registers) -> np.ndarray:
    scalars = {"x": np.asarray(2.5, np.float32)}
    evaluation = Evaluation(held, scalars, lambda part: evaluate_index(part, {}), no_tile, no_tile)
    return evaluation.of(expression, shape)


def test_vectors_broadcast_along_their_axis() -> None:
    held = registers()
    held.write("r", value(Coordinate(axis="row", first=100), Shape("rows"), held))
    held.write("c", value(Coordinate(axis="column"), Shape("columns", 32), held))
    total = Apply(primitive="add", operands=(FragmentElement(name="r"), FragmentElement(name="c")))
    row, column = matrix_places(32)
    assert (value(total, Shape("matrix", 32), held) == row + 100 + column).all()
    assert (held.read("r") == row_places() + 100).all()
    assert (held.read("c") == column_places(32)).all()


def test_operands_are_rounded_and_packed() -> None:
    held = registers()
    held.write("m", np.linspace(0, 1, 128 * 16, dtype=np.float32).reshape(128, 16))
    held.write("p", value(FragmentElement(name="m"), Shape("operand", 32), held))
    assert (held.read("p") == held.read("m").astype(np.float16)).all()


def test_scalars_numbers_and_indices_are_the_same_everywhere() -> None:
    held = registers()
    held.write("s", value(IndexValue(expression=IndexConstant(value=7)), Shape("scalar"), held))
    assert held.scalar("s") == 7
    assert (value(FragmentElement(name="s"), Shape("matrix", 32), held) == 7).all()
    assert value(ScalarValue(argument="x"), Shape("rows"), held) == 2.5
    assert value(NumberValue(value="-inf"), Shape("rows"), held) == -np.inf
    assert value(NumberValue(value=True), Shape("rows"), held).dtype == np.bool_
    assert value(Rounded(dtype="f32", operand=NumberValue(value=3)), Shape("rows"), held) == 3


def test_registers_are_poisoned_at_first() -> None:
    held = registers()
    assert np.isnan(held.read("m")).all()
    assert np.isnan(held.read("p")).all()
    assert held.scalar("s") < -1_000_000


@pytest.mark.parametrize(
    ("expression", "shape", "sentence"),
    [
        (FragmentElement(name="m"), Shape("rows"), "reads fragment m"),
        (FragmentElement(name="r"), Shape("columns", 32), "reads fragment r"),
        (FragmentElement(name="m"), Shape("matrix", 64), "16 elements of fragment m for 32"),
        (Coordinate(axis="column"), Shape("rows"), "asks for the column"),
    ],
)
def test_what_no_thread_holds_cannot_be_read(
    expression: Expression, shape: Shape, sentence: str
) -> None:
    with pytest.raises(Hazard, match=sentence):
        value(expression, shape, registers())


def test_boxes_read_zeros_outside_and_are_dropped_there() -> None:
    array = np.arange(12.0).reshape(3, 4)
    assert read_box(array, (2, 3), (2, 2)).tolist() == [[11, 0], [0, 0]]
    assert read_box(array, (-1, 0), (2, 1)).tolist() == [[0], [0]]
    assert not read_box(array, (5, 9), (2, 2)).any()
    write_box(array, (2, 3), np.ones((2, 2)), add=True)
    write_box(array, (-1, -1), np.full((2, 2), 50.0))
    assert (array[2, 3], array[0, 0], array[1, 0]) == (12, 50, 4)
