"""The CUDA cores: rates of elementwise instructions, latencies of chains, row reductions."""

from __future__ import annotations

import numpy as np

from .derivation import Derivation, Values, each, over
from .family import Family
from .microbenchmark import Expected, Microbenchmark

STREAMS = 8  # independent chains of each thread
RATE_THREADS = 512  # four warps for each scheduler
LANES = 32
ROUNDS = 16
FEW, MANY = ROUNDS // 2, 2 * ROUNDS
WORK = RATE_THREADS * STREAMS * ROUNDS  # thread instructions of one iteration of a rate
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
    "convert_fp16": ("x[i] = __uint_as_float(pack_fp16(x[i], x[(i + 1) & 7]));", ("F2FP",)),
    "convert_fp8e4m3": ("x[i] = __uint_as_float(pack_fp8e4m3(x[i], x[(i + 1) & 7]));", ("F2FP",)),
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
    whole = across.format("part[2 * r]", "part[2 * r + 1]")
    body = f"""
#pragma unroll
for (int i = 0; i < 64; ++i) s[i] = fmaf(s[i], a, m[row_of(i)]);
float part[4];
#pragma unroll
for (int i = 0; i < 64; ++i) part[i & 3] = i < 4 ? s[i] : {join};
#pragma unroll
for (int r = 0; r < 2; ++r) m[r] = {whole};
"""
    return Microbenchmark(
        name=name, threads=128, setup=_FRAGMENT, body=body, operations=64,
        finish="if (length < 0) times[0] = __float_as_uint(m[0] + m[1]);",
        expected=(Expected(("FFMA",), 64), Expected(("SHFL",), 4)),
    )  # fmt: skip


BENCHMARKS = (
    _rate("rate_fma_few", "x[i] = fmaf(x[i], a, b);", ("FFMA",), FEW),
    _rate("rate_fma_many", "x[i] = fmaf(x[i], a, b);", ("FFMA",), MANY),
    *(_rate(f"rate_{name}", *what, ROUNDS) for name, what in RATES.items()),
    WIDEN,
    SELECT,
    *(_chain(name, *what) for name, what in CHAINS.items()),
    _reduction("row_maximum", "fmaxf(part[i & 3], s[i])", "quad_max(fmaxf({0}, {1}))"),
    _reduction("row_sum", "part[i & 3] + s[i]", "quad_sum({0} + {1})"),
)  # fmt: skip

_SOURCE = "independent chains of 512 threads"


def _fma_lanes(few: Values, many: Values) -> Values:
    """The difference of two bodies: what the loop itself issues falls out."""
    return RATE_THREADS * STREAMS * (MANY - FEW) / (many - few)


def _lanes(unit: str, name: str) -> Derivation:
    return Derivation(
        name=f"{unit} lanes", unit="lanes", needs=(f"rate_{name}",), formula=over(WORK), least=4,
        most=1024, how=f"{name}, {_SOURCE}", figures=(("units", unit, "capacity"),),
        rounding="whole",
    )  # fmt: skip


def _cost(
    name: str, of: tuple[str, ...], elements: float = 1, names: tuple[str, ...] = ()
) -> Derivation:
    """Lanes of the unit over elements in a cycle; `of`: what measures the lanes of the unit."""

    def formula(own: Values, *unit: Values) -> Values:
        lanes = _fma_lanes(*unit) if len(unit) == 2 else WORK / unit[0]
        return np.asarray(lanes / (elements * WORK / own))

    return Derivation(
        name=f"{name} per element", unit="instructions", needs=(f"rate_{name}", *of),
        formula=formula, least=0.2, most=16, how=f"{name} beside {of[0]}, {_SOURCE}",
        figures=tuple(("vector", "instructions", n, "per_element") for n in names or (name,)),
        rounding="eighth",
    )  # fmt: skip


def _conversion(dtype: str) -> Derivation:
    return Derivation(
        name=f"conversion to {dtype}", unit="elements per cycle", needs=(f"rate_convert_{dtype}",),
        formula=over(2 * WORK), least=4, most=2048, how=f"pairs, {_SOURCE}",
    )  # fmt: skip


def _latency(name: str) -> Derivation:
    return Derivation(
        name=f"{name} latency", unit="cycles", needs=(f"chain_{name}",), formula=each(CHAIN),
        least=1, most=400, how=f"dependent chain of {name}",
    )  # fmt: skip


def _row(name: str) -> Derivation:
    return Derivation(
        name=f"{name} of 64 x 128", unit="cycles", needs=(name,), formula=each(1), least=32,
        most=4000, how="one warp group, after a multiply-add of each element",
    )  # fmt: skip


_FMA, _ALU, _MUFU = ("rate_fma_few", "rate_fma_many"), ("rate_maximum",), ("rate_exp2",)

FAMILY = Family(
    name="vector",
    summary="elementwise rates, conversions, latencies of chains, row reductions",
    benchmarks=BENCHMARKS,
    derivations=(
        Derivation(
            name="fma lanes", unit="lanes", needs=_FMA, formula=_fma_lanes, least=4, most=1024,
            how=f"fma, {_SOURCE}", figures=(("units", "fma", "capacity"),), rounding="whole",
        ),
        _lanes("alu", "maximum"),
        _lanes("mufu", "exp2"),
        _lanes("shuffle", "shuffle"),
        _cost("add", _FMA, names=("add", "subtract")),
        _cost("multiply", _FMA),
        _cost("convert", _ALU, elements=2),
        _cost("widen", _ALU),
        _cost("select", _ALU, elements=2, names=("compare", "select")),
        _cost("log2", _MUFU),
        _cost("rsqrt", _MUFU),
        _cost("tanh", _MUFU),
        Derivation(
            name="end of a chain", unit="cycles", needs=("chain_end",), formula=each(CHAIN),
            least=4, most=400, how="multiply-add, exp2, conversion and shift, each after the other",
            figures=(("vector", "latency"),),
        ),
        _conversion("fp16"),
        _conversion("fp8e4m3"),
        _latency("fma"),
        _latency("exp2"),
        _latency("shuffle"),
        _row("row_maximum"),
        _row("row_sum"),
    ),
)  # fmt: skip
