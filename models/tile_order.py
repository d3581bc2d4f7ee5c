"""The order in which the tiles of a grid are done: from their numbers to their grid indices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import Field, model_validator

from .document import Count, Document, Name
from .index_expression import (
    IndexConstant,
    IndexExpression,
    IndexName,
    IndexOperation,
    IndexOperator,
    evaluate_index,
)
from .tile_program import GridAxis

NUMBER = "tile.number"
"""The number of a tile in expressions; no index of a kernel document has a dot in its name."""


TILES = "tile.count"
"""How many tiles there are, in the same way."""

MOST_TILES = 2**31 - 2**10
"""That a persistent kernel takes: it adds the number of blocks to the number of a tile."""


class TileOrder(Document):
    """Grid axes, the fastest first, and how wide the bands are into which the first one is cut.

    Without bands (0) tiles are counted along the first axis, then along the second, and so on. With
    bands the tiles of a band are counted across it and then along the second axis, band after band,
    the last one as wide as what is left; the other axes come last. `downwards`: axes of which the
    last tile comes first.
    """

    axes: Annotated[tuple[Name, ...], Field(min_length=1, max_length=3)]
    band: Count = 0  # tiles
    downwards: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _has_axes_to_walk_along(self) -> Self:
        if self.band and len(self.axes) < 2:
            raise ValueError("bands need a second axis to go along")
        if not set(self.downwards) <= set(self.axes):
            raise ValueError("an axis that is walked downwards is one of the axes")
        return self


@dataclass(frozen=True, slots=True)
class Definition:
    """A name for an integer that later expressions use."""

    name: str
    value: IndexExpression


def plain_order(grid: Sequence[GridAxis]) -> TileOrder:
    """As a grid of blocks counts them: the first axis of the grid is the fastest."""
    return TileOrder(axes=tuple(axis.index for axis in grid))


def number_of_tiles(grid: Sequence[GridAxis]) -> IndexExpression:
    """The product of all counts."""
    return _product([axis.count for axis in grid])


def number_by_counts(grid: Sequence[GridAxis]) -> IndexExpression:
    """The same from the counts that `tile_counts` defines."""
    return _product([_tiles(axis.index) for axis in grid])


def tile_counts(grid: Sequence[GridAxis]) -> tuple[Definition, ...]:
    """How many tiles lie along each axis, for `tile_indices`."""
    return tuple(Definition(f"{axis.index}.tiles", axis.count) for axis in grid)


def tile_indices(order: TileOrder) -> tuple[Definition, ...]:
    """Every grid index from NUMBER and the counts, with what they have in common named before.

    No product is larger than the number of all tiles, and nothing negative is divided.
    """
    number = _name(NUMBER)
    upwards = _banded(order, number) if order.band else _plain(order.axes, number)
    return tuple(_turned(one) if one.name in order.downwards else one for one in upwards)


def place_of(
    order: TileOrder, grid: Sequence[GridAxis], number: int, values: Mapping[str, int]
) -> dict[str, int]:
    """The grid indices of tile `number`; `values` binds extents and integer arguments."""
    known = {**values, NUMBER: number}
    for definition in (*tile_counts(grid), *tile_indices(order)):
        known[definition.name] = evaluate_index(definition.value, known)
    return {axis.index: known[axis.index] for axis in grid}


def _turned(definition: Definition) -> Definition:
    last = _join("-", _tiles(definition.name), IndexConstant(value=1))
    return Definition(definition.name, _join("-", last, definition.value))


def _plain(axes: Sequence[str], number: IndexExpression) -> Iterator[Definition]:
    for place, axis in enumerate(axes):
        value = number
        if place:
            value = _join("//", number, _product([_tiles(faster) for faster in axes[:place]]))
        if place + 1 < len(axes):
            value = _join("%", value, _tiles(axis))
        yield Definition(axis, value)


def _banded(order: TileOrder, number: IndexExpression) -> Iterator[Definition]:
    across, along, *slower = order.axes
    if slower:
        plane = _product([_tiles(across), _tiles(along)])
        yield from _plain(slower, _join("//", number, plane))
        yield Definition("plane.number", _join("%", number, plane))
        number = _name("plane.number")
    band = IndexConstant(value=order.band)
    first, width, place = _name("band.first"), _name("band.width"), _name("band.place")
    line = _join("//", _join("//", number, _tiles(along)), band)
    yield Definition("band.first", _join("*", line, band))
    yield Definition("band.width", _join("min", band, _join("-", _tiles(across), first)))
    yield Definition("band.place", _join("-", number, _join("*", first, _tiles(along))))
    yield Definition(across, _join("+", first, _join("%", place, width)))
    yield Definition(along, _join("//", place, width))


def _product(factors: Sequence[IndexExpression]) -> IndexExpression:
    product = factors[0]
    for factor in factors[1:]:
        product = _join("*", product, factor)
    return product


def _tiles(axis: str) -> IndexName:
    return _name(f"{axis}.tiles")


def _name(name: str) -> IndexName:
    return IndexName(name=name, role="grid")  # all of them are 0 or more


def _join(operator: IndexOperator, left: IndexExpression, right: IndexExpression) -> IndexOperation:
    return IndexOperation(operator=operator, left=left, right=right)
