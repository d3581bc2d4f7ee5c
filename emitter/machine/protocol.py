"""A program without its data: rings, barriers, completions and hazards, in random interleavings."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from ...models.warp_program import WarpProgram
from .block import Block, Plan, plan_of
from .scheduler import run_block


def run_protocol(program: WarpProgram, trips: int, seed: int) -> None:
    """One interleaving of one block whose loop runs `trips` times.

    Raises ProgramViolation for a deadlock or a hazard.
    """
    _run(plan_of(program), trips, seed)


def run_protocols(program: WarpProgram, trips: int, seeds: Iterable[int]) -> None:
    """Many interleavings, which share what can be looked up once."""
    plan = plan_of(program)
    for seed in seeds:
        _run(plan, trips, seed)


def _run(plan: Plan, trips: int, seed: int) -> None:
    run_block(Block(plan, None), plan.steps_for(trips), trips, Random(seed))
