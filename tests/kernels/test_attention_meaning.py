"""Attention kernels of the library against float64 formulas."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

Run = Callable[..., dict[str, Any]]
Random = Callable[..., Any]

DIM = 32
SIZES = {"BLOCK_M": 16, "BLOCK_N": 8, "HEAD_DIM": DIM}
SCALE = 1 / math.sqrt(DIM)
SCALE_LOG2 = SCALE * math.log2(math.e)


def wide(array: Any) -> Any:
    return array.astype(np.float64)


def scores_of(q: Any, k: Any) -> Any:
    return wide(q) @ wide(k).swapaxes(-1, -2) * SCALE


def softmax(scores: Any) -> Any:
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def test_forward(run: Run, random: Random) -> None:
    q, k, v = random(2, 32, DIM), random(2, 24, DIM), random(2, 24, DIM)
    o = run("flash_attention_forward", SIZES, q=q, k=k, v=v, scale_log2=SCALE_LOG2)["o"]
    np.testing.assert_allclose(o, softmax(scores_of(q, k)) @ wide(v), rtol=1e-2, atol=1e-2)


def test_forward_with_large_scores(run: Run, random: Random) -> None:
    q, k, v = random(1, 16, DIM, scale=30), random(1, 16, DIM, scale=30), random(1, 16, DIM)
    o = run("flash_attention_forward", SIZES, q=q, k=k, v=v, scale_log2=SCALE_LOG2)["o"]
    np.testing.assert_allclose(o, softmax(scores_of(q, k)) @ wide(v), rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("length", [16, 29, 48])
def test_causal_with_grouped_heads(run: Run, random: Random, length: int) -> None:
    q, k, v = random(4, length, DIM), random(2, length, DIM), random(2, length, DIM)
    outputs = run("flash_attention_causal", SIZES, q=q, k=k, v=v, scale_log2=SCALE_LOG2)
    scores = scores_of(q, np.repeat(k, 2, axis=0))
    scores = np.where(np.tri(length, dtype=bool), scores, -np.inf)
    expected = softmax(scores) @ np.repeat(wide(v), 2, axis=0)
    np.testing.assert_allclose(outputs["o"], expected, rtol=1e-2, atol=1e-2)
    lse = np.log2(np.exp(scores).sum(axis=-1))
    np.testing.assert_allclose(outputs["lse_log2"], lse, rtol=1e-4, atol=1e-4)


def test_sigmoid(run: Run, random: Random) -> None:
    q, k, v = random(2, 32, DIM), random(2, 24, DIM), random(2, 24, DIM)
    bias = -math.log(24)
    o = run("flash_attention_sigmoid", SIZES, q=q, k=k, v=v, scale=SCALE, bias=bias)["o"]
    weights = 1 / (1 + np.exp(-(scores_of(q, k) + bias)))
    np.testing.assert_allclose(o, weights @ wide(v), rtol=1e-2, atol=1e-2)


def test_softcap(run: Run, random: Random) -> None:
    q, k, v = random(2, 32, DIM, scale=5), random(2, 24, DIM), random(2, 24, DIM)
    cap = 4.0
    o = run(
        "flash_attention_softcap",
        SIZES,
        q=q,
        k=k,
        v=v,
        scale_by_cap=SCALE / cap,
        cap_log2=cap * math.log2(math.e),
    )["o"]
    weights = softmax(cap * np.tanh(scores_of(q, k) / cap))
    np.testing.assert_allclose(o, weights @ wide(v), rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize(("queries", "keys"), [(32, 24), (27, 21)])
def test_backward(run: Run, random: Random, queries: int, keys: int) -> None:
    q, do = random(2, queries, DIM), random(2, queries, DIM)
    k, v = random(2, keys, DIM), random(2, keys, DIM)
    scores = scores_of(q, k)
    p = softmax(scores)
    o = p @ wide(v)
    delta = (wide(do) * o).sum(axis=-1)
    outputs = run(
        "flash_attention_backward",
        SIZES,
        q=q,
        k=k,
        v=v,
        do=do,
        lse_log2=np.log2(np.exp(scores).sum(axis=-1)).astype(np.float32),
        delta=delta.astype(np.float32),
        scale=SCALE,
        scale_log2=SCALE_LOG2,
    )
    # the derivative of softmax written out as its Jacobian
    dp = wide(do) @ wide(v).swapaxes(-1, -2)
    jacobian = p[..., :, None] * (np.eye(keys) - p[..., None, :])
    ds = np.einsum("hqij,hqi->hqj", jacobian, dp) * SCALE
    np.testing.assert_allclose(outputs["dv"], p.swapaxes(-1, -2) @ wide(do), atol=3e-2, rtol=1e-2)
    np.testing.assert_allclose(outputs["dk"], ds.swapaxes(-1, -2) @ wide(q), atol=3e-2, rtol=1e-2)
    np.testing.assert_allclose(outputs["dq"] * SCALE, ds @ wide(k), atol=3e-2, rtol=1e-2)
