"""Stripes: how a tile that no product reads or writes lies over the threads of a warp group.

A fragment has 8 rows, and 16 neighbouring threads hold a row, or 4 rows, and a warp holds one. They
take the columns of their row in turns, four at a time: a stripe. So a row is reduced by shuffles
within a warp, and what a quarter or a half of a warp reads at once lies side by side in shared
memory, 128 bytes of a row, in elements of 16 or 32 bits: no two of its threads want the same bank.
"""

from __future__ import annotations

from typing import Literal

Spread = Literal["quads", "rows", "stripes"]
"""How a fragment lies over the 128 threads of a role."""

GROUP_THREADS = 128  # of a warp group (PTX ISA, wgmma)
STRIPE = 4  # columns
ROWS = (8, 4)
"""Of a fragment, the preferred number first."""


def row_threads(rows: int) -> int:
    """How many neighbouring threads hold a row of a fragment of so many rows."""
    return GROUP_THREADS // rows


def threads_of_row(spread: Spread, rows: int) -> int:
    """How many threads hold a row of a fragment, each of which holds no other; 0 by quads.

    A fragment by stripes that has no rows is a number.
    """
    if spread == "stripes":
        return row_threads(rows) if rows else 1
    return 1 if spread == "rows" else 0


def column_step(rows: int) -> int:
    """Columns that the threads of a row hold in one turn: those of a tile are a multiple."""
    return STRIPE * row_threads(rows)
