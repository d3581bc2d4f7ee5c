"""Tensor copies: how long the first bytes take, what a copy costs its thread, and the rates."""

from __future__ import annotations

from ..emitter.printer.text import block
from .derivation import Derivation, Values, line, over
from .family import Family
from .microbenchmark import ROW_BYTES, Copied, Expected, Microbenchmark
from .source_text import bracketed

THREADS = 32
BOXES = (8, 64, 128, 256)  # rows of one copy
STREAM_BOXES = (64, 128, 256)
STREAM_ROWS = 128  # the box of the rates that the profile has
IN_FLIGHT_BYTES = 1 << 17
CACHED_ROWS = 1 << 15  # 4 MiB: stays in L2
LARGE_ROWS = 1 << 23  # 1 GiB: several times the L2 of any GPU
ALIGNMENT_BYTES = 1024
LOAD, STORE = ("UTMALDG",), ("UTMASTG",)

_BARRIERS = """
const u32 full = shared + {tile};
if (threadIdx.x == 0) {{
  mbar_init_all(full, {count}, 1);
  fence_mbar_init();
}}
__syncwarp();
"""


def bytes_of(rows: int) -> int:
    """Of one copy."""
    return rows * ROW_BYTES


def _one(
    name: str, rows: int, body: str, opcodes: tuple[str, ...], *, is_bracket: bool = False
) -> Microbenchmark:
    return Microbenchmark(
        name=name, threads=THREADS, setup=_BARRIERS.format(tile=bytes_of(rows), count=1), body=body,
        operations=1, shared_bytes=bytes_of(rows) + 8 + ALIGNMENT_BYTES, alone=True,
        copied=Copied(CACHED_ROWS, rows), expected=(Expected(opcodes, 1),),
        timed="bracket" if is_bracket else "loop",
    )  # fmt: skip


def _start(rows: int) -> str:
    return f"mbar_expect(full, {bytes_of(rows)});\ntma_load_2d(shared, &map, full, 0, 0);"


def _load(rows: int) -> Microbenchmark:
    """One copy after the other, each waited for; what it reads is in L2."""
    return _one(f"load_round_{rows}", rows, f"{_start(rows)}\nmbar_wait(full, k & 1);", LOAD)


def _store(rows: int) -> Microbenchmark:
    """One copy after the other; each is waited for until its source may be overwritten."""
    body = "tma_store_2d(&map, shared, 0, 0);\ncopies_commit();\ncopies_wait_read();"
    return _one(f"store_round_{rows}", rows, body, STORE)


LOAD_ISSUE = _one(
    "load_issue", 8, bracketed(_start(8)) + "\nmbar_wait(full, k & 1);", LOAD, is_bracket=True
)

EMPTY_BRACKET = Microbenchmark(
    name="copy_bracket", threads=THREADS, body=bracketed(""), operations=1, expected=(),
    timed="bracket", alone=True,
)  # fmt: skip


def _stream(
    name: str, box: int, rows: int, lengths: tuple[int, int], *, everywhere: bool = False
) -> Microbenchmark:
    """Copies into a ring whose slots are refilled as soon as they are full.

    A long run goes before each pair. What is to come from L2 is then there; of the large array the
    short run reads the last quarter, where the long one does not come.
    """
    tile = bytes_of(box)
    slots = IN_FLIGHT_BYTES // tile
    begun = [
        f"mbar_expect(full + 8 * slot, {tile});",
        f"tma_load_2d(shared + {tile} * slot, &map, full + 8 * slot, 0, row);",
        f"row = (row + step) & {rows - 1};",
    ]
    first = block(f"for (slot = 0; slot < {slots}; ++slot)", begun)
    prefill = "\n".join(block("if (elect())", [*first, "slot = 0;"]))
    setup = f"""
{_BARRIERS.format(tile=IN_FLIGHT_BYTES, count=slots)}
const int step = gridDim.x * {box};
int row = blockIdx.x * {box} + (length == {lengths[0]} ? {rows // 4 * 3} : 0);
int slot = 0, phase = 0;
{prefill}
"""
    turn = f"if (++slot == {slots}) {{ slot = 0; phase ^= 1; }}"
    return Microbenchmark(
        name=name, threads=THREADS, setup=setup,
        body="\n".join(["mbar_wait(full + 8 * slot, phase);", *begun, turn]),
        finish=f"""
for (int left = 0; left < {slots}; ++left) {{
  mbar_wait(full + 8 * slot, phase);
  {turn}
}}
""",
        operations=1, lengths=lengths, shared_bytes=IN_FLIGHT_BYTES + 8 * slots + ALIGNMENT_BYTES,
        alone=True, everywhere=everywhere, copied=Copied(rows, box),
        expected=(Expected(LOAD, 1), Expected(("SYNCS.PHASECHK",), 1, at_least=True)),
    )  # fmt: skip


