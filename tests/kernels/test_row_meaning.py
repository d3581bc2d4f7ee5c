"""Kernels that stream rows, against float64 formulas; the last block's rows run out of bounds."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

Run = Callable[..., dict[str, Any]]
Random = Callable[..., Any]

SIZES = {"ROWS": 4, "COLUMNS": 32}


@pytest.mark.parametrize("rows", [24, 19])
def test_layer_norm(run: Run, random: Random, rows: int) -> None:
    x = random(rows, 32)
    weight, bias = random(32, dtype=np.float32), random(32, dtype=np.float32)
    scalars = {"epsilon": 0.25, "tiles_per_block": 2}
    y = run("layer_norm", SIZES, x=x, weight=weight, bias=bias, **scalars)["y"]
    exact = x.astype(np.float64)
    normal = (exact - exact.mean(axis=1, keepdims=True)) / np.sqrt(
        exact.var(axis=1, keepdims=True) + 0.25
    )
    np.testing.assert_allclose(y, normal * weight + bias, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("rows", [24, 19])
def test_softmax_stream(run: Run, random: Random, rows: int) -> None:
    x = random(rows, 32, scale=3)
    y = run("softmax_stream", SIZES, x=x, scale_log2=math.log2(math.e) / 2, tiles_per_block=3)["y"]
    weights = np.exp(x.astype(np.float64) / 2)
    np.testing.assert_allclose(y, weights / weights.sum(axis=1, keepdims=True), rtol=1e-2)
