"""Descriptors of tcgen05.mma, bit by bit as the PTX ISA has them."""

from __future__ import annotations

import pytest

from twill.emitter.descriptors import descriptor_of
from twill.emitter.tensor_descriptors import encode_instruction, encode_shared, operand_columns
from twill.models.errors import ProgramViolation
from twill.models.product_operand import SharedOperand, TensorOperand
from twill.models.tensor_memory_step import TensorProduct
from twill.models.warp_program import SharedBuffer

BUFFER = SharedBuffer(
    name="b", offset=0, slots=1, slot_bytes=32768, rows=128, columns=128, dtype="bf16",
    swizzle=128,
)  # fmt: skip


def operand(major: str) -> SharedOperand:
    return SharedOperand.model_validate({"ring": "b", "buffer": "b", "major": major})


def product(**update: object) -> TensorProduct:
    step = TensorProduct(
        tensor="d", left=operand("k"), right=operand("k"), columns=128, depth=64, dtype="bf16",
        accumulate=True,
    )  # fmt: skip
    return step.model_copy(update=update)


def test_a_k_major_operand_swizzled_by_128_bytes() -> None:
    code = encode_shared(descriptor_of(operand("k"), BUFFER, 64), 0x2400)
    assert code & 0x3FFF == 0x240
    assert code >> 32 & 0x3FFF == 1024 >> 4  # 8 rows of 128 bytes
    assert code >> 46 & 0b111 == 0b001
    assert code >> 49 & 0xFFF == 0
    assert code >> 61 == 2


def test_an_mn_major_operand_has_the_stride_of_its_panels() -> None:
    code = encode_shared(descriptor_of(operand("mn"), BUFFER, 64))
    assert code >> 16 & 0x3FFF == 128 * 128 >> 4
    assert code >> 32 & 0x3FFF == 1024 >> 4  # 8 of K


def test_the_instruction_says_types_sizes_and_what_is_transposed() -> None:
    bf16 = (1 << 4) | (1 << 7) | (1 << 10) | (16 << 17) | (8 << 24)
    assert encode_instruction(product()) == bf16
    assert encode_instruction(product(right=operand("mn"))) == bf16 | 1 << 16
    assert encode_instruction(product(left=operand("mn"))) == bf16 | 1 << 15
    assert encode_instruction(product(left=TensorOperand(tensor="p"))) == bf16
    fp16 = (1 << 4) | (32 << 17) | (8 << 24)
    assert encode_instruction(product(dtype="fp16", columns=256)) == fp16


@pytest.mark.parametrize("update", [{"columns": 264}, {"columns": 24}, {"dtype": "f32"}])
def test_what_no_instruction_multiplies_is_refused(update: dict[str, object]) -> None:
    with pytest.raises(ProgramViolation, match="no product of"):
        encode_instruction(product(**update))


def test_two_elements_of_16_bits_share_a_column() -> None:
    assert operand_columns("bf16", 128) == 64
