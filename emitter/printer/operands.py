"""Operands of products in shared memory: the matrix descriptor of each instruction."""

from __future__ import annotations

from collections.abc import Callable

from ...models.errors import ProgramViolation
from ...models.warp_step import SharedOperand
from ..descriptors import Descriptor, descriptor_of
from .scope import CHUNK_BYTES, Scope


def descriptors(
    side: str, operand: SharedOperand, depth: int, encode: Callable[[Descriptor], int],
    scope: Scope, setup: list[str], *, hidden: bool = False,
) -> list[str]:  # fmt: skip
    """The operand of each instruction: one descriptor, which `setup` gets, moved on by constants.

    `encode`: to the bits besides the start; `hidden`: the compiler is not to know the start.
    """
    found = descriptor_of(operand, scope.program.buffer(operand.buffer), depth)
    if any(further % CHUNK_BYTES for further in (found.offset, *found.steps)):
        raise ProgramViolation((f"{operand.buffer}: an instruction begins within a chunk",))
    slot = scope.slot(operand.ring, operand.age)
    start = scope.chunk(operand.buffer, slot, found.offset // CHUNK_BYTES)
    start = f"unknown({start})" if hidden else start
    setup.append(f"const u64 {side} = descriptor({start}, {encode(found):#x});")
    moves = [further // CHUNK_BYTES for further in found.steps]
    return [f"{side} + {move}" if move else side for move in moves]
