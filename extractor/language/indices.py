"""Integer arithmetic on indices and extents, with constants folded."""

from __future__ import annotations

import ast

from ...models.index_expression import (
    IndexConstant,
    IndexExpression,
    IndexName,
    IndexOperation,
    IndexOperator,
    apply_operator,
)
from ...models.tile_operation import ValueOperand
from .faults import Fault
from .values import Index, Number, Tile, Value, describe

_LARGEST = 2**31 - 1  # what an i32 index register holds


def as_index(value: Value, node: ast.AST) -> IndexExpression:
    """The value as an integer of the running kernel; raises Fault."""
    if isinstance(value, Index):
        return value.expression
    if isinstance(value, Number) and type(value.value) is int:
        return IndexConstant(value=checked_integer(value.value, node))
    loaded = _loaded_integer(value)
    if loaded is not None:
        return IndexName(name=loaded, role="local")
    cure = "use sizes, extents, grid and loop indices, i32 scalars and + - * // % cdiv min max"
    raise Fault(f"an integer is needed here, not {describe(value)}", node, cure)


def is_integer(value: Value) -> bool:
    """Whether the value takes part in index arithmetic rather than in tile arithmetic."""
    if isinstance(value, Number):
        return type(value.value) is int
    return isinstance(value, Index) or _loaded_integer(value) is not None


def _loaded_integer(value: Value) -> str | None:
    """The operation whose result is the i32 scalar."""
    if not isinstance(value, Tile) or not isinstance(value.operand, ValueOperand):
        return None
    is_integer_scalar = value.type.dtype == "i32" and not value.type.dimensions
    return value.operand.operation if is_integer_scalar else None


def join(operator: IndexOperator, left: Value, right: Value, node: ast.AST) -> Value:
    """`left operator right` as a Number when both are constants, else as an Index."""
    one, two = as_index(left, node), as_index(right, node)
    if isinstance(two, IndexConstant) and two.value == 0 and operator in ("//", "%", "cdiv"):
        raise Fault("a division by zero", node, "divide by a positive size")
    if isinstance(one, IndexConstant) and isinstance(two, IndexConstant):
        return Number(checked_integer(apply_operator(operator, one.value, two.value), node))
    if isinstance(two, IndexConstant) and (operator, two.value) in _NEUTRAL:
        return Index(one)
    return Index(IndexOperation(operator=operator, left=one, right=two))


_NEUTRAL = {("+", 0), ("-", 0), ("*", 1), ("//", 1), ("cdiv", 1)}


def checked_integer(value: int, node: ast.AST) -> int:
    """The integer, when 32 bits hold it."""
    if abs(value) > _LARGEST:
        raise Fault("the integer is too large", node, "stay within 32 bits")
    return value
