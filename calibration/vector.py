"""The CUDA cores: rates of elementwise instructions, latencies of chains, row reductions."""

from __future__ import annotations

from .microbenchmark import Expected, Microbenchmark

STREAMS = 8  # independent chains of each thread
RATE_THREADS = 512  # four warps for each scheduler
LANES = 32
ROUNDS = 16
CHAIN = 32  # dependent operations in one iteration

_VALUES = """
float x[8];
#pragma unroll
for (int i = 0; i < 8; ++i) x[i] = 1.0f + 1e-3f * (threadIdx.x + i);
const float a = 1.0f + 1e-7f * length, b = 1e-9f * length;
"""
_ONE = """
float x = 1.0f + 1e-3f * threadIdx.x;
const float a = 1.0f + 1e-7f * length, b = 1e-9f * length;
"""
_KEEP = """
if (length < 0)
  for (int i = 0; i < 8; ++i) times[i] = __float_as_uint(x[i]);
"""
_KEEP_ONE = "if (length < 0) times[0] = __float_as_uint(x);"

RATES: dict[str, tuple[str, tuple[str, ...]]] = {
    "add": ("x[i] = x[i] + a;", ("FADD",)),
    "multiply": ("x[i] = x[i] * a;", ("FMUL",)),
    "maximum": (
        "x[i] = r & 1 ? fminf(x[i], x[(i + 1) & 7]) : fmaxf(x[i], x[(i + 1) & 7]);",
        ("FMNMX",),
    ),
    "convert": ("x[i] = __uint_as_float(pack_bf16(x[i], x[(i + 1) & 7]));", ("F2FP",)),
    "exp2": ("x[i] = exp2_approx(x[i]);", ("MUFU.EX2",)),
    "log2": ("x[i] = log2_approx(x[i]);", ("MUFU.LG2",)),
    "rsqrt": ("x[i] = rsqrt_approx(x[i]);", ("MUFU.RSQ",)),
    "tanh": ("x[i] = tanh_approx(x[i]);", ("MUFU.TANH",)),
    "shuffle": ("x[i] = __shfl_xor_sync(~0u, x[i], 1);", ("SHFL",)),
}
"""What is done to each element, and the instruction that it must become."""

CHAINS: dict[str, tuple[str, tuple[str, ...]]] = {
    "fma": ("x = fmaf(x, a, b);", ("FFMA",)),
    "exp2": ("x = exp2_approx(x);", ("MUFU.EX2",)),
    "shuffle": ("x = __shfl_xor_sync(~0u, x, 1);", ("SHFL",)),
    "end": (
        "x = unpack_bf16(pack_bf16(exp2_approx(fmaf(x, a, b)), x));",
        ("FFMA", "MUFU.EX2", "F2FP"),
    ),
}
"""Each operation waits for the one before; `end` is how a softmax ends."""


def _rate(name: str, statement: str, opcodes: tuple[str, ...], rounds: int) -> Microbenchmark:
    count = STREAMS * rounds
    body = f"""
#pragma unroll
for (int r = 0; r < {rounds}; ++r)
  #pragma unroll
  for (int i = 0; i < 8; ++i) {statement}
"""
    return Microbenchmark(
        name=name, threads=RATE_THREADS, setup=_VALUES, body=body, finish=_KEEP,
        operations=count, expected=(Expected(opcodes, count),),
    )  # fmt: skip


def _chain(name: str, statement: str, opcodes: tuple[str, ...]) -> Microbenchmark:
    body = f"#pragma unroll\nfor (int r = 0; r < {CHAIN}; ++r) {statement}"
    return Microbenchmark(
        name=f"chain_{name}", threads=LANES, setup=_ONE, body=body, finish=_KEEP_ONE,
        operations=CHAIN, expected=tuple(Expected((opcode,), CHAIN) for opcode in opcodes),
    )  # fmt: skip


WIDEN = _rate(
    "rate_widen", "x[i] = fmaf(unpack_bf16(__float_as_uint(x[i]), r & 1), a, b);", ("FFMA",), ROUNDS
)
SELECT = _rate("rate_select", "x[i] = x[i] > a ? x[(i + 1) & 7] : x[i];", ("FSEL",), ROUNDS)

_FRAGMENT = """
float s[64], m[2] = {0.0f, 0.0f}, x = 0.0f;
#pragma unroll
for (int i = 0; i < 64; ++i) s[i] = 1e-3f * (threadIdx.x + i);
const float a = 1.0f - 1e-7f * length;
"""


def _reduction(name: str, join: str, across: str) -> Microbenchmark:
    """As the printer writes it, after a multiply-add of each element of 64 rows x 128 columns."""
    body = f"""
#pragma unroll
for (int i = 0; i < 64; ++i) s[i] = fmaf(s[i], a, m[row_of(i)]);
float part[4];
#pragma unroll
for (int i = 0; i < 64; ++i) part[i & 3] = i < 4 ? s[i] : {join};
#pragma unroll
for (int r = 0; r < 2; ++r) m[r] = {across};
"""
    return Microbenchmark(
        name=name, threads=128, setup=_FRAGMENT, body=body, operations=64,
        finish="if (length < 0) times[0] = __float_as_uint(m[0] + m[1]);",
        expected=(Expected(("FFMA",), 64), Expected(("SHFL",), 4)),
    )  # fmt: skip


BENCHMARKS = (
    _rate("rate_fma_few", "x[i] = fmaf(x[i], a, b);", ("FFMA",), ROUNDS // 2),
    _rate("rate_fma_many", "x[i] = fmaf(x[i], a, b);", ("FFMA",), 2 * ROUNDS),
    *(_rate(f"rate_{name}", *what, ROUNDS) for name, what in RATES.items()),
    WIDEN,
    SELECT,
    *(_chain(name, *what) for name, what in CHAINS.items()),
    _reduction("row_maximum", "fmaxf(part[i & 3], s[i])", "quad_max(fmaxf(part[2 * r], part[2 * r + 1]))"),
    _reduction("row_sum", "part[i & 3] + s[i]", "quad_sum(part[2 * r] + part[2 * r + 1])"),
)  # fmt: skip
