"""In which order the tiles of the grid are done, so that those of the same time share operands.

docs/decisions/0010-tile-order.md has the reasoning. Nothing but speed depends on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations
from math import prod
from typing import Literal

from ...models.index_expression import IndexOperation
from ...models.kernel import ELEMENT_BYTES
from ...models.tile_order import TileOrder, plain_order
from ...models.tile_program import GridAxis
from ..inputs import Emission
from .trends import trend

TileOrderName = Literal["bands", "plain"]


@dataclass(frozen=True, slots=True)
class Streamed:
    """A tile that the loop loads again and again: its bytes, and the grid axes it moves with."""

    bytes: int
    axes: frozenset[str]


def order_of(emission: Emission, name: TileOrderName) -> TileOrder | None:
    """The order of that name; None where it is the one in which the grid is launched anyway."""
    grid = emission.program.grid
    if name == "plain":
        return None
    order = shared_order(grid, tuple(_streamed(emission)), emission.multiprocessors)
    order = order.model_copy(update={"downwards": _longer_later(emission)})
    return None if order == plain_order(grid) else order


def _longer_later(emission: Emission) -> tuple[str, ...]:
    """Axes along which the loop becomes longer: what is begun last should not take longest."""
    trips = IndexOperation(operator="-", left=emission.loop.stop, right=emission.loop.start)
    return tuple(axis.index for axis in emission.program.grid if trend(trips, axis.index) == "up")


def shared_order(grid: Sequence[GridAxis], streamed: Sequence[Streamed], blocks: int) -> TileOrder:
    """The order in which `blocks` tiles that follow one another touch the fewest bytes.

    Of equal ones the first: that of the grid, then the one that goes furthest along its axes.
    """
    return min(_candidates(grid, blocks), key=lambda order: _touched(order, streamed, blocks))


def _candidates(grid: Sequence[GridAxis], blocks: int) -> Iterator[TileOrder]:
    """All axes in any order, without bands and with bands as wide as a power of two."""
    for axes in permutations(axis.index for axis in grid):
        yield TileOrder(axes=axes)
        if len(axes) > 1:
            yield from (
                TileOrder(axes=axes, band=1 << bit) for bit in range(1, (blocks - 1).bit_length())
            )


def _touched(order: TileOrder, streamed: Sequence[Streamed], blocks: int) -> Fraction:
    """Bytes of different tiles that so many blocks read at a time, if the axes are long enough."""
    across = order.band or blocks
    running = {order.axes[0]: Fraction(across)}
    if order.band:
        running[order.axes[1]] = Fraction(blocks, across)
    shares = (
        tile.bytes * prod((running.get(axis, Fraction(1)) for axis in tile.axes), start=Fraction(1))
        for tile in streamed
    )
    return sum(shares, start=Fraction(0))


def _streamed(emission: Emission) -> Iterator[Streamed]:
    """Loads of the loop. A loaded index counts for none of the axes that it was loaded by.

    It has fewer values than there are tiles along them: the group of a tile, the page of a row.
    """
    grid = {axis.index for axis in emission.program.grid}
    for operation in emission.loop.operations:
        if operation.kind == "load" and operation.access is not None:
            used = frozenset(n.name for n in operation.access.index_names() if n.role == "grid")
            bytes_read = operation.type.elements * ELEMENT_BYTES[operation.type.dtype]
            yield Streamed(bytes_read, used & grid)
