"""Products into Tensor Memory: where their operands lie, and the step that issues them."""

from __future__ import annotations

from collections.abc import Callable

from ...models.errors import Unsupported
from ...models.product_operand import SharedOperand, TensorOperand
from ...models.tensor_memory_step import TensorProduct
from ...models.tiling import TileNode
from ..inputs import Emission, source_of
from ..lower.plan import PlannedOperation
from ..lower.storage import Storage
from .tensors import buffer_of

ROWS = 128  # of every product
SIXTEEN_BIT = ("bf16", "fp16")
Age = Callable[[str], int]


class TensorProducts:
    """The products of a program."""

    def __init__(self, emission: Emission, storage: Storage) -> None:
        self._emission, self._storage = emission, storage

    def rings(self, operation: PlannedOperation) -> tuple[str, ...]:
        """Rings that its operands lie in."""
        tile = self._emission.tiled.tile(operation.members[0])
        names = (self._behind(tile, position)[0].name for position in (0, 1))
        return tuple(
            dict.fromkeys(
                self._storage.ring_of[name] for name in names if name in self._storage.ring_of
            )
        )

    def step(self, operation: PlannedOperation, iteration: int, age: Age) -> TensorProduct:
        """The step; operands in rings are `age` acquisitions old."""
        tile = self._emission.tiled.tile(operation.members[0])
        line = self._emission.operation(tile).position.line
        (rows, depth), (_, columns) = tile.read_shapes[0], tile.read_shapes[1]
        left, right = self._behind(tile, 0)[0], self._behind(tile, 1)[0]
        tensor = buffer_of(self._emission, tile.name)
        if rows != ROWS or right.dtype not in SIXTEEN_BIT or tensor is None:
            raise Unsupported(
                f"{tile.name}: a product of {rows} rows of {right.dtype}, not {ROWS} of 16 bits",
                line,
            )
        shared = self._shared(tile, 0, age) if left.name in self._storage.ring_of else None
        return TensorProduct(
            tensor=tensor, left=shared or TensorOperand(tensor=self._tensor(tile, left)),
            right=self._shared(tile, 1, age), columns=columns, depth=depth, dtype=right.dtype,
            accumulate=self._accumulates(tile, iteration), operation=operation.name,
            lag=operation.lag,
        )  # fmt: skip

    def _accumulates(self, tile: TileNode, iteration: int) -> bool:
        """Onto what an earlier product or chain has left; the first one onto nothing."""
        onto = [read for read in tile.reads if read.position == 2]
        return any(read.tile is not None and iteration >= read.distance for read in onto)

    def _tensor(self, tile: TileNode, left: TileNode) -> str:
        buffer = buffer_of(self._emission, left.name)
        if buffer is None or self._behind(tile, 0)[1]:
            line = self._emission.operation(tile).position.line
            raise Unsupported(f"{tile.name} reads {left.name}, which a warp group computes", line)
        return buffer

    def _behind(self, tile: TileNode, position: int) -> tuple[TileNode, bool]:
        reads = [read for read in tile.reads if read.position == position]
        if len(reads) != 1 or reads[0].distance:
            line = self._emission.operation(tile).position.line
            raise Unsupported(
                f"{tile.name} reads an operand in parts, or of an iteration before", line
            )
        found, transposed, _ = self._emission.behind_views(source_of(reads[0]) or "")
        return found, transposed

    def _shared(self, tile: TileNode, position: int, age: Age) -> SharedOperand:
        stored, transposed = self._behind(tile, position)
        if stored.name not in self._storage.ring_of:
            line = self._emission.operation(tile).position.line
            raise Unsupported(f"{tile.name} reads {stored.name}, which a warp group computes", line)
        ring = self._storage.ring_of[stored.name]
        k_last = transposed != (position == 0)
        return SharedOperand(
            ring=ring, buffer=stored.name, age=age(ring), major="k" if k_last else "mn",
            first_row=self._offset(stored, tile, -2), first_column=self._offset(stored, tile, -1),
        )  # fmt: skip

    def _offset(self, stored: TileNode, tile: TileNode, axis: int) -> int:
        dimensions = self._emission.dimensions(stored)
        return self._emission.offset(stored, tile, len(dimensions) + axis)
