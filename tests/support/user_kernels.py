"""Kernels as users write them, beside the library: each once found something that was wrong."""

from __future__ import annotations

from functools import cache

from twill.emitting import Emitted, emit
from twill.gpu_profiles.library import load_profile
from twill.models.solve_options import SolveOptions
from twill.pipeline import read_texts, solve_task

PRODUCT = """\
kernel: product
summary: A product with work before, in and after its loop.
sizes: {{BLOCK_M: {{sm_90a: {rows}, sm_100a: 128}}, BLOCK_N: {columns}, BLOCK_K: 64}}
split: {{{split}}}
arguments:
  a: {{dtype: {a_type}, shape: [M, K]}}
  b: {{dtype: bf16, shape: [N, K]}}
  r: {{dtype: bf16, shape: [M, N]}}
  scale: {{dtype: f32, shape: [M]}}
  bias: {{dtype: f32, shape: [N]}}
  c: {{dtype: {c_type}, shape: [M, N]}}
grid:
  m: cdiv(M, BLOCK_M)
  n: cdiv(N, BLOCK_N)
program: |
  s = load(scale, (m,), (BLOCK_M,))
  acc = zeros((BLOCK_M, BLOCK_N))
  for k in range(cdiv(K, BLOCK_K)):
      a_tile = load(a, (m, k), (BLOCK_M, BLOCK_K))
      b_tile = load(b, (n, k), (BLOCK_N, BLOCK_K))
      acc = dot({left}, b_tile.T, acc)
  store(c, (m, n), {result})
tolerance: {{absolute: 4.0e-2, relative: 2.0e-2}}
"""

CROSS_ENTROPY = """\
kernel: cross_entropy
summary: Cross entropy over tiles of logits; the logit of each row's target is chosen by a mask.
sizes: {ROWS: 8, COLUMNS: 256}
arguments:
  z: {dtype: bf16, shape: [tokens, vocabulary]}
  target: {dtype: i32, shape: [tokens]}
  loss: {dtype: f32, shape: [tokens]}
grid:
  m: cdiv(tokens, ROWS)
program: |
  t = load(target, (m,), (ROWS,))
  row_max = full((ROWS,), -inf)
  row_sum = zeros((ROWS,))
  chosen = zeros((ROWS,))
  for v in range(cdiv(vocabulary, COLUMNS)):
      tile = load(z, (m, v), (ROWS, COLUMNS))
      column = v * COLUMNS + arange(COLUMNS)
      x = where(column[None, :] < vocabulary, tile, -inf)
      new_max = maximum(row_max, max(x, axis=1))
      row_sum = row_sum * exp(row_max - new_max) + sum(exp(x - new_max[:, None]), axis=1)
      chosen = chosen + sum(where(column[None, :] == t[:, None], x, 0.0), axis=1)
      row_max = new_max
  store(loss, (m,), row_max + log(row_sum) - chosen)
tolerance: {absolute: 2.0e-2, relative: 1.0e-2}
"""

