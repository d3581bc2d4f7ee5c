"""A program without its data: rings, barriers, completions and hazards, in random interleavings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random

from ...models.warp_program import WarpProgram
from .block import Block, Plan, plan_of
from .role_run import TileRun
from .scheduler import run_block

Trips = int | Sequence[int]
"""How often the loop of a block runs; of a persistent program, for each of the block's tiles."""


def run_protocol(program: WarpProgram, trips: Trips, seed: int) -> None:
    """One interleaving of one block whose loop runs `trips` times.

    Raises ProgramViolation for a deadlock or a hazard.
    """
    _run(plan_of(program), trips, seed)


def run_protocols(program: WarpProgram, trips: Trips, seeds: Iterable[int]) -> None:
    """Many interleavings, which share what can be looked up once."""
    plan = plan_of(program)
    for seed in seeds:
        _run(plan, trips, seed)


def _run(plan: Plan, trips: Trips, seed: int) -> None:
    each = (trips,) if isinstance(trips, int) else trips
    tiles = [TileRun(plan.steps_for(trips), trips, None) for trips in each]
    run_block(Block(plan), tiles, Random(seed))
