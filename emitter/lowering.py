"""The lowering of each target: wgmma on registers, or tcgen05 on Tensor Memory."""

from __future__ import annotations

from ..models.warp_program import WarpProgram
from .inputs import Emission
from .lower.lower import lower_schedule
from .lower_tcgen05.lower import lower_for_tensor_memory


def lower(emission: Emission, *, deeper: int = 0) -> WarpProgram:
    """The warp program of a schedule; `deeper`: ring slots beyond those that it needs.

    Raises Unsupported, naming the operation, for what cannot be emitted yet.
    """
    if emission.graph.lowering == "tcgen05":
        return lower_for_tensor_memory(emission, deeper=deeper)
    return lower_schedule(emission, deeper=deeper)
