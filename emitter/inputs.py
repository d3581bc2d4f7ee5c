"""Everything that emission starts from: a program, its sub-tiles, the schedule of its loop."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ..models.dependence_graph import DependenceGraph
from ..models.kernel import Tolerance
from ..models.problem import SchedulingProblem
from ..models.schedule import Schedule
from ..models.tile_operation import Dimension, Operation
from ..models.tile_program import Loop, TileProgram
from ..models.tiling import TiledKernel, TileNode, TileRead

VIEWS = ("transpose", "broadcast")


@dataclass(frozen=True)
class Emission:
    """One loop of one kernel on one GPU, and the schedule that is to be emitted."""

    gpu: str
    program: TileProgram
    tiled: TiledKernel
    graph: DependenceGraph
    problem: SchedulingProblem
    schedule: Schedule
    tolerance: Tolerance | None = None
    multiprocessors: int = 132  # of the GPU: so many blocks run at once

    @cached_property
    def loop(self) -> Loop:
        """The loop that is scheduled."""
        return self.program.loop(self.graph.loop)

    @cached_property
    def _operations(self) -> dict[str, Operation]:
        return {operation.name: operation for operation in self.program.operations()}

    def operation(self, tile: TileNode | str) -> Operation:
        """The operation of the program that a tile belongs to."""
        node = self.tiled.tile(tile) if isinstance(tile, str) else tile
        return self._operations[node.operation]

    @cached_property
    def owner(self) -> dict[str, str]:
        """Tile operation of the loop -> the operation of the schedule that executes it."""
        return {member: o.name for o in self.graph.operations for member in o.members}

    def behind_views(self, name: str) -> tuple[TileNode, bool, int]:
        """The tile behind transposes and broadcasts, whether it is transposed, and its distance."""
        tile, transposed, distance = self.tiled.tile(name), False, 0
        while self.operation(tile).kind in VIEWS:
            transposed ^= self.operation(tile).kind == "transpose"
            read = tile.reads[0]
            distance += read.distance
            source = source_of(read)
            if source is None:
                break
            tile = self.tiled.tile(source)
        return tile, transposed, distance

    def dimensions(self, tile: TileNode) -> tuple[Dimension, ...]:
        """Extents of the whole result, or of what is stored, with the sizes that they are."""
        operation = self.operation(tile)
        return operation.result.dimensions if operation.result else operation.memory_access.tile

    def offset(self, stored: TileNode, reader: TileNode, axis: int) -> int:
        """Where a sub-tile begins along an axis of a tile that is kept whole, in elements."""
        dimension = self.dimensions(stored)[axis]
        place = dict(reader.subtile)
        if dimension.size not in place:
            return 0
        return place[dimension.size] * dimension.extent // self._parts(reader, dimension)

    def _parts(self, reader: TileNode, dimension: Dimension) -> int:
        """Into how many parts an operation cuts a size that may be split for it alone."""
        own = self.dimensions(reader)[-len(reader.shape) :] if reader.shape else ()
        for whole, extent in zip(own, reader.shape, strict=True):
            if whole.size == dimension.size:
                return whole.extent // extent
        return dict(self.tiled.split).get(dimension.size or "", 1)

    def offset_within(self, stored: TileNode, reader: TileNode, axis: int) -> int:
        """Where what a sub-tile reads begins in a tile that may be a sub-tile itself, in elements.

        `axis` counts from the last one, -1.
        """
        dimensions = self.dimensions(stored)
        if dimensions[axis].size in dict(stored.subtile):
            return 0
        return self.offset(stored, reader, len(dimensions) + axis)


def source_of(read: TileRead) -> str | None:
    """The tile that is read, wherever it stands; None for constants, scalars and indices."""
    return read.tile or read.before or read.result
