"""How tiles lie in registers: matrices, and vectors along their rows or along their columns."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from ...models.stripes import Spread
from ...models.tiling import TileNode
from ..inputs import Emission, source_of
from ..work import PRODUCT_ROWS
from .stripes import fragment_rows

Layout = Literal["matrix", "rows", "columns", "lanes", "scalar"]


class Layouts:
    """The layout of every tile; vectors take theirs from what they are reduced or broadcast to.

    Vectors that elementwise work relates share one, if nothing contradicts. Else each has that of
    its own readers, or lies over the lanes of every warp, from where it can be turned to both.
    """

    def __init__(self, emission: Emission) -> None:
        self._emission = emission
        self._parent: dict[str, str] = {}
        self._known: dict[str, Layout] = {}
        self._contradicted: set[str] = set()
        self._wanted: dict[str, set[Layout]] = {}
        tiles = (*emission.tiled.before, *emission.tiled.loop, *emission.tiled.after)
        for tile in tiles:
            self._relate(tile)
        for tile in reversed(tiles):
            self._demand(tile)

    def of(self, tile: TileNode) -> Layout:
        """The layout of a tile; a vector that nothing decides lies along the rows."""
        wide = [extent for extent in tile.shape if extent > 1]
        if not wide:
            return "scalar"
        if len(wide) > 1:
            return "matrix"
        if len(tile.shape) >= 2 and self._emission.operation(tile).result is not None:
            return "rows" if tile.shape[-1] == 1 else "columns"
        if self._emission.operation(tile).kind == "scan":
            return "lanes"
        if self._top(tile.name) in self._contradicted:
            wanted = self._wanted.get(tile.name, set())
            return min(wanted) if len(wanted) == 1 else "lanes"
        return self._known.get(self._top(tile.name), "rows")

    @cached_property
    def rows(self) -> int:
        """The rows of a fragment, of every role; raises Unsupported as `fragment_rows` does."""
        return fragment_rows(self._emission, self)

    @property
    def stripe_rows(self) -> int:
        """The same where fragments are spread by stripes; 0 where they are not."""
        return 0 if self.rows == PRODUCT_ROWS else self.rows

    @property
    def spread(self) -> Spread:
        """How fragments lie over the threads of a role."""
        return "stripes" if self.stripe_rows else "quads"

    def _demand(self, tile: TileNode) -> None:
        """What a tile wants of those that it reads; those that read it have been asked before."""
        operation = self._emission.operation(tile)
        for source in filter(None, map(source_of, tile.reads)):
            wanted = self._wanted.setdefault(source, set())
            if operation.kind == "broadcast":
                wanted.add("rows" if operation.axis == 1 else "columns")
            elif operation.kind in ("map", "cast") and self._are_vectors(tile.name, source):
                wanted |= self._wanted.get(tile.name, set())

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
        if self._known.setdefault(self._top(name), layout) != layout:
            self._contradicted.add(self._top(name))

    def _join(self, one: str, other: str) -> None:
        first, second = self._top(one), self._top(other)
        if first == second:
            return
        self._parent[second] = first
        if second in self._contradicted:
            self._contradicted.add(first)
        if second in self._known:
            self._say(first, self._known[second])

    def _top(self, name: str) -> str:
        while self._parent.get(name, name) != name:
            name = self._parent[name]
        return name
