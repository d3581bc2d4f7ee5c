"""How tiles lie over a warp group: as products have them, or by stripes in a kernel without any."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...models.errors import Unsupported
from ...models.kernel import ElementType
from ...models.stripes import ROWS, column_step
from ...models.tiling import TileNode
from ..inputs import Emission
from ..work import PRODUCT_ROWS
from .staging import is_matrix

if TYPE_CHECKING:
    from .layouts import Layouts

MOVED: tuple[ElementType, ...] = ("f32", "i32", "bf16", "fp16")
"""Elements of which a stripe is moved to and from shared memory at once."""


def fragment_rows(emission: Emission, layouts: Layouts) -> int:
    """The rows of every fragment: 64 where products are, or fit; else 8, or 4, by stripes.

    Raises Unsupported, naming the tile, where tiles cannot lie by stripes either.
    """
    tiles = (*emission.tiled.before, *emission.tiled.loop, *emission.tiled.after)
    if any(emission.operation(tile).kind == "dot" for tile in tiles):
        return PRODUCT_ROWS
    heights = {rows for tile in tiles if (rows := _rows(tile, layouts))}
    fitting = (n for n in (PRODUCT_ROWS, *ROWS) if all(rows % n == 0 for rows in heights))
    rows = next(fitting, PRODUCT_ROWS)
    if rows != PRODUCT_ROWS:
        for tile in filter(is_matrix, tiles):
            _check(emission, tile, rows)
    return rows


def _rows(tile: TileNode, layouts: Layouts) -> int:
    """Of a tile that lies along the rows of a warp group; 0 if it does not."""
    layout = layouts.of(tile)
    if layout == "matrix":
        return tile.shape[-2]
    return max(tile.shape) if layout == "rows" else 0


def _check(emission: Emission, tile: TileNode, rows: int) -> None:
    operation, step = emission.operation(tile), column_step(rows)
    line = operation.position.line
    if tile.shape[-1] % step:
        raise Unsupported(
            f"{tile.name} has {tile.shape[-1]} columns, with {rows} rows of a fragment no multiple "
            f"of {step}",
            line,
        )
    if operation.kind in ("load", "store", "reduce_add") and tile.dtype not in MOVED:
        raise Unsupported(f"{tile.name}: {tile.dtype} by stripes, not {' or '.join(MOVED)}", line)


def resident_vectors(emission: Emission, layouts: Layouts) -> tuple[str, ...]:
    """Vectors along the columns that are loaded before the loop and read by its elementwise work.

    By stripes each thread would need a register for each of its columns: they stay in shared
    memory, where the scheduling problem has them.
    """
    if layouts.rows == PRODUCT_ROWS:
        return ()
    return tuple(dict.fromkeys(_loaded_before(emission, layouts)))


def _loaded_before(emission: Emission, layouts: Layouts) -> Iterator[str]:
    for tile in emission.tiled.loop:
        for read in tile.reads:
            if read.before is None:
                continue
            source = emission.behind_views(read.before)[0]
            if emission.operation(source).kind == "load" and layouts.of(source) == "columns":
                yield source.name
