"""Tiles in shared memory that a step reads: their addresses, named once for the step.

A ring of one slot has the same addresses in every iteration. The compiler would compute those of
all elements before the loop and spill them; so it is not told that they are the same, nor where
the thread's elements lie.
"""

from __future__ import annotations

from ...models.warp_expression import Expression, StoredElement, SumAbove, stored_in, sums_above_in
from .indices import Sum
from .names import identifier
from .scope import Scope

OWN = {"lane_row": "own_row", "lane_column": "own_column"}
"""What the first row and column of a thread are called while a step reads tiles."""


def tile_name(stored: StoredElement | SumAbove) -> str:
    """The variable that holds the address of a tile while a step reads it."""
    age = stored.age if isinstance(stored, StoredElement) else 0
    return f"{identifier(stored.buffer)}_read" + (f"_{age}" if age else "")


def tiles_read(value: Expression | None, scope: Scope) -> list[str]:
    """The declarations of these variables for all tiles that an expression reads."""
    if value is None:
        return []
    read: list[StoredElement | SumAbove] = list(stored_in(value))
    read += [SumAbove(buffer=name) for name in sums_above_in(value)]
    found = {tile_name(one): _address(one, scope) for one in read}
    if not found:
        return []
    lines = [f"const u32 {name} = unknown({address});" for name, address in found.items()]
    return [*lines, *(f"const int {own} = unknown({lane});" for lane, own in OWN.items())]


def _address(stored: StoredElement | SumAbove, scope: Scope) -> str:
    ring = stored.ring if isinstance(stored, StoredElement) else None
    age = stored.age if isinstance(stored, StoredElement) else 0
    return scope.address(stored.buffer, Sum() if ring is None else scope.slot(ring, age))
