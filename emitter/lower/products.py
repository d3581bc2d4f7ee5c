"""Products: where their operands lie, and the step that issues them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...models.errors import Unsupported
from ...models.tiling import TileNode, TileRead
from ...models.warp_step import FragmentOperand, Product, SharedOperand
from ..inputs import Emission, source_of
from .chains import Registers
from .plan import PlannedOperation
from .storage import Storage

Age = Callable[[str], int]
"""How many acquisitions ago the role acquired the slot of a ring that an operation reads."""


@dataclass(frozen=True, slots=True)
class Operands:
    """What a product reads: rings of streamed tiles, and a fragment."""

    rings: tuple[str, ...]
    left_fragment: str | None
    target: str


class Products:
    """The products of one role."""

    def __init__(self, emission: Emission, storage: Storage, registers: Registers) -> None:
        self._emission, self._storage, self._registers = emission, storage, registers

    def operands(self, operation: PlannedOperation) -> Operands:
        """What it reads and writes."""
        tile = self._emission.tiled.tile(operation.members[0])
        left = self._read(tile, 0)
        fragment = self._fragment(left)
        shared = [self._read(tile, 1)] + ([left] if fragment is None else [])
        rings = dict.fromkeys(self._storage.ring_of[self._behind(read)[0].name] for read in shared)
        return Operands(tuple(rings), fragment, self._registers.home(tile))

    def step(self, operation: PlannedOperation, age: Age) -> Product:
        """The step; operands in rings are `age` acquisitions old."""
        tile = self._emission.tiled.tile(operation.members[0])
        (_, depth), (_, columns) = tile.read_shapes[0], tile.read_shapes[1]
        left = self._read(tile, 0)
        fragment = self._fragment(left)
        right = self._behind(self._read(tile, 1))[0]
        return Product(
            target=self._registers.home(tile),
            left=(
                FragmentOperand(name=fragment)
                if fragment is not None
                else self._shared(tile, left, age, is_left=True)
            ),
            right=self._shared(tile, self._read(tile, 1), age, is_left=False),
            columns=columns,
            depth=depth,
            dtype=right.dtype,
            accumulate=any(read.position == 2 for read in tile.reads),
            operation=operation.name,
            lag=operation.lag,
        )

    def _read(self, tile: TileNode, position: int) -> TileRead:
        reads = [read for read in tile.reads if read.position == position]
        if len(reads) != 1 or reads[0].distance:
            line = self._emission.operation(tile).position.line
            raise Unsupported(
                f"{tile.name} reads an operand in parts, or of an iteration before", line
            )
        return reads[0]

    def _behind(self, read: TileRead) -> tuple[TileNode, bool, int]:
        return self._emission.behind_views(source_of(read) or "")

    def _fragment(self, read: TileRead) -> str | None:
        """The operand fragment that holds a left operand; None if it lies in shared memory."""
        tile, _, _ = self._behind(read)
        return (
            None if tile.name in self._storage.ring_of else self._registers.home(tile, operand=True)
        )

    def _shared(self, tile: TileNode, read: TileRead, age: Age, *, is_left: bool) -> SharedOperand:
        stored, transposed, _ = self._behind(read)
        if stored.name not in self._storage.ring_of:
            line = self._emission.operation(tile).position.line
            raise Unsupported(f"{tile.name} reads {stored.name}, which a warp group computes", line)
        ring = self._storage.ring_of[stored.name]
        # A left operand has rows along M, a right one columns along N: K runs along the other.
        k_last = transposed != is_left
        return SharedOperand(
            ring=ring, buffer=stored.name, age=age(ring), major="k" if k_last else "mn",
            first_row=self._offset(stored, tile, -2), first_column=self._offset(stored, tile, -1),
        )  # fmt: skip

    def _offset(self, stored: TileNode, tile: TileNode, axis: int) -> int:
        dimensions = self._emission.dimensions(stored)
        return self._emission.offset(stored, tile.subtile, len(dimensions) + axis)