BENCHMARKS = (
    *map(_load, BOXES),
    *map(_store, BOXES),
    LOAD_ISSUE,
    EMPTY_BRACKET,
    *(_stream(f"cached_stream_{box}", box, CACHED_ROWS, (64, 448)) for box in STREAM_BOXES),
    _stream("cached_stream_everywhere", STREAM_ROWS, CACHED_ROWS, (64, 448), everywhere=True),
    _stream("memory_stream", STREAM_ROWS, LARGE_ROWS, (64, 256), everywhere=True),
)


def _latency(kind: str, until: str) -> tuple[Derivation, Derivation]:
    """The straight line of cycles by bytes."""
    sizes = [bytes_of(rows) for rows in BOXES]

    def at_zero(*cycles: Values) -> Values:
        return line(sizes, cycles)[0]

    def rate(*cycles: Values) -> Values:
        return 1 / line(sizes, cycles)[1]

    needs = tuple(f"{kind}_round_{rows}" for rows in BOXES)
    how = f"{kind}s of 1 to 32 KiB, L2 hits, each waited for until {until}"
    return (
        Derivation(
            name=f"{kind} latency", unit="cycles", needs=needs, formula=at_zero, least=20,
            most=20000, how=f"{how}, at 0 bytes", figures=(("transfers", f"{kind}_latency"),),
        ),
        Derivation(
            name=f"{kind} rate of one copy at a time", unit="bytes per cycle", needs=needs,
            formula=rate, least=1, most=2048, how=f"{how}, by byte",
        ),
    )  # fmt: skip


def _rate(
    name: str, benchmark: str, how: str, figure: str | None = None, box: int = STREAM_ROWS
) -> Derivation:
    return Derivation(
        name=name, unit="bytes per cycle", needs=(benchmark,), formula=over(bytes_of(box)),
        least=0.5, most=2048,
        how=f"boxes of {bytes_of(box) >> 10} KiB, {IN_FLIGHT_BYTES >> 10} KiB in flight, {how}",
        figures=(("transfers", figure),) if figure else (),
    )  # fmt: skip


FAMILY = Family(
    name="transfers",
    summary="tensor copies: latency by box, issue, rates from L2 and from memory",
    benchmarks=BENCHMARKS,
    derivations=(
        *_latency("load", "its bytes are there"),
        *_latency("store", "its source may be overwritten"),
        Derivation(
            name="issue of a load", unit="cycles", needs=("load_issue", "copy_bracket"),
            formula=lambda timed, empty: timed - empty, least=1, most=1000,
            how="expect_tx and one copy by one thread, less the clock readings",
            figures=(("transfers", "issue"),),
        ),
        _rate("link", "cached_stream_everywhere", "all SMs, L2 hits", "link"),
        _rate("link, one SM", f"cached_stream_{STREAM_ROWS}", "one SM, L2 hits"),
        _rate("link, 8 KiB", "cached_stream_64", "one SM, L2 hits", box=64),
        _rate("link, 32 KiB", "cached_stream_256", "one SM, L2 hits", box=256),
        _rate("device memory", "memory_stream", "all SMs, 1 GiB, median SM", "dram"),
    ),
)  # fmt: skip
