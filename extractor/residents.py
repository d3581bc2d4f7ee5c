"""What stays in shared memory for the whole loop: tiles loaded before it for the tensor core."""

from __future__ import annotations

from ..models.kernel import ELEMENT_BYTES
from ..models.tile_operation import Operation
from ..models.tile_program import Block, Loop, TileProgram
from .chains import VIEWS
from .places import align
from .reads import Reads


def resident_bytes(program: TileProgram, loop: Loop, reads: Reads, alignment: int) -> int:
    """Bytes of every tile before the loop that a product of the loop reads, each once."""
    before = {
        o.name: o
        for segment in program.segments
        if isinstance(segment, Block)
        for o in segment.operations
    }
    wanted: set[str] = set()
    for tile in reads.tiles.values():
        for read in tile.inputs:
            if read.invariant in before and (tile.kind == "dot" or tile.kind in VIEWS):
                wanted.add(_behind_views(before, read.invariant))
    return sum(align(_bytes(before[name]), alignment) for name in sorted(wanted))


def _behind_views(before: dict[str, Operation], name: str) -> str:
    operation = before[name]
    while operation.kind in VIEWS and getattr(operation.operands[0], "operation", None) in before:
        # A view has one operand; that it is a value, the condition says, mypy does not see.
        operation = before[operation.operands[0].operation]  # type: ignore[union-attr]
    return operation.name


def _bytes(operation: Operation) -> int:
    return operation.type.elements * ELEMENT_BYTES[operation.type.dtype]