ATTENTION = """\
kernel: attention
summary: Attention of few queries to many keys, with a sink and a slope.
sizes: {BLOCK_M: {sm_90a: 64, sm_100a: 128}, BLOCK_N: 128, HEAD_DIM: 64}
arguments:
  q: {dtype: bf16, shape: [heads, queries, HEAD_DIM]}
  k: {dtype: bf16, shape: [heads, keys, HEAD_DIM]}
  v: {dtype: bf16, shape: [heads, keys, HEAD_DIM]}
  sink: {dtype: f32, shape: [heads]}
  slope: {dtype: f32, shape: [heads], range: [0, 0.1]}
  o: {dtype: bf16, shape: [heads, queries, HEAD_DIM]}
  scale_log2: f32
grid:
  m: cdiv(queries, BLOCK_M)
  h: heads
program: |
  first = load(sink, (h,), (1,))
  per_key = load(slope, (h,), (1,))
  q_tile = load(q, (h, m, 0), (1, BLOCK_M, HEAD_DIM))
  row_max = zeros((BLOCK_M,)) + first
  row_sum = full((BLOCK_M,), 1.0)
  acc = zeros((BLOCK_M, HEAD_DIM))
  for n in range(keys // BLOCK_N):
      k_tile = load(k, (h, n, 0), (1, BLOCK_N, HEAD_DIM))
      column = (n * BLOCK_N + arange(BLOCK_N)).to(f32)
      s = dot(q_tile, k_tile.T) + per_key * column[None, :]
      new_max = maximum(row_max, max(s, axis=1) * scale_log2)
      p = exp2(s * scale_log2 - new_max[:, None])
      alpha = exp2(row_max - new_max)
      row_sum = row_sum * alpha + sum(p, axis=1)
      v_tile = load(v, (h, n, 0), (1, BLOCK_N, HEAD_DIM))
      acc = dot(p.to(bf16), v_tile, acc * alpha[:, None])
      row_max = new_max
  store(o, (h, m, 0), (acc / row_sum[:, None]).to(bf16))
tolerance: {absolute: 2.0e-2, relative: 2.0e-2}
"""

ROWS = """\
kernel: rows
summary: What is carried from one tile of rows to the next.
sizes: {{ROWS: {rows}, COLUMNS: 128}}
arguments:
  x: {{dtype: f32, shape: [rows, columns]}}
  y: {{dtype: f32, shape: [rows, columns]}}
grid:
  c: cdiv(columns, COLUMNS)
program: |
  carry = {begin}
  for t in range(cdiv(rows, ROWS)):
      x_tile = load(x, (t, c), (ROWS, COLUMNS))
      {body}
  {end}
tolerance: {{absolute: 1.0e-3, relative: 1.0e-3}}
"""

RUNNING_SUMS = ROWS.format(
    rows=64, begin="zeros((COLUMNS,))",
    body="store(y, (t, c), cumsum(x_tile, axis=0) + carry[None, :])\n"
    "      carry = carry + sum(x_tile, axis=0)",
    end="",
)  # fmt: skip

ADDED_UP = ROWS.format(
    rows=8, begin="zeros((ROWS, COLUMNS))", body="carry = carry + x_tile",
    end="store(y, (0, c), carry)",
)  # fmt: skip

TWO_LOOPS = """\
kernel: two_loops
summary: A pass for the sum of each row, and a pass that divides by it.
sizes: {ROWS: 8, COLUMNS: 256}
arguments:
  x: {dtype: f32, shape: [rows, columns]}
  y: {dtype: f32, shape: [rows, columns]}
grid:
  m: cdiv(rows, ROWS)
program: |
  total = zeros((ROWS,))
  for c in range(cdiv(columns, COLUMNS)):
      total = total + sum(load(x, (m, c), (ROWS, COLUMNS)), axis=1)
  for d in range(cdiv(columns, COLUMNS)):
      store(y, (m, d), load(x, (m, d), (ROWS, COLUMNS)) / total[:, None])
tolerance: {absolute: 1.0e-3, relative: 1.0e-2}
"""


def product(
    left: str = "a_tile", result: str = "acc.to(bf16)", *, a_type: str = "bf16",
    c_type: str = "bf16", rows: int = 128, columns: int = 128,
    split: str = "BLOCK_M: {sm_90a: 2}",
) -> str:  # fmt: skip
    """A product of which the left operand and the result are these expressions."""
    return PRODUCT.format(
        left=left, result=result, a_type=a_type, c_type=c_type, rows=rows, columns=columns,
        split=split,
    )  # fmt: skip


@cache
def emitted_text(text: str, gpu: str) -> Emitted:
    """A document, solved and emitted as `twill emit` does."""
    task = read_texts(text, "kernel.yaml", load_profile(gpu).text)
    return emit(solve_task(task, SolveOptions(blame_work=0.0)))
