"""Tiles and their numbers: every tile has one number, whatever the extents are."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twill.models.index_expression import IndexName, evaluate_index
from twill.models.tile_order import TileOrder, number_of_tiles, place_of, plain_order
from twill.models.tile_program import GridAxis

AXES = ("x", "y", "z")


def grid_of(count: int) -> tuple[GridAxis, ...]:
    """So many axes, whose counts are extents of their names in capitals."""
    return tuple(
        GridAxis(index=axis, count=IndexName(name=axis.upper(), role="extent"))
        for axis in AXES[:count]
    )


@st.composite
def orders(draw: st.DrawFn) -> tuple[TileOrder, dict[str, int]]:
    count = draw(st.integers(1, 3))
    axes = tuple(draw(st.permutations(AXES[:count])))
    band = draw(st.sampled_from((0, 2, 3, 8, 16))) if count > 1 else 0
    downwards = tuple(draw(st.sets(st.sampled_from(axes))))
    return TileOrder(axes=axes, band=band, downwards=downwards), {
        a.upper(): draw(st.integers(1, 13)) for a in axes
    }


def places(order: TileOrder, extents: dict[str, int]) -> list[tuple[int, ...]]:
    grid = grid_of(len(order.axes))
    total = evaluate_index(number_of_tiles(grid), extents)
    found = (place_of(order, grid, number, extents) for number in range(total))
    return [tuple(place[axis.index] for axis in grid) for place in found]


@given(orders())
def test_numbers_and_tiles_are_one_to_one(case: tuple[TileOrder, dict[str, int]]) -> None:
    order, extents = case
    wanted = product(*(range(extents[axis.upper()]) for axis in AXES[: len(order.axes)]))
    assert sorted(places(order, extents)) == sorted(wanted)


def test_the_plain_order_is_that_of_a_grid_of_blocks() -> None:
    found = places(plain_order(grid_of(3)), {"X": 2, "Y": 3, "Z": 2})
    assert found == [(x, y, z) for z in range(2) for y in range(3) for x in range(2)]


def test_bands_are_filled_one_after_the_other_and_the_last_is_narrow() -> None:
    found = places(TileOrder(axes=("y", "x"), band=2), {"X": 3, "Y": 3})
    whole = [(x, y) for x in range(3) for y in (0, 1)]
    assert found == [*whole, *((x, 2) for x in range(3))]


def test_other_axes_come_last() -> None:
    found = places(TileOrder(axes=("x", "y", "z"), band=2), {"X": 4, "Y": 2, "Z": 2})
    assert [z for _, _, z in found] == [0] * 8 + [1] * 8


def test_the_last_tile_of_an_axis_comes_first_where_it_is_walked_downwards() -> None:
    found = places(TileOrder(axes=("x", "y"), downwards=("x",)), {"X": 3, "Y": 2})
    assert found == [(x, y) for y in range(2) for x in (2, 1, 0)]


def test_an_axis_that_is_not_there_is_not_walked() -> None:
    with pytest.raises(ValueError, match="one of the axes"):
        TileOrder(axes=("x",), downwards=("y",))


def test_bands_of_a_line_are_refused() -> None:
    with pytest.raises(ValueError, match="a second axis"):
        TileOrder(axes=("x",), band=8)
