"""The port of shared memory: bytes that threads load and store in a cycle."""

from __future__ import annotations

from .derivation import Derivation, over
from .family import Family
from .microbenchmark import Expected, Microbenchmark

THREADS = 512
EACH = 8  # accesses of 16 bytes, in one iteration of a thread
QUAD_BYTES = 16
ROW_BYTES = THREADS * QUAD_BYTES  # that all threads access at once, without conflicts
SHARED_BYTES = EACH * ROW_BYTES + 1024

_SETUP = f"""
const u32 at = shared + {QUAD_BYTES} * threadIdx.x;
u32 seen = 0, q[4];
for (int i = 0; i < 4; ++i) q[i] = threadIdx.x * (2 * i + 1) ^ length;
pin_b32x4(q);
"""


def _access(name: str, statement: str, opcode: str) -> Microbenchmark:
    return Microbenchmark(
        name=name, threads=THREADS, operations=EACH, shared_bytes=SHARED_BYTES,
        setup=_SETUP,
        body=f"#pragma unroll\nfor (int i = 0; i < {EACH}; ++i) {statement}",
        finish="if (length < 0) times[threadIdx.x] = seen;",
        expected=(Expected((opcode,), EACH),),
    )  # fmt: skip


BENCHMARKS = (
    _access("port_loads", f"seen ^= load_quad(at + {ROW_BYTES} * i);", "LDS.128"),
    _access("port_stores", f"store_quad(at + {ROW_BYTES} * i, q[0], q[1], q[2], q[3]);", "STS.128"),
)


def _rate(kind: str, *figures: tuple[str, ...]) -> Derivation:
    return Derivation(
        name=f"port, {kind}", unit="bytes per cycle", needs=(f"port_{kind}",),
        formula=over(EACH * ROW_BYTES), least=8, most=2048, figures=figures, rounding="whole",
        how=f"{kind} of 16 bytes by 512 threads, no conflicts",
    )  # fmt: skip


FAMILY = Family(
    name="shared_port",
    summary="shared memory: bytes that threads move in a cycle",
    benchmarks=BENCHMARKS,
    derivations=(
        _rate("loads", ("units", "shared_port", "capacity"), ("shared_memory", "port")),
        _rate("stores"),
    ),
)
