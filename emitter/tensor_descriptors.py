"""Descriptors of tcgen05.mma: shared memory operands, and the instruction itself.

PTX ISA, tcgen05: shared memory descriptor, strides, canonical layouts (which are those of wgmma);
instruction descriptor of kind::f16; packing of matrix A in Tensor Memory.
"""

from __future__ import annotations

from ..models.errors import ProgramViolation
from ..models.kernel import ELEMENT_BYTES, ElementType
from ..models.product_operand import SharedOperand
from ..models.tensor_memory_checks import LANES, MOST_COLUMNS
from ..models.tensor_memory_step import TensorProduct
from .descriptors import Descriptor

SWIZZLE_CODE = {0: 0, 128: 2, 64: 4, 32: 6}
VERSION = 0b001 << 46
TYPE_CODE: dict[ElementType, int] = {"fp16": 0, "bf16": 1}
F32_RESULT = 1 << 4
WORD_BYTES = 4  # of a column of Tensor Memory
MOST_N, STEP_N = 256, 16  # of M = 128


def encode_shared(descriptor: Descriptor, address: int = 0) -> int:
    """The 64-bit descriptor of a shared-memory address."""
    return (
        ((address & 0x3FFFF) >> 4)
        | (descriptor.leading >> 4) << 16
        | (descriptor.stride >> 4) << 32
        | VERSION
        | SWIZZLE_CODE[descriptor.swizzle] << 61
    )


def encode_instruction(step: TensorProduct) -> int:
    """The 32-bit instruction descriptor: 128 rows, f32 results, 16-bit operands."""
    if step.dtype not in TYPE_CODE or step.columns % STEP_N or step.columns > MOST_N:
        raise ProgramViolation((f"no product of {step.columns} columns of {step.dtype}",))
    code = TYPE_CODE[step.dtype]
    left = step.left.major if isinstance(step.left, SharedOperand) else "k"
    return (
        F32_RESULT
        | code << 7
        | code << 10
        | int(left == "mn") << 15
        | int(step.right.major == "mn") << 16
        | (step.columns // 8) << 17
        | (LANES // 16) << 24
    )


def operand_columns(dtype: ElementType, depth: int) -> int:
    """Columns of Tensor Memory that a left operand of so many elements of K takes."""
    columns = depth * ELEMENT_BYTES[dtype] // WORD_BYTES
    assert columns <= MOST_COLUMNS, "checked by the program"
    return columns
