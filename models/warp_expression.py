"""Elementwise expressions of a warp program: one formula for every element of a fragment."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .document import Document, Name
from .index_expression import IndexExpression
from .kernel import ElementType
from .tile_operation import MapPrimitive


class FragmentElement(Document):
    """The element of a fragment that belongs to the element computed.

    matrix and operand fragments: the same row and column; rows: the number of the row; columns: the
    number of the column; scalar: the number.
    """

    kind: Literal["fragment"] = "fragment"
    name: Name


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
    """Where the element lies along an axis of the whole tile: `first` + its row or column."""

    kind: Literal["coordinate"] = "coordinate"
    axis: Literal["row", "column"]
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
    FragmentElement | NumberValue | ScalarValue | IndexValue | Coordinate | Apply | Rounded,
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


def fragments_in(expression: Expression) -> tuple[str, ...]:
    """Names of the fragments that an expression reads, each once, from left to right."""
    if isinstance(expression, FragmentElement):
        return (expression.name,)
    if isinstance(expression, Rounded):
        return fragments_in(expression.operand)
    if isinstance(expression, Apply):
        found = (name for operand in expression.operands for name in fragments_in(operand))
        return tuple(dict.fromkeys(found))
    return ()
