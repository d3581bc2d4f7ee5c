"""Grid indices in C++: those of a block as it is launched, or those of a tile by its number."""

from __future__ import annotations

from collections.abc import Iterable

from ...models.index_expression import IndexConstant
from ...models.tile_order import (
    NUMBER,
    TILES,
    Definition,
    number_by_counts,
    tile_counts,
    tile_indices,
)
from ...models.warp_program import WarpProgram
from .indices import Sum
from .names import Names
from .scope import Scope
from .text import block, words_in

AXES = ("x", "y", "z")
Defined = dict[str, str]
"""The value of each variable, in the order in which they are defined."""


def name_grid(program: WarpProgram, names: Names) -> None:
    """Give each grid index, and what it is made from, its identifier."""
    for axis in program.grid:
        names.give("grid", axis.index)
    if program.order is not None:
        made = (*tile_counts(program.grid), *tile_indices(program.order))
        indices = {axis.index for axis in program.grid}
        for name in (NUMBER, TILES, *(d.name for d in made if d.name not in indices)):
            names.give("grid", name)


def grid_counts(scope: Scope) -> Defined:
    """How many tiles lie along each axis, and in all, where tiles are numbered."""
    grid = scope.program.grid
    if scope.program.order is None:
        return {}
    product = Definition(TILES, number_by_counts(grid))
    return _defined((*tile_counts(grid), product), scope)


def grid_indices(scope: Scope) -> Defined:
    """The grid indices of this block, or of the tile whose number it has; trips of the loop."""
    program = scope.program
    if program.order is None:
        places = zip(program.grid, AXES, strict=False)
        return {scope.names.of("grid", axis.index): f"blockIdx.{place}" for axis, place in places}
    number = {} if program.persistent else {scope.names.of("grid", NUMBER): "blockIdx.x"}
    return number | _defined(tile_indices(program.order), scope)


def trips(scope: Scope) -> Defined:
    """How often the loop runs."""
    loop = scope.program.loop
    count: Sum = scope.index(loop.stop) + scope.index(loop.start) * -1
    from_0 = loop.start == IndexConstant(kind="constant", value=0)
    sure = from_0 and scope.is_natural(loop.stop)
    return {"trips": count.text if sure else f"max(0, {count.text})"}


def over_tiles(lines: list[str], scope: Scope) -> list[str]:
    """The loop over the tiles of a block, around the steps of a role for one tile."""
    number = scope.names.of("grid", NUMBER)
    head = (
        f"for (int {number} = blockIdx.x; {number} < {scope.names.of('grid', TILES)}; "
        f"{number} += gridDim.x)"
    )
    known = needed(grid_indices(scope) | trips(scope), words_in("\n".join(lines)))
    return ["#pragma unroll 1", *block(head, [*definitions(known), *lines])]


def needed(known: Defined, used: set[str]) -> Defined:
    """Those that are used, or that what is used is made from; adds their words to `used`."""
    for name, value in reversed(known.items()):
        used |= words_in(value) if name in used else set()
    return {name: value for name, value in known.items() if name in used}


def definitions(known: Defined) -> list[str]:
    """One line each."""
    return [f"const int {name} = {value};" for name, value in known.items()]


def _defined(definitions: Iterable[Definition], scope: Scope) -> Defined:
    return {scope.names.of("grid", d.name): scope.index(d.value).text for d in definitions}
