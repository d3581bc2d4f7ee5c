"""How much a kernel computes: iterations, products, and the tiles of what it writes."""

from __future__ import annotations

from typing import Any

from ..models.tensor_memory_step import TensorProduct
from ..models.warp_program import WarpProgram
from ..models.warp_program_checks import steps_of
from ..models.warp_step import CopyOut, Product, StoreRows
from .launch_description import expression_of

PRODUCT_ROWS = 64  # of one wgmma batch over a warp group (PTX ISA, wgmma)
TENSOR_ROWS = 128  # of one tcgen05 product, as it is emitted


def work_of(program: WarpProgram) -> dict[str, Any]:
    """The object `work` of report.json, whose expressions are those of launch.json.

    trips: iterations of the loop, by extents and grid indices. axes: how many tiles lie along each
    grid index. flop_per_iteration: of the products of one iteration of one tile, two for each
    multiply-add, masked and ragged parts included. tiles: what one block writes of each output.
    """
    loop = program.loop
    return {
        "trips": ["max", 0, ["-", expression_of(loop.stop), expression_of(loop.start)]],
        "axes": [{"index": a.index, "count": expression_of(a.count)} for a in program.grid],
        "flop_per_iteration": flop_per_iteration(program),
        "tiles": output_tiles(program),
    }


def flop_per_iteration(program: WarpProgram) -> int:
    """Floating-point operations of the products of one iteration of one tile."""
    found = 0
    for role in program.roles:
        own = 0
        for step in role.steady:
            if isinstance(step, Product):
                own += 2 * PRODUCT_ROWS * step.columns * step.depth
            elif isinstance(step, TensorProduct):
                own += 2 * TENSOR_ROWS * step.columns * step.depth
        found += own // role.unroll
    return found


def output_tiles(program: WarpProgram) -> dict[str, list[int]]:
    """The tile of each output that is written, in elements, outermost first."""
    found: dict[str, list[int]] = {}
    for role in program.roles:
        for step in steps_of(role):
            if isinstance(step, CopyOut):
                found[program.tensor_map(step.tensor_map).argument] = list(step.tile)
            elif isinstance(step, StoreRows):
                rank = len(step.index)
                found[step.argument] = [*(1 for _ in range(rank - 1)), step.extent]
    return found
