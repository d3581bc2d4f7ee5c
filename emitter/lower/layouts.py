"""How tiles lie in registers: matrices, and vectors along their rows or along their columns."""

from __future__ import annotations

from typing import Literal

from ...models.tiling import TileNode
from ..inputs import Emission, source_of

Layout = Literal["matrix", "rows", "columns", "scalar"]


class Layouts:
    """The layout of every tile; vectors take theirs from what they are reduced or broadcast to."""

    def __init__(self, emission: Emission) -> None:
        self._emission = emission
        self._parent: dict[str, str] = {}
        self._known: dict[str, Layout] = {}
        tiles = (*emission.tiled.before, *emission.tiled.loop, *emission.tiled.after)
        for tile in tiles:
            self._relate(tile)

    def of(self, tile: TileNode) -> Layout:
        """The layout of a tile; a vector that nothing decides lies along the rows."""
        wide = [extent for extent in tile.shape if extent > 1]
        if not wide:
            return "scalar"
        if len(wide) > 1:
            return "matrix"
        if len(tile.shape) >= 2 and self._emission.operation(tile).result is not None:
            return "rows" if tile.shape[-1] == 1 else "columns"
        return self._known.get(self._top(tile.name), "rows")

    def _relate(self, tile: TileNode) -> None:
        operation = self._emission.operation(tile)
        for read in tile.reads:
            source = source_of(read)
            if source is None:
                continue
            if operation.kind == "broadcast":
                self._say(source, "rows" if operation.axis == 1 else "columns")
            elif operation.kind == "reduce" and len(tile.shape) == 1:
                self._say(tile.name, "rows" if operation.axis == 1 else "columns")
            elif operation.kind in ("map", "cast") and self._are_vectors(tile.name, source):
                self._join(tile.name, source)

    def _are_vectors(self, *names: str) -> bool:
        return all(len(self._emission.tiled.tile(name).shape) == 1 for name in names)

    def _say(self, name: str, layout: Layout) -> None:
        self._known.setdefault(self._top(name), layout)

    def _join(self, one: str, other: str) -> None:
        first, second = self._top(one), self._top(other)
        if first == second:
            return
        self._parent[second] = first
        if second in self._known:
            self._known.setdefault(first, self._known[second])

    def _top(self, name: str) -> str:
        while self._parent.get(name, name) != name:
            name = self._parent[name]
        return name
