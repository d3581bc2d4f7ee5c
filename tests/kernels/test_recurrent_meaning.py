"""Kernels that carry a state, against the token-by-token recurrences in float64."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

Run = Callable[..., dict[str, Any]]
Random = Callable[..., Any]

LENGTHS = [16, 21]


def wide(array: Any) -> Any:
    return array.astype(np.float64)


@pytest.mark.parametrize("length", LENGTHS)
def test_gated_linear_attention(run: Run, random: Random, length: int) -> None:
    q, k, v = random(2, length, 16), random(2, length, 16), random(2, length, 12)
    gate = -np.abs(random(2, length, 16, dtype=np.float32, scale=0.3))
    sizes = {"CHUNK": 8, "KEY_DIM": 16, "VALUE_DIM": 8}
    o = run("gated_linear_attention", sizes, q=q, k=k, v=v, gate_log2=gate)["o"]
    state, expected = np.zeros((2, 16, 12)), []
    for t in range(length):
        state = np.exp2(wide(gate)[:, t, :, None]) * state
        state += wide(k)[:, t, :, None] * wide(v)[:, t, None, :]
        expected.append(np.einsum("hk,hkv->hv", wide(q)[:, t], state))
    np.testing.assert_allclose(o, np.stack(expected, axis=1), rtol=2e-2, atol=1e-1)


@pytest.mark.parametrize("length", LENGTHS)
def test_retention(run: Run, random: Random, length: int) -> None:
    q, k, v = random(2, length, 16), random(2, length, 16), random(2, length, 12)
    decay = np.log2(np.array([0.97, 0.8], dtype=np.float32))
    sizes = {"CHUNK": 8, "KEY_DIM": 16, "VALUE_DIM": 8}
    o = run("retention", sizes, q=q, k=k, v=v, decay_log2=decay)["o"]
    state, expected = np.zeros((2, 16, 12)), []
    for t in range(length):
        state = np.exp2(wide(decay))[:, None, None] * state
        state += wide(k)[:, t, :, None] * wide(v)[:, t, None, :]
        expected.append(np.einsum("hk,hkv->hv", wide(q)[:, t], state))
    np.testing.assert_allclose(o, np.stack(expected, axis=1), rtol=2e-2, atol=1e-1)


@pytest.mark.parametrize("length", LENGTHS)
def test_mamba2_ssd(run: Run, random: Random, length: int) -> None:
    x, b, c = random(2, length, 8), random(length, 16), random(length, 16)
    dt = np.abs(random(2, length, dtype=np.float32)) + 0.05
    a = np.array([-0.7, -2.0], dtype=np.float32)
    d = random(2, dtype=np.float32)
    sizes = {"CHUNK": 8, "STATE": 16, "HEAD_DIM": 8}
    da = (dt * a[:, None] * np.log2(np.e)).astype(np.float32)
    y = run("mamba2_ssd", sizes, x=x, dt=dt, da_log2=da, b=b, c=c, d=d)["y"]
    state, expected = np.zeros((2, 16, 8)), []
    for t in range(length):
        state = np.exp(wide(dt)[:, t] * a)[:, None, None] * state
        driven = wide(dt)[:, t, None] * wide(x)[:, t]
        state += wide(b)[t, None, :, None] * driven[:, None, :]
        expected.append(np.einsum("n,hnp->hp", wide(c)[t], state) + d[:, None] * wide(x)[:, t])
    np.testing.assert_allclose(y, np.stack(expected, axis=1), rtol=2e-2, atol=1e-1)
