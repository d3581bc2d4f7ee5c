"""Products: where their operands lie, and the step that issues them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ...models.errors import Unsupported
from ...models.tiling import TileNode, TileRead
from ...models.warp_step import FragmentOperand, Product, SharedOperand
from ..inputs import Emission, source_of
from ..work import PRODUCT_ROWS
from .places import Places
from .plan import PlannedOperation
from .registers import Registers
from .storage import Storage

Age = Callable[[str], int]
"""How many acquisitions ago the role acquired the slot of a ring that an operation reads."""


@dataclass(frozen=True, slots=True)
class Operands:
    """What a product reads and writes: rings, and fragments."""

    rings: tuple[str, ...]
    left_fragments: tuple[str, ...]
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of K: the tile that the left operand takes it from, and where it begins."""

    tile: TileNode
    buffer: str | None  # None: a fragment
    transposed: bool
    first: int
    depth: int


class Products:
    """The products of one role."""

    def __init__(
        self, emission: Emission, storage: Storage, registers: Registers, places: Places
    ) -> None:
        self._emission, self._storage, self._registers = emission, storage, registers
        self._places = places

    def operands(self, operation: PlannedOperation, iteration: int) -> Operands:
        """What it reads and writes in an iteration."""
        registers = self._registers.at(iteration)
        tile = self._emission.tiled.tile(operation.members[0])
        parts = self._parts(tile)
        buffers = [self._right(tile)[1], *(part.buffer for part in parts)]
        rings = dict.fromkeys(self._storage.ring_of[name] for name in buffers if name is not None)
        lefts = [
            f for p in parts if p.buffer is None for f in registers.names_of(p.tile, operand=True)
        ]
        return Operands(tuple(rings), tuple(lefts), registers.names_of(tile))

    def fragments(self, operations: Iterable[PlannedOperation]) -> frozenset[str]:
        """What the products among some operations read and write, in every version."""
        own = [operation for operation in operations if operation.kind == "matrix"]
        versions = range(max(self._registers.versions.values(), default=1))
        each = [self.operands(operation, version) for operation in own for version in versions]
        return frozenset(f for one in each for f in (*one.left_fragments, *one.targets))

    def steps(self, operation: PlannedOperation, iteration: int, age: Age) -> Iterator[Product]:
        """The steps, for 64 rows and a stretch of K each; slots of rings are so old."""
        registers = self._registers.at(iteration)
        tile = self._emission.tiled.tile(operation.members[0])
        accumulates = any(read.position == 2 for read in tile.reads)
        for block, target in enumerate(registers.names_of(tile)):
            for part in self._parts(tile):
                yield Product(
                    target=target,
                    left=self._left(tile, part, block, age, registers),
                    right=self._right_operand(tile, part, age),
                    columns=tile.shape[-1],
                    depth=part.depth,
                    dtype=self._right(tile)[0].dtype,
                    accumulate=accumulates or part.first > 0,
                    operation=operation.name,
                    lag=operation.lag,
                )

    # ---- left operands

    def _parts(self, tile: TileNode) -> tuple[_Part, ...]:
        """The left operand, along K; several parts where it was made in sub-tiles."""
        found: list[_Part] = []
        for read in self._reads(tile, 0):
            stored, transposed, _ = self._emission.behind_views(source_of(read) or "")
            buffer = self._buffer(tile, stored, shared=transposed)
            depth = stored.shape[0 if transposed else -1]
            whole = len(self._reads(tile, 0)) == 1
            depth = tile.read_shapes[0][1] if whole else depth
            first = sum(part.depth for part in found)
            found.append(_Part(stored, buffer, transposed, first, depth))
        return tuple(found)

    def _left(
        self, tile: TileNode, part: _Part, block: int, age: Age, registers: Registers
    ) -> SharedOperand | FragmentOperand:
        if part.buffer is None:
            return FragmentOperand(name=registers.names_of(part.tile, operand=True)[block])
        row, column = self._offsets(part.tile, tile)
        # A left operand has rows along M: stored as it is, K runs along its columns.
        if part.transposed:
            column += PRODUCT_ROWS * block
        else:
            row += PRODUCT_ROWS * block
        return self._shared(part.buffer, age, row, column, k_last=not part.transposed)

    # ---- right operands

    def _right(self, tile: TileNode) -> tuple[TileNode, str, bool]:
        """The tile that holds it, its buffer, and whether it is transposed."""
        reads = self._reads(tile, 1)
        stored, transposed, _ = self._emission.behind_views(source_of(reads[0]) or "")
        buffer = self._buffer(tile, stored, shared=True)
        if buffer is None or len(reads) > 1:
            line = self._emission.operation(tile).position.line
            raise Unsupported(f"{tile.name} reads {stored.name} in parts, or from registers", line)
        return stored, buffer, transposed

    def _right_operand(self, tile: TileNode, part: _Part, age: Age) -> SharedOperand:
        stored, buffer, transposed = self._right(tile)
        row, column = self._offsets(stored, tile)
        # It has columns along N: stored transposed, K runs along its columns.
        if transposed:
            column += part.first
        else:
            row += part.first
        return self._shared(buffer, age, row, column, k_last=transposed)

    # ---- both

    def _reads(self, tile: TileNode, position: int) -> list[TileRead]:
        reads = [read for read in tile.reads if read.position == position]
        if any(read.distance for read in reads):
            line = self._emission.operation(tile).position.line
            raise Unsupported(f"{tile.name} reads an operand of an iteration before", line)
        return reads

    def _buffer(self, tile: TileNode, stored: TileNode, *, shared: bool) -> str | None:
        if stored.name in self._storage.ring_of:
            return stored.name
        operation = self._emission.owner[tile.name]
        return self._places.buffer_of(operation, stored.name, shared=shared)

    def _offsets(self, stored: TileNode, reader: TileNode) -> tuple[int, int]:
        within = self._emission.offset_within
        return within(stored, reader, -2), within(stored, reader, -1)

    def _shared(
        self, buffer: str, age: Age, row: int, column: int, *, k_last: bool
    ) -> SharedOperand:
        ring = self._storage.ring_of[buffer]
        return SharedOperand(
            ring=ring, buffer=buffer, age=age(ring), major="k" if k_last else "mn", first_row=row,
            first_column=column,
        )  # fmt: skip
