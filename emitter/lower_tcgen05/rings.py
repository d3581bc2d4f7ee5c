"""Rings of streamed tiles: each role that reads a slot releases it by one commit."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from ...models.errors import Unsupported
from ...models.kernel import ELEMENT_BYTES
from ...models.warp_program import Ring
from ..inputs import Emission
from ..lower.plan import Plan
from ..lower.storage import Storage, resident_tiles, swizzle_of


def lay_out_rings(emission: Emission, plan: Plan, deeper: int) -> Storage:
    """Rings and resident tiles; what is staged is added later."""
    storage = Storage()
    for name in resident_tiles(emission):
        _add_tile(emission, storage, name, 1)
        bytes_held = _bytes(emission, (name,))
        storage.put(Ring(name=name, buffers=(name,), depth=1, bytes=bytes_held, arrivals=0))
    depths = {ring.buffer: ring.depth for ring in emission.schedule.rings}
    for members in _ring_members(emission, plan):
        depth = depths[members[0]] + deeper
        for member in members:
            _add_tile(emission, storage, member, depth)
        reading = {plan.role_of(reader).name for reader in _readers(emission, members[0])}
        storage.put(
            Ring(
                name=members[0], buffers=members, depth=depth, bytes=_bytes(emission, members),
                arrivals=len(reading),
            )
        )  # fmt: skip
    storage.place()
    return storage


def _ring_members(emission: Emission, plan: Plan) -> Iterator[tuple[str, ...]]:
    """Loads that are waited for together: same depth, same readers, one after the other."""
    depths = {ring.buffer: ring.depth for ring in emission.schedule.rings}
    group: list[str] = []
    key: object = None
    for role in plan.roles:
        for operation in (o for o in role.operations if o.kind == "load"):
            readers = _readers(emission, operation.name)
            own = (role.name, depths[operation.name], operation.lag, readers)
            if group and own != key:
                yield tuple(group)
                group = []
            group.append(operation.name)
            key = own
    if group:
        yield tuple(group)


def _readers(emission: Emission, load: str) -> frozenset[str]:
    kinds = {o.name: o.kind for o in emission.graph.operations}
    flows = [d for d in emission.graph.dependences if d.kind == "flow" and d.source == load]
    if any(kinds[flow.target] != "matrix" for flow in flows):
        line = emission.operation(load).position.line
        raise Unsupported(f"{load}: loaded in the loop, and not read by products alone", line)
    return frozenset(flow.target for flow in flows)


def _bytes(emission: Emission, names: tuple[str, ...]) -> int:
    tiles = [emission.tiled.tile(name) for name in names]
    return sum(prod(tile.shape) * ELEMENT_BYTES[tile.dtype] for tile in tiles)


def _add_tile(emission: Emission, storage: Storage, name: str, slots: int) -> None:
    tile = emission.tiled.tile(name)
    line = emission.operation(tile).position.line
    if len(tile.shape) != 2 or not swizzle_of(tile.shape[1], tile.dtype):
        raise Unsupported(f"{name}: a tile of {' x '.join(map(str, tile.shape))}", line)
    storage.add(name, tile.shape[0], tile.shape[1], tile.dtype, slots)
