"""Values that cross warp groups: register to shared memory to register, by size."""

from __future__ import annotations

from .derivation import Derivation, Values, line
from .microbenchmark import Expected, Microbenchmark

ROWS = 64
COLUMNS = (64, 128, 256)  # of 16-bit elements
THREADS = 256
ALIGNMENT_BYTES = 1024
ARRIVE, WAIT = ("SYNCS.ARRIVE",), ("SYNCS.PHASECHK",)


def bytes_of(columns: int) -> int:
    """Of the tile that crosses."""
    return ROWS * columns * 2


def _crossing(columns: int) -> Microbenchmark:
    """One group writes with stmatrix and signals, the other reads its fragment and signals back."""
    words = columns // 4  # of each thread
    tile = bytes_of(columns)
    setup = f"""
const u32 full = shared + {tile}, empty = full + 8;
if (threadIdx.x == 0) {{
  mbar_init_all(full, 2, 4);
  fence_mbar_init();
}}
u32 p[{words}], seen = 0;
#pragma unroll
for (int i = 0; i < {words}; ++i) p[i] = threadIdx.x * (2 * i + 1);
"""
    body = f"""
if (warp / 4 == 0) {{
  const u32 row = 16 * (warp & 3) + (lane & 15);
  #pragma unroll
  for (int i = 0; i < {words}; i += 4) {{
    const u32 at = shared + swizzled<128, {ROWS}>(row, 8 * i + (lane >> 4) * 16);
    stmatrix(at, p[i], p[i + 1], p[i + 2], p[i + 3]);
  }}
  __syncwarp();
  if (lane == 0) mbar_arrive(full);
  mbar_wait(empty, k & 1);
}} else {{
  mbar_wait(full, k & 1);
  const u32 row = 16 * (warp & 3) + (lane >> 2), byte = 4 * (lane & 3);
  #pragma unroll
  for (int i = 0; i < {words}; ++i)
    seen ^= load_i32(shared + swizzled<128, {ROWS}>(row + 8 * (i & 1), byte + 16 * (i >> 1)));
  __syncwarp();
  if (lane == 0) mbar_arrive(empty);
}}
"""
    return Microbenchmark(
        name=f"crossing_{columns}", threads=THREADS, setup=setup, body=body, operations=1,
        finish="if (length < 0) times[threadIdx.x] = seen;",
        shared_bytes=tile + 16 + ALIGNMENT_BYTES,
        expected=(
            Expected(("STSM",), words // 4), Expected(("LDS",), words),
            Expected(ARRIVE, 2), Expected(WAIT, 2, at_least=True),
        ),
    )  # fmt: skip


BENCHMARKS = tuple(map(_crossing, COLUMNS))


def _latency(signals: Values, *crossings: Values) -> Values:
    """At 0 bytes, less the two signals: there and back."""
    return line([bytes_of(c) for c in COLUMNS], crossings)[0] - signals


def _rate(*crossings: Values) -> Values:
    """Each byte is moved twice: to shared memory and from it."""
    return 2 / line([bytes_of(c) for c in COLUMNS], crossings)[1]


_NEEDS = tuple(f"crossing_{columns}" for columns in COLUMNS)
_HOW = "8 to 32 KiB written with stmatrix by one warp group and read by another"

DERIVATIONS = (
    Derivation(
        name="staging, at 0 bytes", unit="cycles", needs=("mbarrier_round", *_NEEDS),
        formula=_latency, least=0, most=4000, how=f"{_HOW}, at 0 bytes, less both signals",
        figures=(("handoff", "staging_latency"),),
    ),
    Derivation(
        name="staging rate", unit="bytes per cycle", needs=_NEEDS, formula=_rate, least=2,
        most=2048, how=f"{_HOW}, by byte, on each side", figures=(("handoff", "staging_rate"),),
    ),
)  # fmt: skip
