"""A kernel as warps run it whose lanes are together.

Where ptxas cannot see that the lanes of a warp are together at a shuffle, it leaves the line by
BRA.DIV, to a copy of what follows in which they meet first. Lanes that are together never go there.
"""

from __future__ import annotations

from dataclasses import replace

from .sass import SassFunction
from .sass_blocks import Blocks

DIVERGED = "BRA.DIV"


def converged(function: SassFunction) -> SassFunction:
    """The kernel without branches that only diverged warps take, nor what these alone reach."""
    straight = tuple(
        replace(i, opcode="NOP", operands=(), target=None) if i.opcode == DIVERGED else i
        for i in function.instructions
    )
    kept = Blocks(replace(function, instructions=straight)).reached_indices()
    places = {old: new for new, old in enumerate(kept)}
    labels = {name: places[index] for name, index in function.labels.items() if index in places}
    return replace(function, instructions=tuple(straight[i] for i in kept), labels=labels)
