"""Matrix descriptors of wgmma: where the operands of a product begin, and how they go on.

PTX ISA, asynchronous warpgroup matrix instructions: matrix descriptor, strides, canonical layouts.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..models.errors import ProgramViolation
from ..models.kernel import ELEMENT_BYTES, ElementType
from ..models.warp_program import SharedBuffer
from ..models.warp_step import SharedOperand

GROUP_ROWS = 8  # rows of one swizzle atom
INSTRUCTION_BYTES = 32  # of K that one instruction takes: 16 elements of 16 bits, 32 of 8
SWIZZLE_CODE = {0: 0, 128: 1, 64: 2, 32: 3}


@dataclass(frozen=True, slots=True)
class Descriptor:
    """All in bytes. `steps`: how much further each instruction of the batch begins."""

    offset: int  # of the first instruction, from the start of the slot
    leading: int  # leading dimension byte offset
    stride: int  # stride dimension byte offset
    swizzle: int
    steps: tuple[int, ...]


def instruction_depth(dtype: ElementType) -> int:
    """Elements of K that one instruction multiplies."""
    return INSTRUCTION_BYTES // ELEMENT_BYTES[dtype]


def descriptor_of(operand: SharedOperand, buffer: SharedBuffer, depth: int) -> Descriptor:
    """The descriptor of an operand over `depth` elements of K."""
    element = ELEMENT_BYTES[buffer.dtype]
    if not buffer.swizzle:
        raise ProgramViolation((f"{buffer.name} is read by a product and is not swizzled",))
    panel, inside = divmod(operand.first_column * element, buffer.swizzle)
    panel_bytes = buffer.rows * buffer.swizzle
    if inside or operand.first_row % GROUP_ROWS:
        raise ProgramViolation((f"an operand begins within a swizzle atom of {buffer.name}",))
    offset = panel * panel_bytes + operand.first_row * buffer.swizzle
    count = depth // instruction_depth(buffer.dtype)
    stride = GROUP_ROWS * buffer.swizzle
    if operand.major == "k":
        each = buffer.swizzle // INSTRUCTION_BYTES
        steps = tuple(k // each * panel_bytes + k % each * INSTRUCTION_BYTES for k in range(count))
        return Descriptor(offset, 16, stride, buffer.swizzle, steps)
    rows = instruction_depth(buffer.dtype)
    steps = tuple(k * rows * buffer.swizzle for k in range(count))
    return Descriptor(offset, panel_bytes, stride, buffer.swizzle, steps)


def encode(descriptor: Descriptor, address: int = 0) -> int:
    """The 64-bit descriptor of a shared-memory address."""
    return (
        ((address & 0x3FFFF) >> 4)
        | (descriptor.leading >> 4) << 16
        | (descriptor.stride >> 4) << 32
        | SWIZZLE_CODE[descriptor.swizzle] << 62
    )
