"""Fragments of a role of which each thread holds a row: 128 rows in one fragment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...models.errors import Unsupported
from ...models.kernel import ELEMENT_BYTES
from ...models.tensor_memory_checks import LANES
from ...models.tiling import TileNode
from ...models.warp_expression import Expression, FragmentElement
from ...models.warp_program import Fragment
from ..inputs import Emission
from ..lower.formulas import At, Formulas
from ..lower.layouts import Layout, Layouts
from ..lower.registers import Registers, computed_type


@dataclass(slots=True)
class RowRegisters(Registers):
    """The fragments of one role."""

    def blocks(self, tile: TileNode) -> int:
        """One fragment holds a tile, which has as many rows as a warp group has threads."""
        layout = self.layouts.of(tile)
        if layout not in ("matrix", "rows"):
            return 1
        rows = tile.shape[-2] if layout == "matrix" else max(tile.shape)
        if rows != LANES:
            line = self.emission.operation(tile).position.line
            raise Unsupported(f"{tile.name} has {rows} rows in one warp group, not {LANES}", line)
        return 1

    def _declare(self, tile: TileNode, name: str, layout: Layout, *, operand: bool) -> Fragment:
        if layout not in ("matrix", "rows", "scalar"):
            line = self.emission.operation(tile).position.line
            raise Unsupported(f"{tile.name}: a vector along {layout}, for Tensor Memory", line)
        if layout == "matrix":
            dtype = tile.dtype if operand or ELEMENT_BYTES[tile.dtype] >= 4 else "f32"
            return Fragment(
                name=name, layout="operand" if operand else "matrix", rows=LANES,
                columns=tile.shape[-1], dtype=dtype, spread="rows",
            )  # fmt: skip
        rows = LANES if layout == "rows" else 0
        dtype = computed_type(tile.dtype)
        return Fragment(name=name, layout=layout, rows=rows, dtype=dtype, spread="rows")


def formulas_over(emission: Emission, layouts: Layouts, held: Mapping[str, str]) -> Formulas:
    """Formulas over the fragments that hold these tiles."""

    def find(name: str, distance: int, at: At, reader: TileNode | None) -> Expression | None:
        return FragmentElement(name=held[name]) if name in held else None

    return Formulas(emission, layouts, find)
