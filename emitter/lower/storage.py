"""Shared memory of a block: rings of streamed tiles, resident tiles, staging, tensor maps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ...models.errors import Unsupported
from ...models.kernel import ELEMENT_BYTES, ElementType
from ...models.tile_operation import TileAccess
from ...models.tiling import TileNode
from ...models.warp_program import Ring, SharedBuffer, Swizzle, TensorMap
from ...models.warp_program_checks import BASE_ALIGNMENT
from ...models.warp_step import CopyIn
from ..inputs import Emission
from .plan import Plan

SWIZZLES: tuple[Swizzle, ...] = (128, 64, 32)
WARPS = 4


@dataclass(slots=True)
class Storage:
    """What lies where, as it is laid out one after the other."""

    buffers: dict[str, SharedBuffer] = field(default_factory=dict)
    rings: dict[str, Ring] = field(default_factory=dict)
    ring_of: dict[str, str] = field(default_factory=dict)  # buffer -> ring
    maps: dict[tuple[str, tuple[int, ...], Swizzle], TensorMap] = field(default_factory=dict)
    end: int = 0

    def add(self, name: str, rows: int, columns: int, dtype: ElementType, slots: int) -> None:
        """A swizzled buffer behind what lies there already."""
        size = rows * columns * ELEMENT_BYTES[dtype]
        slot = -(-size // BASE_ALIGNMENT) * BASE_ALIGNMENT
        self.buffers[name] = SharedBuffer(
            name=name, offset=self.end, slots=slots, slot_bytes=slot, rows=rows, columns=columns,
            dtype=dtype, swizzle=swizzle_of(columns, dtype),
        )  # fmt: skip
        self.end += slots * slot

    def map_of(self, argument: str, box: tuple[int, ...], swizzle: Swizzle) -> str:
        """The name of the tensor map of an argument with such boxes."""
        key = (argument, box, swizzle)
        if key not in self.maps:
            others = sum(known[0] == argument for known in self.maps)
            name = f"{argument}_map" + (f"_{others + 1}" if others else "")
            self.maps[key] = TensorMap(name=name, argument=argument, box=box, swizzle=swizzle)
        return self.maps[key].name


def swizzle_of(columns: int, dtype: ElementType) -> Swizzle:
    """The widest swizzle whose span divides a row."""
    row = columns * ELEMENT_BYTES[dtype]
    return next((span for span in SWIZZLES if row % span == 0), 0)


def lay_out(emission: Emission, plan: Plan, deeper: int = 0) -> Storage:
    """Rings and resident tiles; staging is added when it is known what is stored."""
    storage = Storage()
    depths = {ring.buffer: ring.depth for ring in emission.schedule.rings}
    for name in resident_tiles(emission):
        _add_tile(emission, storage, emission.tiled.tile(name), 1)
        storage.rings[name] = Ring(
            name=name, buffers=(name,), depth=1, bytes=_bytes(emission, (name,)), arrivals=0
        )
        storage.ring_of[name] = name
    for members in _ring_members(emission, plan):
        depth = depths[members[0]] + deeper
        for member in members:
            _add_tile(emission, storage, emission.tiled.tile(member), depth)
            storage.ring_of[member] = members[0]
        warps = WARPS * len(consumers(emission, plan, members[0]))
        storage.rings[members[0]] = Ring(
            name=members[0], buffers=members, depth=depth, bytes=_bytes(emission, members),
            arrivals=warps,
        )  # fmt: skip
    return storage


def resident_tiles(emission: Emission) -> tuple[str, ...]:
    """Tiles loaded before the loop that products of the loop read."""
    found: dict[str, None] = {}
    for tile in emission.tiled.loop:
        if emission.operation(tile).kind == "dot":
            for read in tile.reads:
                if read.before is not None and read.position < 2:
                    found[emission.behind_views(read.before)[0].name] = None
    return tuple(found)


def consumers(emission: Emission, plan: Plan, load: str) -> tuple[str, ...]:
    """Roles that read a loaded tile where it lies."""
    readers = dict.fromkeys(
        plan.role_of(d.target).name
        for d in emission.graph.dependences
        if d.kind == "flow" and d.source == load
    )
    return tuple(readers)


def _ring_members(emission: Emission, plan: Plan) -> Iterator[tuple[str, ...]]:
    """Loads that are waited for together: same depth, same readers, one after the other."""
    depths = {ring.buffer: ring.depth for ring in emission.schedule.rings}
    group: list[str] = []
    key: object = None
    producer = [r for r in plan.roles if any(o.kind == "load" for o in r.operations)]
    for operation in (o for r in producer for o in r.operations if o.kind == "load"):
        own = (depths[operation.name], operation.lag, _readers(emission, operation.name))
        if group and own != key:
            yield tuple(group)
            group = []
        group.append(operation.name)
        key = own
    if group:
        yield tuple(group)


def _readers(emission: Emission, load: str) -> frozenset[str]:
    return frozenset(
        d.target for d in emission.graph.dependences if d.kind == "flow" and d.source == load
    )


def _bytes(emission: Emission, names: Iterable[str]) -> int:
    total = 0
    for name in names:
        tile = emission.tiled.tile(name)
        elements = 1
        for extent in tile.shape:
            elements *= extent
        total += elements * ELEMENT_BYTES[tile.dtype]
    return total


def _add_tile(emission: Emission, storage: Storage, tile: TileNode, slots: int) -> None:
    line = emission.operation(tile).position.line
    if len(tile.shape) != 2:
        raise Unsupported(f"{tile.name}: a vector loaded in the loop", line)
    if not swizzle_of(tile.shape[1], tile.dtype):
        raise Unsupported(f"{tile.name}: rows of {tile.shape[1]} {tile.dtype}", line)
    storage.add(tile.name, tile.shape[0], tile.shape[1], tile.dtype, slots)


def copies_in(
    emission: Emission, storage: Storage, name: str, operation: str, lag: int
) -> Iterator[CopyIn]:
    """The copies of one tile to its slot, one for each panel of the buffer."""
    tile, buffer = emission.tiled.tile(name), storage.buffers[name]
    access = emission.operation(tile).memory_access
    columns = buffer.swizzle // ELEMENT_BYTES[buffer.dtype]
    box = (*_tile(access)[:-1], columns)
    for panel in range(buffer.columns // columns):
        yield CopyIn(
            ring=storage.ring_of[name], buffer=name,
            tensor_map=storage.map_of(access.argument, box, buffer.swizzle),
            index=access.index, tile=_tile(access), first_column=panel * columns,
            panel_offset=panel * buffer.rows * buffer.swizzle, operation=operation, lag=lag,
        )  # fmt: skip


def _tile(access: TileAccess) -> tuple[int, ...]:
    return tuple(dimension.extent for dimension in access.tile)
