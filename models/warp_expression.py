"""Elementwise expressions of a warp program: one formula for every element of a fragment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from .document import Count, Document, Name, Positive
from .index_expression import IndexExpression
from .kernel import ElementType
from .tile_operation import MapPrimitive


class FragmentElement(Document):
    """The element of a fragment that belongs to the element computed.

    matrix and operand fragments: the same row and column; rows: the number of the row; columns: the
    number of the column; lanes: the same register; scalar: the number.
    """

    kind: Literal["fragment"] = "fragment"
    name: Name


Axis = Literal["none", "row", "column", "lane"]
"""What counts elements along a dimension of what is stored: the row or the column of the element
computed, or its place in a lanes fragment; none: it is always the first."""


class StoredElement(Document):
    """An element of a tile in shared memory.

    It lies in the slot that the role acquired `age` acquisitions ago, or in slot 0 of a buffer that
    belongs to no ring, at row `first_row` and column `first_column` and further along the axes.
    """

    kind: Literal["stored"] = "stored"
    buffer: Name
    ring: Name | None = None
    age: Count = 0
    down: Axis
    across: Axis
    first_row: Count = 0
    first_column: Count = 0


class ArgumentElement(Document):
    """An element of a tile of an argument in global memory, 0 where it lies outside.

    `index` counts tiles of `tile` elements; in the last two dimensions it is the row and column
    computed, `first_row` and `first_column` further.
    """

    kind: Literal["argument"] = "argument"
    argument: Name
    index: tuple[IndexExpression, ...]
    tile: tuple[Positive, ...]
    first_row: Count = 0
    first_column: Count = 0


class LaneElement(Document):
    """The element of a lanes fragment whose number is `first` + the row or column computed."""

    kind: Literal["lane_element"] = "lane_element"
    name: Name
    axis: Literal["row", "column"]
    first: Count = 0


class SumAbove(Document):
    """The sum of the rows of a buffer of 4 rows that belong to earlier warps, in this column."""

    kind: Literal["sum_above"] = "sum_above"
    buffer: Name


class NumberValue(Document):
    """A literal; `inf` and `-inf` are written as text."""

    kind: Literal["number"] = "number"
    value: bool | int | float | Literal["inf", "-inf"]


class ScalarValue(Document):
    """A scalar argument of the kernel."""

    kind: Literal["scalar"] = "scalar"
    argument: Name


class IndexValue(Document):
    """An integer of grid indices, the loop index, extents, i32 arguments and scalar fragments."""

    kind: Literal["index"] = "index"
    expression: IndexExpression


class Coordinate(Document):
    """Where the element lies in the whole tile: `first` + its row, its column or its place."""

    kind: Literal["coordinate"] = "coordinate"
    axis: Literal["row", "column", "lane"]
    first: int = 0


class Apply(Document):
    """A primitive of the kernel language, in f32 for floats and i32 for integers."""

    kind: Literal["apply"] = "apply"
    primitive: MapPrimitive
    operands: Annotated[tuple[Expression, ...], Field(min_length=1, max_length=3)]


class Rounded(Document):
    """A float rounded to a narrower type and widened again, or an integer made a float."""

    kind: Literal["rounded"] = "rounded"
    dtype: ElementType
    operand: Expression


Expression = Annotated[
    FragmentElement
    | StoredElement
    | ArgumentElement
    | LaneElement
    | SumAbove
    | NumberValue
    | ScalarValue
    | IndexValue
    | Coordinate
    | Apply
    | Rounded,
    Field(discriminator="kind"),
]
Apply.model_rebuild()
Rounded.model_rebuild()


def operations_in(expression: Expression) -> int:
    """How many primitives an expression applies."""
    if isinstance(expression, Rounded):
        return operations_in(expression.operand)
    if isinstance(expression, Apply):
        return 1 + sum(operations_in(operand) for operand in expression.operands)
    return 0


def _leaves(expression: Expression) -> Iterator[Expression]:
    """What an expression is made of, from left to right, without what joins or rounds it."""
    if isinstance(expression, Rounded):
        yield from _leaves(expression.operand)
    elif isinstance(expression, Apply):
        for operand in expression.operands:
            yield from _leaves(operand)
    else:
        yield expression


def fragments_in(expression: Expression) -> tuple[str, ...]:
    """Names of the fragments that an expression reads, each once, from left to right."""
    read = (p.name for p in _leaves(expression) if isinstance(p, FragmentElement | LaneElement))
    return tuple(dict.fromkeys(read))


def stored_in(expression: Expression) -> tuple[StoredElement, ...]:
    """What an expression reads of shared memory, each once, from left to right."""
    read = (part for part in _leaves(expression) if isinstance(part, StoredElement))
    return tuple(dict.fromkeys(read))


def arguments_in(expression: Expression) -> tuple[str, ...]:
    """Arguments of which an expression reads elements, each once, from left to right."""
    read = (p.argument for p in _leaves(expression) if isinstance(p, ArgumentElement))
    return tuple(dict.fromkeys(read))


def sums_above_in(expression: Expression) -> tuple[str, ...]:
    """Buffers of which an expression sums up rows above."""
    return tuple(part.buffer for part in _leaves(expression) if isinstance(part, SumAbove))
