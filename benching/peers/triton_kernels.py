"""A product and an attention in Triton, as an introduction to Triton would write them.

Triton reads the annotations of parameters: they are not put off, and name nothing of Python.
"""

from typing import Any

import triton
import triton.language as tl


def product_kernel(
    a: "Any", b: "Any", c: "Any", M: "Any", N: "Any", K: "Any",
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, BAND: tl.constexpr,
) -> None:  # fmt: skip
    """C = A B^T, one tile for each program; bands of tiles share operands in L2."""
    number = tl.program_id(0)
    tiles_m = tl.cdiv(M, BLOCK_M)
    in_band = BAND * tl.cdiv(N, BLOCK_N)
    first = number // in_band * BAND
    width = tl.minimum(tiles_m - first, BAND)
    m = first + number % in_band % width
    n = number % in_band // width
    rows = (m * BLOCK_M + tl.arange(0, BLOCK_M)).to(tl.int64)
    columns = (n * BLOCK_N + tl.arange(0, BLOCK_N)).to(tl.int64)
    depth = tl.arange(0, BLOCK_K)
    left_at = a + rows[:, None] * K + depth[None, :]
    right_at = b + columns[None, :] * K + depth[:, None]
    total = tl.zeros((BLOCK_M, BLOCK_N), dtype=tl.float32)
    for k in range(0, tl.cdiv(K, BLOCK_K)):
        inside = depth < K - k * BLOCK_K
        left = tl.load(left_at, mask=(rows[:, None] < M) & inside[None, :], other=0.0)
        right = tl.load(right_at, mask=(columns[None, :] < N) & inside[:, None], other=0.0)
        total = tl.dot(left, right, total)
        left_at += BLOCK_K
        right_at += BLOCK_K
    inside = (rows[:, None] < M) & (columns[None, :] < N)
    tl.store(c + rows[:, None] * N + columns[None, :], total.to(c.dtype.element_ty), mask=inside)


def attention_kernel(
    q: "Any", k: "Any", v: "Any", o: "Any",
    scale_log2: "Any", queries: "Any", keys: "Any", group: "Any",
    HEAD_DIM: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, CAUSAL: tl.constexpr,
) -> None:  # fmt: skip
    """Attention forward with online softmax in powers of two, one tile of queries each."""
    m, head = tl.program_id(0), tl.program_id(1).to(tl.int64)
    rows, width = m * BLOCK_M + tl.arange(0, BLOCK_M), tl.arange(0, HEAD_DIM)
    place = head * queries * HEAD_DIM + rows[:, None] * HEAD_DIM + width[None, :]
    query = tl.load(q + place, mask=rows[:, None] < queries, other=0.0)
    own = head // group * keys * HEAD_DIM
    row_max = tl.full((BLOCK_M,), float("-inf"), dtype=tl.float32)
    row_sum = tl.zeros((BLOCK_M,), dtype=tl.float32)
    acc = tl.zeros((BLOCK_M, HEAD_DIM), dtype=tl.float32)
    end = tl.minimum(keys, (m + 1) * BLOCK_M) if CAUSAL else keys
    for start in range(0, end, BLOCK_N):
        columns = start + tl.arange(0, BLOCK_N)
        inside = columns[:, None] < keys
        at = own + columns[:, None] * HEAD_DIM + width[None, :]
        key = tl.load(k + at, mask=inside, other=0.0)
        scores = tl.dot(query, tl.trans(key)) * scale_log2
        open_to = (columns < keys)[None, :]
        if CAUSAL:
            open_to = open_to & (rows[:, None] >= columns[None, :])
        scores = tl.where(open_to, scores, float("-inf"))
        new_max = tl.maximum(row_max, tl.max(scores, axis=1))
        weights = tl.exp2(scores - new_max[:, None])
        alpha = tl.exp2(row_max - new_max)
        row_sum = row_sum * alpha + tl.sum(weights, axis=1)
        value = tl.load(v + at, mask=inside, other=0.0)
        acc = tl.dot(weights.to(value.dtype), value, acc * alpha[:, None])
        row_max = new_max
    result = (acc / row_sum[:, None]).to(o.dtype.element_ty)
    tl.store(o + place, result, mask=rows[:, None] < queries)


product = triton.jit(product_kernel)
attention = triton.jit(attention_kernel)
