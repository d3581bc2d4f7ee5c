"""Tolerances that can fail: results in the wrong place are wrong results."""

from __future__ import annotations

import numpy as np
import pytest

from twill.extractor.sample_cases import sample_cases
from twill.tests.support.emissions import emission

FEWEST = 0.1  # of all elements
KERNELS = (
    "gemm", "gemm_bias_gelu", "dual_gemm_swiglu", "grouped_gemm", "fp8_gemm_block_scales",
    "flash_attention_forward", "flash_attention_causal", "flash_attention_softcap",
    "flash_attention_sigmoid", "flash_attention_backward", "gated_linear_attention", "retention",
    "mamba2_ssd", "layer_norm", "softmax_stream",
)  # fmt: skip


@pytest.mark.parametrize("name", KERNELS)
def test_rows_that_are_exchanged_lie_outside(name: str) -> None:
    """As softly as attention weighs its keys: no row of queries may pass for its neighbour."""
    given = emission(name)
    tolerance = given.tolerance
    assert tolerance is not None
    for output, stored in sample_cases(given.program)[0].outputs.items():
        right = np.asarray(stored, np.float64)
        wrong = np.roll(right, 1, axis=-2)
        outside = np.abs(wrong - right) > tolerance.absolute + tolerance.relative * np.abs(right)
        assert outside.mean() > FEWEST, output
