"""Loaded numbers on which indices depend: each role that uses one loads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...models.index_expression import names_in_index
from ...models.tile_operation import IndexOperand
from ...models.tiling import TileNode
from ...models.warp_step import Step
from ..inputs import Emission
from ..lower.finish import load_vectors
from ..lower.registers import Registers


def scalar_loads(
    emission: Emission, tiles: Iterable[TileNode], registers: Registers
) -> Iterator[Step]:
    """Of those on which these tiles, or the loop, depend."""
    indices = [emission.loop.start, emission.loop.stop]
    for tile in tiles:
        operation = emission.operation(tile)
        indices += operation.access.index if operation.access else ()
        indices += [o.expression for o in operation.operands if isinstance(o, IndexOperand)]
    names = (name for index in indices for name in names_in_index(index))
    wanted = {name.name for name in names if name.role == "local"}
    for tile in emission.tiled.before:
        if tile.name in wanted:
            yield from load_vectors(emission, tile, registers)
