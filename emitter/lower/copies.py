"""Copies within the loop: what loads and stores of a role are."""

from __future__ import annotations

from collections.abc import Iterator

from ...models.kernel import ELEMENT_BYTES
from ...models.shared_step import CopyElement
from ...models.warp_step import CopyIn, CopyOut, Reserve, Step
from ..inputs import Emission, source_of
from .places import Places
from .plan import PlannedOperation
from .storage import Storage, copies_in


class Copies:
    """The copies of one role."""

    def __init__(self, emission: Emission, storage: Storage, places: Places) -> None:
        self._emission, self._storage, self._places = emission, storage, places

    def load(self, operation: PlannedOperation) -> Iterator[Step]:
        """Reserve a slot, if the load is the first of its ring, and copy the tile there."""
        name, lag = operation.name, operation.lag
        ring = self._storage.rings[self._storage.ring_of[name]]
        if ring.buffers[0] == name:
            yield Reserve(ring=ring.name, operation=name, lag=lag)
        yield from self.copies_in(name, name, lag)

    def copies_in(self, name: str, operation: str, lag: int) -> Iterator[CopyIn | CopyElement]:
        """The copies of one tile to the slot that is reserved."""
        return copies_in(self._emission, self._storage, name, operation, lag)

    def store(self, operation: PlannedOperation) -> Iterator[CopyOut]:
        """Copy out what lies in the slot that the role acquired last."""
        tile = self._emission.tiled.tile(operation.members[0])
        program = self._emission.operation(tile)
        access = program.memory_access
        source = self._emission.behind_views(source_of(tile.reads[0]) or "")[0]
        name = self._places.buffer_of(operation.name, source.name, shared=True)
        assert name is not None, f"{operation.name} copies from shared memory"
        buffer = self._storage.buffers[name]
        extents = tuple(dimension.extent for dimension in access.tile)
        panel = buffer.swizzle // ELEMENT_BYTES[buffer.dtype] or buffer.columns
        box = (*(1 for _ in extents[:-2]), buffer.rows, panel)[-len(extents) :]
        first = [self._emission.offset(tile, tile, axis) for axis in range(len(extents))]
        yield CopyOut(
            buffer=name, ring=self._storage.ring_of[name],
            tensor_map=self._storage.map_of(access.argument, box, buffer.swizzle),
            index=access.index, tile=extents, first_row=first[-2] if len(first) > 1 else 0,
            first_column=first[-1], add=program.kind == "reduce_add", operation=operation.name,
            lag=operation.lag,
        )  # fmt: skip
