"""Expressions, computed for every register of a fragment as its threads would."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ...models.index_expression import IndexExpression
from ...models.warp_expression import (
    Apply,
    ArgumentElement,
    Coordinate,
    Expression,
    FragmentElement,
    IndexValue,
    LaneElement,
    NumberValue,
    Rounded,
    ScalarValue,
    StoredElement,
    SumAbove,
)
from ...models.warp_program import Fragment
from ...models.warp_program_checks import GROUP_THREADS
from .arithmetic import apply, rounded, widened
from .hazards import Hazard
from .layouts import (
    Array,
    column_places,
    lane_places,
    matrix_places,
    own_columns,
    own_row,
    row_places,
)
from .registers import Registers


@dataclass(frozen=True, slots=True)
class Shape:
    """The registers that are computed: a layout, and how many columns it has.

    `row_threads`: that have a row, each of which has no other; 0 by quads.
    """

    layout: str
    columns: int = 0
    row_threads: int = 0

    @property
    def elements(self) -> int:
        """Of each thread."""
        if self.row_threads:
            several = self.layout not in ("rows", "scalar")
            return self.columns // self.row_threads if several else 1
        if self.layout in ("matrix", "operand"):
            return self.columns // 2
        counts = {"rows": 2, "columns": self.columns // 4, "lanes": self.columns // 32}
        return counts.get(self.layout, 1)

    def places(self, axis: str) -> Array:
        """The row, the column or the place of each register; 0 for none of them."""
        if axis == "none":
            return np.zeros((1, 1), np.int64)
        if self.row_threads and axis == "row" and self.layout != "columns":
            return own_row(self.row_threads)
        if self.row_threads and axis == "column" and self.layout != "rows":
            return own_columns(self.columns, self.row_threads)
        if self.layout in ("matrix", "operand") and axis in ("row", "column"):
            return matrix_places(self.columns)[0 if axis == "row" else 1]
        if self.layout == "rows" and axis == "row":
            return row_places()
        if self.layout == "columns" and axis == "column":
            return column_places(self.columns)
        if self.layout == "lanes" and axis == "lane":
            return lane_places(self.columns)
        raise Hazard(f"asks for the {axis} of an element of a fragment of {self.layout}")


def shape_of(fragment: Fragment) -> Shape:
    """The registers of a fragment."""
    return Shape(fragment.layout, fragment.columns, fragment.row_threads)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What expressions may read."""

    registers: Registers
    scalars: Mapping[str, Array]
    integer: Callable[[IndexExpression], int]
    stored: Callable[[StoredElement, Array, Array], Array]  # at rows and columns of the tile
    argument: Callable[[ArgumentElement, Array, Array], Array]  # likewise

    def of(self, value: Expression, shape: Shape) -> Array:
        """Threads x registers, or what broadcasts to that."""
        if isinstance(value, FragmentElement):
            return self.registers.read_for(value.name, shape.layout, shape.elements)
        if isinstance(value, NumberValue):
            return _number(value.value)
        if isinstance(value, ScalarValue):
            return widened(self.scalars[value.argument])
        if isinstance(value, IndexValue):
            return np.asarray(self.integer(value.expression), np.int32)
        if isinstance(value, Coordinate):
            return (shape.places(value.axis) + value.first).astype(np.int32)
        if isinstance(value, Rounded):
            return widened(rounded(self.of(value.operand, shape), value.dtype))
        if isinstance(value, StoredElement | ArgumentElement):
            return self._in_memory(value, shape)
        if isinstance(value, LaneElement):
            return self.registers.turned(value.name, shape.places(value.axis) + value.first)
        if isinstance(value, SumAbove):
            return self._sum_above(value, shape)
        assert isinstance(value, Apply)
        return apply(value.primitive, [self.of(operand, shape) for operand in value.operands])

    def _in_memory(self, value: StoredElement | ArgumentElement, shape: Shape) -> Array:
        if isinstance(value, ArgumentElement):
            row, column = shape.places("row"), shape.places("column")
            return self.argument(value, row + value.first_row, column + value.first_column)
        row, column = shape.places(value.down), shape.places(value.across)
        return self.stored(value, row + value.first_row, column + value.first_column)

    def _sum_above(self, value: SumAbove, shape: Shape) -> Array:
        buffer = StoredElement(buffer=value.buffer, down="none", across="column")
        column, warp = shape.places("column"), np.arange(GROUP_THREADS)[:, None] // 32
        total = np.zeros((GROUP_THREADS, shape.elements), np.float32)
        for above in range(3):
            found = self.stored(buffer, np.full((1, 1), above), column)
            total = np.where(warp > above, total + found, total)
        return total


def _number(value: bool | int | float | str) -> Array:
    if isinstance(value, bool):
        return np.asarray(value)
    if isinstance(value, int):
        return np.asarray(value, np.int32)
    return np.asarray(float(value), np.float32)
