"""The lowering of each target: wgmma on registers, or tcgen05 on Tensor Memory."""

from __future__ import annotations

from collections.abc import Mapping

from ..models.errors import Unsupported
from ..models.warp_program import WarpProgram
from .inputs import Emission
from .lower.grid_order import TileOrderName
from .lower.lower import lower_schedule
from .lower_tcgen05.lower import lower_for_tensor_memory


def lower(
    emission: Emission, *, deeper: int = 0, tile_order: TileOrderName = "bands",
    persistent: bool = False, begins: Mapping[str, int] | None = None, demanding: bool = False,
) -> WarpProgram:  # fmt: skip
    """The warp program of a schedule; `deeper`: ring slots beyond those that it needs.

    The other options are those of `lower_schedule`. For Tensor Memory tiles are in plain order,
    and `begins` and `demanding` mean nothing. A kernel without products is lowered alike for each
    target. Raises Unsupported, naming the operation, for what cannot be emitted yet.
    """
    _check_loops(emission)
    multiplies = any(operation.kind == "matrix" for operation in emission.graph.operations)
    if emission.graph.lowering == "tcgen05" and multiplies:
        if persistent:
            raise Unsupported("a persistent kernel with products in Tensor Memory")
        return lower_for_tensor_memory(emission, deeper=deeper)
    return lower_schedule(
        emission, deeper=deeper, tile_order=tile_order, persistent=persistent, begins=begins,
        demanding=demanding,
    )  # fmt: skip


def _check_loops(emission: Emission) -> None:
    """Refuse a program of which the schedule is for one loop of several."""
    loops = emission.program.loops
    if len(loops) > 1:
        other = next(loop for loop in loops if loop.name != emission.loop.name)
        raise Unsupported(
            f"a loop beside {emission.loop.name}, in which the schedule is: a kernel has one loop, "
            "so write a document for each",
            other.position.line,
        )
