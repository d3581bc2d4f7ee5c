"""GEMM kernels of the library against float64 formulas, ragged extents included."""

import math
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest

Run = Callable[..., dict[str, Any]]
Random = Callable[..., Any]

BLOCKS = {"BLOCK_M": 16, "BLOCK_N": 8, "BLOCK_K": 4}
SHAPES = [(32, 16, 8), (35, 19, 21), (1, 1, 1)]


def wide(array: Any) -> Any:
    return array.astype(np.float64)


@pytest.mark.parametrize(("m", "n", "k"), SHAPES)
def test_gemm(run: Run, random: Random, m: int, n: int, k: int) -> None:
    a, b = random(m, k), random(n, k)
    c = run("gemm", BLOCKS, a=a, b=b)["c"]
    np.testing.assert_allclose(c, wide(a) @ wide(b).T, rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize(("m", "n", "k"), SHAPES)
def test_gemm_bias_gelu(run: Run, random: Random, m: int, n: int, k: int) -> None:
    x, w, bias = random(m, k), random(n, k), random(n, dtype=np.float32)
    y = run("gemm_bias_gelu", BLOCKS, x=x, w=w, bias=bias)["y"]
    z = wide(x) @ wide(w).T + bias
    gelu = z / 2 * (1 + np.vectorize(math.erf)(z / math.sqrt(2)))
    np.testing.assert_allclose(y, gelu, rtol=1e-2, atol=3e-3)


def test_grouped_gemm(run: Run, random: Random) -> None:
    a, b = random(48, 21), random(3, 19, 21)
    groups = np.array([2, 0, 2], dtype=np.int32)
    c = run("grouped_gemm", BLOCKS, a=a, b=b, tile_group=groups)["c"]
    rows = [wide(a)[16 * i : 16 * i + 16] @ wide(b)[group].T for i, group in enumerate(groups)]
    np.testing.assert_allclose(c, np.concatenate(rows), rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize(("m", "n", "k"), SHAPES)
def test_dual_gemm_swiglu(run: Run, random: Random, m: int, n: int, k: int) -> None:
    x, w_gate, w_up = random(m, k), random(n, k, scale=0.3), random(n, k, scale=0.3)
    y = run("dual_gemm_swiglu", BLOCKS, x=x, w_gate=w_gate, w_up=w_up)["y"]
    gate, up = wide(x) @ wide(w_gate).T, wide(x) @ wide(w_up).T
    np.testing.assert_allclose(y, gate / (1 + np.exp(-gate)) * up, rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize(("m", "n", "k"), SHAPES)
def test_fp8_gemm_block_scales(run: Run, random: Random, m: int, n: int, k: int) -> None:
    fp8 = ml_dtypes.float8_e4m3fn
    a, b = random(m, k, dtype=fp8), random(n, k, dtype=fp8)
    slices, column_blocks = math.ceil(k / 4), math.ceil(n / 8)
    a_scale = np.abs(random(slices, m, dtype=np.float32)) + 0.1
    b_scale = np.abs(random(column_blocks, slices, dtype=np.float32)) + 0.1
    c = run("fp8_gemm_block_scales", BLOCKS, a=a, b=b, a_scale=a_scale, b_scale=b_scale)["c"]
    a_full = wide(a) * np.repeat(a_scale, 4, axis=0)[:k].T
    b_full = wide(b) * np.repeat(np.repeat(b_scale, 8, axis=0)[:n], 4, axis=1)[:, :k]
    np.testing.assert_allclose(c, a_full @ b_full.T, rtol=1e-2, atol=1e-3)
