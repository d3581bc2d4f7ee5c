"""Elementwise tile operations as expressions, written out down to what registers hold."""

from __future__ import annotations

from collections.abc import Callable

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
    Coordinate,
    Expression,
    FragmentElement,
    IndexValue,
    NumberValue,
    Rounded,
    ScalarValue,
)
from ..inputs import Emission, source_of
from .layouts import Layouts

Held = Callable[[str, int], str | None]
"""The fragment that holds a tile of so many iterations before; None if it has to be written out."""


class Formulas:
    """Writes tiles out as expressions over what is held in fragments."""

    def __init__(self, emission: Emission, layouts: Layouts, held: Held) -> None:
        self._emission, self._layouts, self._held = emission, layouts, held

    def of(self, name: str, distance: int = 0) -> Expression:
        """The value of a tile at one element: its fragment, or its own formula."""
        fragment = self._held(name, distance)
        if fragment is not None:
            return FragmentElement(name=fragment)
        return self.written_out(name)

    def written_out(self, name: str) -> Expression:
        """The formula of a tile over its operands, even if a fragment holds the tile."""
        tile = self._emission.tiled.tile(name)
        operation = self._emission.operation(tile)
        if operation.kind == "broadcast":
            return self._operand(tile, 0)
        if operation.kind == "map":
            operands = tuple(self._operand(tile, i) for i in range(len(operation.operands)))
            # every operation of kind map has one: Operation checks it at birth
            primitive: MapPrimitive = operation.primitive  # type: ignore[assignment]
            return Apply(primitive=primitive, operands=operands)
        if operation.kind == "cast":
            return self._cast(tile)
        if operation.kind == "fill":
            return self._operand(tile, 0)
        if operation.kind == "arange":
            return self._coordinate(tile)
        raise Unsupported(
            f"{name}: {operation.kind} within an elementwise chain", operation.position.line
        )

    def _cast(self, tile: TileNode) -> Expression:
        inner = self._operand(tile, 0)
        source = source_of(tile.reads[0]) if tile.reads else None
        before = self._emission.tiled.tile(source).dtype if source else None
        if tile.dtype == "f32" and before in FLOAT_TYPES:
            return inner
        narrow = tile.dtype in FLOAT_TYPES and ELEMENT_BYTES[tile.dtype] < 4
        return Rounded(dtype=tile.dtype, operand=inner) if narrow or before != tile.dtype else inner

    def _coordinate(self, tile: TileNode) -> Expression:
        first = self._emission.offset(tile, tile.subtile, 0)
        layout = self._layouts.of(tile)
        return Coordinate(axis="column" if layout == "columns" else "row", first=first)

    def _operand(self, tile: TileNode, position: int) -> Expression:
        read = next((r for r in tile.reads if r.position == position), None)
        source = source_of(read) if read is not None else None
        if read is not None and source is not None:
            return self.of(source, read.distance)
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
