"""What stands after the loop: stores, and what of the loop they read."""

from __future__ import annotations

from ...models.tiling import TileNode
from ..inputs import Emission


def stores_of(emission: Emission) -> list[TileNode]:
    """Every store after the loop."""
    kinds = ("store", "reduce_add")
    return [t for t in emission.tiled.after if emission.operation(t).kind in kinds]


def needed_tiles(emission: Emission, stores: list[TileNode]) -> list[TileNode]:
    """Tiles outside the loop that the stores read, directly or not, in program order."""
    names: set[str] = set()
    todo = list(stores)
    while todo:
        for read in todo.pop().reads:
            source = read.tile or read.before
            if source is not None and source not in names:
                names.add(source)
                todo.append(emission.tiled.tile(source))
    tiles = (*emission.tiled.before, *emission.tiled.after)
    return [tile for tile in tiles if tile.name in names]


def results_of(emission: Emission, store: TileNode) -> tuple[str, ...]:
    """What of the loop a store reads."""
    tiles = (store, *needed_tiles(emission, [store]))
    found = (read.result for tile in tiles for read in tile.reads)
    return tuple(dict.fromkeys(name for name in found if name is not None))
