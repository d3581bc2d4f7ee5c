"""What an expression of the program stands for while it is being typed."""

from __future__ import annotations

from dataclasses import dataclass

from ...models.index_expression import IndexExpression
from ...models.tile_operation import Dimension, Operand, TileType
from ...models.tile_program import TensorParameter


@dataclass(frozen=True, slots=True)
class Number:
    """A constant; `size` names the size of the document that it is, if it is one."""

    value: bool | int | float
    size: str | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """An integer known when the kernel runs."""

    expression: IndexExpression


@dataclass(frozen=True, slots=True)
class Tile:
    """A value with element type and shape; a scalar has no dimensions."""

    operand: Operand
    type: TileType


@dataclass(frozen=True, slots=True)
class Tensor:
    """An array argument, which only load, store and reduce_add take."""

    parameter: TensorParameter


@dataclass(frozen=True, slots=True)
class Unset:
    """A local that has a value inside an earlier loop only."""

    local: str


Value = Number | Index | Tile | Tensor | Unset

UNIT = Dimension(extent=1)


def describe(value: Value) -> str:
    """`f32 (BLOCK_M, BLOCK_N)`, for messages."""
    if isinstance(value, Number):
        return f"the constant {value.size or value.value}"
    if isinstance(value, Index):
        return "an index"
    if isinstance(value, Tensor):
        return f"the argument {value.parameter.name}"
    if isinstance(value, Unset):
        return f"{value.local}, which has no value here"
    return describe_type(value.type)


def describe_type(kind: TileType) -> str:
    """`f32 (BLOCK_M, BLOCK_N)`; a scalar is `f32 scalar`."""
    if not kind.dimensions:
        return f"{kind.dtype} scalar"
    return f"{kind.dtype} {describe_shape(kind.dimensions)}"


def describe_shape(dimensions: tuple[Dimension, ...]) -> str:
    """`(BLOCK_M, 64)`."""
    names = [dimension.size or str(dimension.extent) for dimension in dimensions]
    return f"({', '.join(names)}{',' if len(names) == 1 else ''})"
