"""Elementwise tile operations as expressions, written out down to what registers hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from ...models.errors import Unsupported
from ...models.kernel import ELEMENT_BYTES, FLOAT_TYPES
from ...models.tile_operation import (
    CarriedOperand,
    ConstantOperand,
    IndexOperand,
    LoopResultOperand,
    MapPrimitive,
    Operand,
    ScalarOperand,
)
from ...models.tiling import TileNode
from ...models.warp_expression import (
    Apply,
    ArgumentElement,
    Coordinate,
    Expression,
    IndexValue,
    NumberValue,
    Rounded,
    ScalarValue,
)
from ..inputs import Emission, source_of
from .layouts import Layout, Layouts

Axis = Literal["none", "row", "column", "lane"]


@dataclass(frozen=True, slots=True)
class At:
    """Which element is computed: the rows of which fragment, and along what a vector's run.

    `axis` is None in a matrix, until a vector is broadcast there.
    """

    block: int = 0
    axis: Axis | None = None
    column: int = 0  # of the tile, in which the first column of the fragment lies


WHOLE = At()
"""Of a tile that one fragment holds, or of none."""

AXES: Mapping[Layout, Axis | None] = {
    "matrix": None, "rows": "row", "columns": "column", "lanes": "lane", "scalar": "none",
}  # fmt: skip
"""Along what the elements of a vector run that is computed for a fragment of each layout."""

Held = Callable[[str, int, At, TileNode | None], Expression | None]
"""Where a tile of so many iterations before can be read, for a tile that reads it; None if it has
to be written out."""


class Formulas:
    """Writes tiles out as expressions over what is held in fragments and in shared memory."""

    def __init__(self, emission: Emission, layouts: Layouts, held: Held) -> None:
        self._emission, self.layouts, self._held = emission, layouts, held

    def of(
        self, name: str, distance: int = 0, at: At = WHOLE, reader: TileNode | None = None
    ) -> Expression:
        """The value of a tile at one element: where it is held, or its own formula."""
        found = self._held(name, distance, at, reader)
        return self.written_out(name, at, reader) if found is None else found

    def written_out(self, name: str, at: At = WHOLE, reader: TileNode | None = None) -> Expression:
        """The formula of a tile over its operands, even if a fragment holds the tile."""
        tile = self._emission.tiled.tile(name)
        operation = self._emission.operation(tile)
        if operation.kind == "broadcast":
            if max(tile.shape) == 1:
                return self._operand(tile, 0, at)
            return self._operand(tile, 0, replace(at, axis="row" if operation.axis else "column"))
        if operation.kind == "map":
            operands = tuple(self._operand(tile, i, at) for i in range(len(operation.operands)))
            # every operation of kind map has one: Operation checks it at birth
            primitive: MapPrimitive = operation.primitive  # type: ignore[assignment]
            return Apply(primitive=primitive, operands=operands)
        if operation.kind == "cast":
            return self._cast(tile, at)
        if operation.kind == "fill":
            return self._operand(tile, 0, at)
        if operation.kind == "arange":
            return self._coordinate(tile, at)
        if operation.kind == "load" and self._is_read_directly(tile, at):
            return self._of_argument(tile, at, reader or tile)
        raise Unsupported(
            f"{name}: {operation.kind} within an elementwise chain", operation.position.line
        )

    def _is_read_directly(self, tile: TileNode, at: At) -> bool:
        """Whether it is a matrix that each thread reads for itself, outside the loop."""
        outside = (*self._emission.tiled.before, *self._emission.tiled.after)
        return at.axis is None and self.layouts.of(tile) == "matrix" and tile in outside

    def _of_argument(self, tile: TileNode, at: At, reader: TileNode) -> ArgumentElement:
        access = self._emission.operation(tile).memory_access
        down, across = (
            self._emission.offset(tile, tile, len(tile.shape) + axis)
            + self._emission.offset_within(tile, reader, axis)
            for axis in (-2, -1)
        )
        return ArgumentElement(
            argument=access.argument, index=access.index,
            tile=tuple(dimension.extent for dimension in access.tile),
            first_row=down + self.layouts.rows * at.block, first_column=across + at.column,
        )  # fmt: skip

    def _cast(self, tile: TileNode, at: At) -> Expression:
        inner = self._operand(tile, 0, at)
        source = source_of(tile.reads[0]) if tile.reads else None
        before = self._emission.tiled.tile(source).dtype if source else None
        if tile.dtype == "f32" and before in FLOAT_TYPES:
            return inner
        narrow = tile.dtype in FLOAT_TYPES and ELEMENT_BYTES[tile.dtype] < 4
        return Rounded(dtype=tile.dtype, operand=inner) if narrow or before != tile.dtype else inner

    def _coordinate(self, tile: TileNode, at: At) -> Expression:
        first = self._emission.offset(tile, tile, 0)
        axis = at.axis or AXES[self.layouts.of(tile)] or "row"
        if axis == "none":
            return NumberValue(value=first)
        beyond = self.layouts.rows * at.block if axis == "row" else 0
        return Coordinate(axis=axis, first=first + beyond)

    def _operand(self, tile: TileNode, position: int, at: At) -> Expression:
        reads = [r for r in tile.reads if r.position == position]
        if len(reads) > 1:
            line = self._emission.operation(tile).position.line
            raise Unsupported(f"{tile.name} reads an operand in parts", line)
        source = source_of(reads[0]) if reads else None
        if source is not None:
            return self.of(source, reads[0].distance, at, tile)
        return self._constant(self._emission.operation(tile).operands[position])

    def _constant(self, operand: Operand) -> Expression:
        if isinstance(operand, ConstantOperand):
            return NumberValue(value=operand.value)
        if isinstance(operand, ScalarOperand):
            return ScalarValue(argument=operand.argument)
        if isinstance(operand, IndexOperand):
            return IndexValue(expression=operand.expression)
        assert isinstance(operand, CarriedOperand | LoopResultOperand), operand.kind
        return self.initial(operand.loop, operand.local)

    def initial(self, loop: str, local: str) -> Expression:
        """What a carried local holds before the loop, where that is a constant or a scalar."""
        return self._constant(self._emission.program.loop(loop).carried_local(local).initial)
