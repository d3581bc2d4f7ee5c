"""The text of emitted kernels: a change that should not alter them leaves the files untouched."""

from collections.abc import Callable
from pathlib import Path

import pytest

from twill.emitter.printer.printer import print_cuda
from twill.tests.support.emissions import persistent_program, warp_program

GOLDEN = Path(__file__).parent.parent / "golden" / "kernels"


@pytest.mark.parametrize(
    "name",
    [
        "dual_gemm_swiglu",
        "flash_attention_backward",
        "flash_attention_forward",
        "fp8_gemm_block_scales",
        "gated_linear_attention",
        "gemm",
        "gemm_bias_gelu",
        "layer_norm",
        "retention",
        "softmax_stream",
    ],
)
def test_sources_of_library_kernels(name: str, golden: Callable[[str, Path], None]) -> None:
    golden(print_cuda(warp_program(name)), GOLDEN / f"{name}.h100-sxm.cu")


@pytest.mark.parametrize("name", ["flash_attention_forward", "gemm", "softmax_stream"])
def test_sources_for_tensor_memory(name: str, golden: Callable[[str, Path], None]) -> None:
    golden(print_cuda(warp_program(name, "b200")), GOLDEN / f"{name}.b200.cu")


@pytest.mark.parametrize("name", ["flash_attention_forward", "gemm"])
def test_sources_of_persistent_kernels(name: str, golden: Callable[[str, Path], None]) -> None:
    text = print_cuda(persistent_program(name))
    golden(text, GOLDEN / f"{name}.persistent.h100-sxm.cu")
