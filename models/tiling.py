"""A kernel cut into sub-tiles: every tile operation on each of its sub-tiles, and its reads."""

from __future__ import annotations

from functools import cached_property

from .document import Count, Document, Name
from .kernel import ElementType


class TileRead(Document):
    """One operand, or one part of an operand, of an operation on one sub-tile.

    Exactly one of the first three says what is read; none of them: a constant, a scalar or an index
    of the program's operation.
    """

    position: Count  # which operand of the program's operation it is, or is part of
    tile: Name | None = None  # a tile operation of the same segment of the program
    before: Name | None = None  # a tile operation before the loop
    result: Name | None = None  # what the tile operation of the loop's last iteration made
    distance: Count = 0  # iterations between making and reading


class TileNode(Document):
    """One operation of the program on one sub-tile."""

    name: Name
    operation: str  # of the program
    subtile: tuple[tuple[str, int], ...] = ()  # size and index of each split that it carries
    reads: tuple[TileRead, ...] = ()
    shape: tuple[int, ...] = ()  # elements of the result; of what is stored, for a store
    dtype: ElementType
    read_shapes: tuple[tuple[int, ...], ...] = ()  # by operand


class TiledKernel(Document):
    """The sub-tiled operations before, in and after the one loop that is scheduled."""

    before: tuple[TileNode, ...]
    loop: tuple[TileNode, ...]
    after: tuple[TileNode, ...]
    split: tuple[tuple[str, int], ...] = ()  # into how many parts each size is cut

    def tile(self, name: str) -> TileNode:
        """The tile operation of that name; KeyError if there is none."""
        return self._tiles[name]

    @cached_property
    def _tiles(self) -> dict[str, TileNode]:
        return {tile.name: tile for tile in (*self.before, *self.loop, *self.after)}
