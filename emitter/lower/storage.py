"""Shared memory of a block: rings of streamed tiles, resident tiles, staging, tensor maps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ...models.errors import Unsupported
from ...models.kernel import ELEMENT_BYTES, ElementType
from ...models.shared_step import CopyElement
from ...models.tile_operation import TileAccess
from ...models.tiling import TileNode
from ...models.warp_program import Ring, SharedBuffer, Swizzle, TensorMap
from ...models.warp_program_checks import BASE_ALIGNMENT
from ...models.warp_step import CopyIn
from ..inputs import Emission
from .places import Places
from .plan import Plan

SWIZZLES: tuple[Swizzle, ...] = (128, 64, 32)
VECTOR_ALIGNMENT = 128  # bytes, of what copies write (CUDA driver API, tensor maps)
SINGLE_BYTES = 4  # of an element that is copied by itself (PTX ISA, cp.async)
CHUNK_BYTES = 16  # of which a copy moves whole ones
MOST_BOX = 256  # elements of a box along a dimension


@dataclass(slots=True)
class Storage:
    """What lies where, as it is laid out one after the other."""

    buffers: dict[str, SharedBuffer] = field(default_factory=dict)
    rings: dict[str, Ring] = field(default_factory=dict)
    ring_of: dict[str, str] = field(default_factory=dict)  # buffer -> ring
    maps: dict[tuple[str, tuple[int, ...], Swizzle], TensorMap] = field(default_factory=dict)
    vectors: tuple[str, ...] = ()  # that stay for the whole loop, as threads read them
    end: int = 0

    def add(
        self, name: str, rows: int, columns: int, dtype: ElementType, slots: int,
        *, plain: bool = False,
    ) -> None:  # fmt: skip
        """A buffer, swizzled if it is a matrix and not `plain`; `place` says where it lies."""
        size = rows * columns * ELEMENT_BYTES[dtype]
        swizzle = 0 if plain or rows == 1 else swizzle_of(columns, dtype)
        whole = BASE_ALIGNMENT if swizzle else VECTOR_ALIGNMENT
        self.buffers[name] = SharedBuffer(
            name=name, offset=0, slots=slots, slot_bytes=-(-size // whole) * whole, rows=rows,
            columns=columns, dtype=dtype, swizzle=swizzle,
        )  # fmt: skip

    def put(self, ring: Ring) -> None:
        """A ring of buffers that were added."""
        self.rings[ring.name] = ring
        self.ring_of |= dict.fromkeys(ring.buffers, ring.name)

    def place(self) -> None:
        """Give every buffer its offset: matrices first, which need the larger alignment."""
        self.end = 0
        for buffer in sorted(self.buffers.values(), key=lambda b: not b.swizzle):
            self.buffers[buffer.name] = buffer.model_copy(update={"offset": self.end})
            self.end += buffer.slots * buffer.slot_bytes

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


def lay_out(
    emission: Emission, plan: Plan, places: Places, deeper: int = 0, vectors: tuple[str, ...] = ()
) -> Storage:
    """Rings and resident tiles; staging is added when it is known what is stored.

    `vectors`: those that are resident too.
    """
    storage = Storage(vectors=vectors)
    for name in (*resident_tiles(emission), *vectors):
        _add_tile(emission, storage, emission.tiled.tile(name), name, 1)
        ring = Ring(name=name, buffers=(name,), depth=1, bytes=_bytes(storage, (name,)), arrivals=0)
        storage.put(ring)
    depths = {ring.buffer: ring.depth for ring in emission.schedule.rings}
    for members in _ring_members(emission, plan, places):
        depth = depths[members[0]] + deeper
        for member in members:
            _add_tile(emission, storage, emission.tiled.tile(member), member, depth)
        storage.put(
            Ring(
                name=members[0], buffers=members, depth=depth,
                arrivals=_arrivals(plan, places, members[0]),
                **_filled(emission, storage, members),
            )
        )  # fmt: skip
    for handover in places.handovers:
        depth = handover.depth + deeper
        _add_tile(emission, storage, emission.tiled.tile(handover.tile), handover.buffer, depth)
        storage.put(
            Ring(
                name=handover.buffer, buffers=(handover.buffer,), depth=depth, bytes=0,
                writers=plan.role_of(handover.writer).warps,
                arrivals=_arrivals(plan, places, handover.buffer),
            )
        )  # fmt: skip
    storage.place()
    return storage


def _arrivals(plan: Plan, places: Places, buffer: str) -> int:
    """On the empty barrier of a slot: each warp of a role that reads it, or the thread that copies.

    Raises Unsupported where a warp group reads a buffer and copies it out as well.
    """
    total = 0
    for role in plan.roles:
        kinds = {places.kind(o.name) for o in role.operations if o.name in places.readers(buffer)}
        if "copy" in kinds and len(kinds) > 1:
            raise Unsupported(f"{role.name} reads {buffer} and copies it out")
        if kinds:
            total += 1 if "copy" in kinds else role.warps
    return total


def resident_tiles(emission: Emission) -> tuple[str, ...]:
    """Tiles loaded before the loop that products of the loop read."""
    found: dict[str, None] = {}
    for tile in emission.tiled.loop:
        if emission.operation(tile).kind == "dot":
            for read in tile.reads:
                if read.before is not None and read.position < 2:
                    found[emission.behind_views(read.before)[0].name] = None
    return tuple(found)


def _ring_members(emission: Emission, plan: Plan, places: Places) -> Iterator[tuple[str, ...]]:
    """Loads that are waited for together: same depth, same readers, one after the other."""
    depths = {ring.buffer: ring.depth for ring in emission.schedule.rings}
    group: list[str] = []
    key: object = None
    for role in plan.roles:
        for operation in (o for o in role.operations if o.kind == "load"):
            readers = frozenset(places.readers(operation.name))
            own = (role.name, depths[operation.name], operation.lag, readers)
            if group and own != key:
                yield tuple(group)
                group = []
            group.append(operation.name)
            key = own
    if group:
        yield tuple(group)


def is_element(tile: TileNode) -> bool:
    """Whether a loaded tile is one element that is copied by itself."""
    return max(tile.shape, default=1) == 1 and ELEMENT_BYTES[tile.dtype] == SINGLE_BYTES


def _filled(emission: Emission, storage: Storage, names: tuple[str, ...]) -> dict[str, int]:
    """What copies bring to one slot of each of the buffers: bytes, and elements one by one."""
    single = [name for name in names if is_element(emission.tiled.tile(name))]
    return {
        "bytes": _bytes(storage, (name for name in names if name not in single)),
        "elements": len(single),
    }


def _bytes(storage: Storage, names: Iterable[str]) -> int:
    """What tensor copies bring to one slot of each of the buffers."""
    buffers = [storage.buffers[name] for name in names]
    return sum(b.rows * b.columns * ELEMENT_BYTES[b.dtype] for b in buffers)


def _add_tile(emission: Emission, storage: Storage, tile: TileNode, name: str, slots: int) -> None:
    """A matrix, or a vector as one row of whole chunks of 16 bytes."""
    line = emission.operation(tile).position.line
    if len([extent for extent in tile.shape if extent > 1]) < 2:
        extent = max(tile.shape, default=1)
        whole = CHUNK_BYTES // ELEMENT_BYTES[tile.dtype]
        columns = -(-extent // whole) * whole
        if name not in storage.vectors and columns > MOST_BOX:
            raise Unsupported(f"{tile.name}: a vector of {extent} elements in the loop", line)
        storage.add(name, 1, columns, tile.dtype, slots)
        return
    if not swizzle_of(tile.shape[-1], tile.dtype):
        raise Unsupported(f"{tile.name}: rows of {tile.shape[-1]} {tile.dtype}", line)
    storage.add(name, tile.shape[-2], tile.shape[-1], tile.dtype, slots)


def _box(columns: int, whole: int) -> int:
    """The widest box, of whole chunks, into which a vector of so many elements can be cut."""
    return max(b for b in range(whole, MOST_BOX + 1, whole) if columns % b == 0)


def copies_in(
    emission: Emission, storage: Storage, name: str, operation: str, lag: int
) -> Iterator[CopyIn | CopyElement]:
    """The copies of one tile to its slot: one for each panel of the buffer, or of an element."""
    tile, buffer = emission.tiled.tile(name), storage.buffers[name]
    access = emission.operation(tile).memory_access
    size = ELEMENT_BYTES[buffer.dtype]
    columns = buffer.swizzle // size
    if not columns:
        whole = CHUNK_BYTES // size
        columns = buffer.columns if buffer.rows > 1 else _box(buffer.columns, whole)
    box = (*_tile(access)[:-1], columns)
    if is_element(tile):
        yield CopyElement(
            ring=storage.ring_of[name], buffer=name, argument=access.argument, index=access.index,
            operation=operation, lag=lag,
        )  # fmt: skip
        return
    for panel in range(buffer.columns // columns):
        yield CopyIn(
            ring=storage.ring_of[name], buffer=name,
            tensor_map=storage.map_of(access.argument, box, buffer.swizzle),
            index=access.index, tile=_tile(access), first_column=panel * columns,
            panel_offset=panel * buffer.rows * columns * size, operation=operation, lag=lag,
        )  # fmt: skip


def _tile(access: TileAccess) -> tuple[int, ...]:
    return tuple(dimension.extent for dimension in access.tile)
