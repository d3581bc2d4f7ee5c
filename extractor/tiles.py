"""Tile operations of one loop after sub-tiling: what is scheduled, before any hardware is known."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..models.kernel import ELEMENT_BYTES, ElementType
from ..models.tile_operation import Operation, TileAccess

SubTile = tuple[tuple[str, int], ...]
"""Which sub-tile of each split size: (size, index) pairs in the order of the document."""


@dataclass(frozen=True, slots=True)
class Input:
    """What an operation reads: a result of this loop, or what the loop does not change."""

    producer: str | None  # a tile operation of this loop; None: invariant, constant or index
    distance: int = 0  # iterations between producer and reader
    invariant: str | None = None  # the operation before the loop, if it is one
    result: str | None = None  # the tile operation of an earlier loop whose last value is read
    position: int = 0  # which operand of the operation it is, or is part of


@dataclass(frozen=True, slots=True)
class Tile:
    """One operation on one sub-tile."""

    name: str
    origin: Operation
    subtile: SubTile
    inputs: tuple[Input, ...]
    shape: tuple[int, ...]  # elements; of what is stored, for a store
    dtype: ElementType
    input_shapes: tuple[tuple[int, ...], ...] = field(default=())

    @property
    def kind(self) -> str:
        """The kind of the tile operation in the program."""
        return self.origin.kind

    @property
    def elements(self) -> int:
        """Elements of the result."""
        product = 1
        for extent in self.shape:
            product *= extent
        return product

    @property
    def size_bytes(self) -> int:
        """Bytes of the result in memory."""
        return self.elements * ELEMENT_BYTES[self.dtype]

    @property
    def is_matrix(self) -> bool:
        """Whether the result spans more than one row and column: a fragment, not a vector."""
        return sum(extent > 1 for extent in self.shape) >= 2

    @property
    def access(self) -> TileAccess:
        """Which tile of which argument a load or store touches."""
        return self.origin.memory_access

    @property
    def line(self) -> int:
        """Line of the kernel document."""
        return self.origin.position.line


def subtile_suffix(subtile: SubTile) -> str:
    """`[0]`, or `[0][1]` where two sizes are split; empty for what all sub-tiles share."""
    return "".join(f"[{index}]" for _, index in subtile)
