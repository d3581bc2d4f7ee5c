"""Grid indices in C++: those of a block as it is launched, or those of a tile by its number."""

from __future__ import annotations

from collections.abc import Iterable

from ...models.tile_order import NUMBER, Definition, tile_counts, tile_indices
from ...models.warp_program import WarpProgram
from .names import Names
from .scope import Scope

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
        for name in (NUMBER, *(d.name for d in made if d.name not in indices)):
            names.give("grid", name)


def grid_counts(scope: Scope) -> Defined:
    """How many tiles lie along each axis, where tiles are numbered."""
    return _defined(tile_counts(scope.program.grid), scope) if scope.program.order else {}


def grid_indices(scope: Scope) -> Defined:
    """The grid indices of this block, or of the tile whose number it has."""
    program = scope.program
    if program.order is None:
        places = zip(program.grid, AXES, strict=False)
        return {scope.names.of("grid", axis.index): f"blockIdx.{place}" for axis, place in places}
    number = {scope.names.of("grid", NUMBER): "blockIdx.x"}
    return number | _defined(tile_indices(program.order), scope)


def _defined(definitions: Iterable[Definition], scope: Scope) -> Defined:
    return {scope.names.of("grid", d.name): scope.index(d.value).text for d in definitions}
