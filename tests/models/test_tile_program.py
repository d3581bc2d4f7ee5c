"""Tile programs as values: what an operation must carry, and what can be asked of a program."""

import pytest
from pydantic import ValidationError

from twill.extractor.language import parse_program
from twill.kernels.library import load_kernel
from twill.models.index_expression import (
    IndexConstant,
    IndexName,
    IndexOperation,
    evaluate_index,
    index_text,
    names_in_index,
)
from twill.models.tile_operation import Dimension, Operation, SourcePosition, TileType
from twill.models.tile_program import TensorParameter, TileProgram

HERE = SourcePosition(line=1, column=1)
TILE = TileType(dtype="f32", dimensions=(Dimension(extent=4), Dimension(extent=8, size="N")))


def gemm() -> TileProgram:
    return parse_program(load_kernel("gemm"), "sm_90a")


@pytest.mark.parametrize(
    ("kind", "message"), [("load", "access missing"), ("map", "primitive missing")]
)
def test_fields_that_a_kind_needs(kind: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Operation(name="a", kind=kind, result=TILE, position=HERE)  # type: ignore[arg-type]


def test_fields_that_a_kind_does_not_have() -> None:
    with pytest.raises(ValidationError, match="axis given"):
        Operation(name="a", kind="dot", result=TILE, axis=0, position=HERE)


def test_tile_type() -> None:
    assert (TILE.shape, TILE.elements) == ((4, 8), 32)
    assert TileType(dtype="i32").elements == 1


def test_arguments_by_name() -> None:
    program = gemm()
    assert program.tensor("b") == TensorParameter(name="b", dtype="bf16", shape=("N", "K"))
    with pytest.raises(KeyError):
        program.tensor("z")
    assert program.loop(program.loops[0].name) is program.loops[0]
    with pytest.raises(KeyError):
        program.loop("z")
    with pytest.raises(KeyError):
        program.loops[0].carried_local("z")


def test_digest_depends_on_the_sizes() -> None:
    other = parse_program(load_kernel("gemm"), "sm_90a", {"BLOCK_K": 32})
    assert gemm().digest() == gemm().digest() != other.digest()


@pytest.mark.parametrize(
    ("operator", "value"),
    [("+", 10), ("-", 4), ("*", 21), ("//", 2), ("%", 1), ("cdiv", 3), ("min", 3), ("max", 7)],
)
def test_index_arithmetic(operator: str, value: int) -> None:
    left, right = IndexName(name="n", role="loop"), IndexConstant(value=3)
    expression = IndexOperation(operator=operator, left=left, right=right)  # type: ignore[arg-type]
    assert evaluate_index(expression, {"n": 7}) == value
    assert [name.name for name in names_in_index(expression)] == ["n"]
    assert index_text(expression) in (f"(n {operator} 3)", f"{operator}(n, 3)")


def test_integer_division_rounds_down_below_zero() -> None:
    left, right = IndexConstant(value=-7), IndexConstant(value=2)
    for operator, value in (("//", -4), ("%", 1), ("cdiv", -3)):
        expression = IndexOperation(operator=operator, left=left, right=right)  # type: ignore[arg-type]
        assert evaluate_index(expression, {}) == value
