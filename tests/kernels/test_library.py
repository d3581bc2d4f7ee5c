"""The kernel library as data: every kernel parses for every target and says what it is."""

import pytest

from twill.extractor.language import parse_program
from twill.kernels.library import kernel_names, kernel_path, load_kernel
from twill.models.errors import InvalidKernel
from twill.models.kernel import Target

EXPECTED = (
    "dual_gemm_swiglu",
    "flash_attention_backward",
    "flash_attention_causal",
    "flash_attention_forward",
    "flash_attention_sigmoid",
    "flash_attention_softcap",
    "fp8_gemm_block_scales",
    "gated_linear_attention",
    "gemm",
    "gemm_bias_gelu",
    "grouped_gemm",
    "layer_norm",
    "mamba2_ssd",
    "retention",
    "softmax_stream",
)


def test_names() -> None:
    assert kernel_names() == EXPECTED


@pytest.mark.parametrize("target", ["sm_90a", "sm_100a", "sm_103a"])
@pytest.mark.parametrize("name", EXPECTED)
def test_kernel_parses_with_one_loop(name: str, target: Target) -> None:
    document = load_kernel(name)
    assert document.value.kernel == name == kernel_path(name).stem
    program = parse_program(document, target)
    assert len(program.loops) == 1
    assert type(program).from_json(program.canonical_json()) == program


@pytest.mark.parametrize("name", EXPECTED)
def test_dot_right_operand_is_a_tile_or_staged(name: str) -> None:
    """Tensor cores read B from shared memory; the state of a recurrence is staged there."""
    program = parse_program(load_kernel(name), "sm_90a")
    kinds = {operation.name: operation for operation in program.operations()}
    for operation in program.operations():
        if operation.kind == "dot":
            right = kinds[operation.operands[1].operation]  # type: ignore[union-attr]
            assert right.kind in ("load", "transpose", "cast")


def test_unknown_kernel_names_the_nearest() -> None:
    with pytest.raises(InvalidKernel, match="did you mean gemm"):
        kernel_path("gemn")


@pytest.mark.parametrize("name", ["../gemm", "gemm.yaml", "", "/etc/passwd", "GEMM"])
def test_names_cannot_leave_the_library(name: str) -> None:
    with pytest.raises(InvalidKernel, match="no kernel"):
        kernel_path(name)
