"""Where results are staged on their way out: in a resident tile that is read no more, or apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...models.errors import Unsupported
from ...models.tiling import TileNode
from ..inputs import Emission, source_of
from .plan import Plan
from .storage import Storage, swizzle_of


def is_matrix(tile: TileNode) -> bool:
    """Whether a tile spans several rows and columns."""
    return sum(extent > 1 for extent in tile.shape) >= 2


def lay_out_staging(
    emission: Emission, plan: Plan, storage: Storage, stores: Mapping[str, str]
) -> dict[str, str]:
    """The buffer of each stored tile; `stores`: tile that is stored -> role that stores it.

    Once the loop is over a resident tile may be overwritten, by the role that alone has read those
    rows of it. All parts of a stored tile that have the same columns share one buffer.
    """
    chosen: dict[str, str] = {}
    parts: dict[str, list[TileNode]] = {}
    for name in stores:
        tile = emission.tiled.tile(name)
        if is_matrix(tile):
            column = first_column(emission, tile)
            together = f"{tile.operation}.{column}" if column else tile.operation
            parts.setdefault(together, []).append(tile)
    for together, tiles in parts.items():
        free = [n for n in _residents(storage) if n not in chosen.values()]
        fitting = (n for n in free if _may_hold(emission, plan, storage, n, tiles, stores))
        found = next(fitting, None) or _apart(emission, storage, together, tiles[0])
        chosen |= dict.fromkeys((tile.name for tile in tiles), found)
    return chosen


def first_column(emission: Emission, tile: TileNode) -> int:
    """Where a part of a matrix begins along its last axis, in elements."""
    return emission.offset(tile, tile, len(emission.dimensions(tile)) - 1)


def _residents(storage: Storage) -> Iterable[str]:
    return [
        buffer for ring in storage.rings.values() if not ring.arrivals for buffer in ring.buffers
    ]


def _apart(emission: Emission, storage: Storage, name: str, tile: TileNode) -> str:
    rows, columns = emission.dimensions(tile)[-2].extent, tile.shape[-1]
    if not swizzle_of(columns, tile.dtype):
        line = emission.operation(tile).position.line
        raise Unsupported(f"{tile.name}: rows of {columns} {tile.dtype}", line)
    storage.add(name, rows, columns, tile.dtype, 1)
    storage.place()
    return name


def _may_hold(
    emission: Emission, plan: Plan, storage: Storage, resident: str, tiles: list[TileNode],
    stores: Mapping[str, str],
) -> bool:  # fmt: skip
    buffer, whole = storage.buffers[resident], emission.dimensions(tiles[0])
    shape = (whole[-2].extent, tiles[0].shape[-1], tiles[0].dtype)
    is_cut = whole[-1].extent != tiles[0].shape[-1]
    if is_cut or (buffer.rows, buffer.columns, buffer.dtype) != shape:
        return False
    writers = {(_first_row(emission, tile, tile), stores[tile.name]) for tile in tiles}
    whole_tile = emission.tiled.tile(resident)
    readers = {
        (_first_row(emission, whole_tile, p), plan.role_of(emission.owner[p.name]).name)
        for p in _readers(emission, resident)
    }
    return readers == writers


def _readers(emission: Emission, resident: str) -> list[TileNode]:
    """Products of the loop that read a resident tile."""
    return [
        tile
        for tile in emission.tiled.loop
        if emission.operation(tile).kind == "dot"
        for read in tile.reads
        if (source := source_of(read)) and emission.behind_views(source)[0].name == resident
    ]


def _first_row(emission: Emission, stored: TileNode, part: TileNode) -> int:
    return emission.offset(stored, part, len(emission.dimensions(stored)) - 2)
