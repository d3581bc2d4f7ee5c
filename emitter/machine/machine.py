"""The NumPy machine: a warp program, run block by block as its threads and engines would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

import numpy as np

from ...models.index_expression import evaluate_index
from ...models.tile_order import number_of_tiles, place_of, plain_order
from ...models.warp_program import WarpProgram
from .block import Block, Plan, plan_of
from .block_data import BlockData
from .launch import Launch, launch_of
from .layouts import Array
from .role_run import TileRun
from .scheduler import run_block
from .shared_memory import SharedMemory


def run_warp_program(
    program: WarpProgram,
    arguments: Mapping[str, Any],
    extents: Mapping[str, int] | None = None,
    seed: int = 0,
    blocks: Sequence[tuple[int, ...]] | None = None,
    multiprocessors: int = 2,
) -> dict[str, Array]:
    """The arrays that the program writes, by argument name, after all blocks or the given ones.

    A block is given by its grid indices, in the order of the program's grid; a persistent program
    does them in at most `multiprocessors` blocks. Arrays that are only
    written begin as NaN, those that are added to as zeros; arrays that are given are not changed.
    `seed` decides how roles and asynchronous completions interleave. Raises InvalidInput where
    arguments do not fit, ProgramViolation for hazards and deadlocks.
    """
    launch = launch_of(program, arguments, extents or {})
    places = _all_places(program, launch.integers) if blocks is None else blocks
    plan, tiles = plan_of(program), list(places)
    each = min(len(tiles), multiprocessors) if program.persistent else len(tiles)
    with np.errstate(all="ignore"):
        for number in range(each):
            _run(plan, launch, tiles[number::each], Random(seed * 1_000_003 + number))
    return {name: launch.arrays[name] for name in launch.outputs}


def _all_places(program: WarpProgram, integers: Mapping[str, int]) -> Iterator[tuple[int, ...]]:
    """The grid indices of every tile, in the order in which the tiles are numbered."""
    order = program.order or plain_order(program.grid)
    for number in range(evaluate_index(number_of_tiles(program.grid), integers)):
        place = place_of(order, program.grid, number, integers)
        yield tuple(place[axis.index] for axis in program.grid)


def _run(plan: Plan, launch: Launch, places: Sequence[tuple[int, ...]], random: Random) -> None:
    """One block, which does the tiles at these places one after the other."""
    memory = SharedMemory(plan.program.shared_bytes)
    run_block(Block(plan), [_tile(plan, launch, place, memory) for place in places], random)


def _tile(plan: Plan, launch: Launch, place: tuple[int, ...], memory: SharedMemory) -> TileRun:
    program = plan.program
    indices = (axis.index for axis in program.grid)
    integers = {**launch.integers, **dict(zip(indices, place, strict=True))}
    start = evaluate_index(program.loop.start, integers)
    trips = max(0, evaluate_index(program.loop.stop, integers) - start)
    data = BlockData(program, memory, launch.arrays, launch.scalars, integers, start)
    return TileRun(plan.steps_for(trips), trips, data)
