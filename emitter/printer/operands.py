"""Operands of products in shared memory: the matrix descriptor of each instruction."""

from __future__ import annotations

from ...models.errors import ProgramViolation
from ...models.warp_step import SharedOperand
from ..descriptors import Descriptor
from .scope import CHUNK_BYTES, Scope


def descriptors(
    side: str, operand: SharedOperand, found: Descriptor, layout: int, scope: Scope,
    *, hidden: bool = False,
) -> tuple[str, list[str]]:  # fmt: skip
    """A line that makes the descriptor of a batch, and the one of each instruction.

    `layout`: the bits besides the start; `hidden`: the compiler is not to know the start.
    """
    if any(further % CHUNK_BYTES for further in (found.offset, *found.steps)):
        raise ProgramViolation((f"{operand.buffer}: an instruction begins within a chunk",))
    slot = scope.slot(operand.ring, operand.age)
    start = scope.chunk(operand.buffer, slot, found.offset // CHUNK_BYTES)
    start = f"unknown({start})" if hidden else start
    moves = [further // CHUNK_BYTES for further in found.steps]
    line = f"const u64 {side} = descriptor({start}, {layout:#x});"
    return line, [f"{side} + {move}" if move else side for move in moves]
