"""wgmma: rates and latencies by shape, and what a batch costs the warp group that issues it."""

from __future__ import annotations

from ..emitter.descriptors import descriptor_of, encode
from ..emitter.printer.scope import CHUNK_BYTES
from ..emitter.printer.wgmma import wgmma_name
from ..models.kernel import ELEMENT_BYTES, ElementType
from ..models.product_operand import SharedOperand
from ..models.warp_program import SharedBuffer
from .derivation import Derivation, Values, batch_latency, each, over
from .family import Family
from .microbenchmark import ROW_BYTES, Expected, Microbenchmark
from .source_text import bracketed

ROWS = 64
STEPS = 4  # instructions over one panel of 128 bytes of K
STREAMED = 2 * STEPS  # of one iteration of a stream
BROADEST = 256  # columns: the shape whose rate the profile has
ISSUED = (1, 4)  # instructions of the batches whose issue is timed
LEFT_BYTES = 2 * ROWS * ROW_BYTES  # of two warp groups
ALIGNMENT_BYTES = 1024
HGMMA = ("HGMMA", "QGMMA")  # of 16-bit and of 8-bit operands


def depth_of(dtype: ElementType) -> int:
    """Elements of K that one instruction multiplies."""
    return 32 // ELEMENT_BYTES[dtype]


def _layout(rows: int, dtype: ElementType) -> int:
    """The descriptor of a K-major panel, but for its address."""
    columns = ROW_BYTES // ELEMENT_BYTES[dtype]
    buffer = SharedBuffer(
        name="panel", offset=0, slots=1, slot_bytes=rows * ROW_BYTES, rows=rows, columns=columns,
        dtype=dtype, swizzle=128,
    )  # fmt: skip
    operand = SharedOperand(ring="panel", buffer="panel", major="k")
    return encode(descriptor_of(operand, buffer, columns))


def _setup(columns: int, dtype: ElementType, left: str) -> str:
    right = f"(shared + {LEFT_BYTES}) / {CHUNK_BYTES}"
    lines = [
        f"fill_shared(shared, {LEFT_BYTES + columns * ROW_BYTES});",
        "fence_proxy_async();",
        f"const u64 right = descriptor({right}, {_layout(columns, dtype):#x});",
        f"float d[{columns // 2}];",
        "#pragma unroll",
        f"for (int i = 0; i < {columns // 2}; ++i) d[i] = 0.0f;",
    ]
    if left == "r":
        lines += [
            f"u32 p[{4 * STEPS}];",
            "#pragma unroll",
            f"for (int i = 0; i < {4 * STEPS}; ++i)",
            "  p[i] = 0x3c3c3c3c ^ (threadIdx.x * (2 * i + 1) << 7 & 0x80808080);",
            f"pin_b32x{4 * STEPS}(p);",
        ]
    else:
        own = f"(shared + warp / 4 * {ROWS * ROW_BYTES}) / {CHUNK_BYTES}"
        lines.append(f"const u64 left = descriptor({own}, {_layout(ROWS, dtype):#x});")
    return "\n".join(lines)


def _batch(count: int, columns: int, dtype: ElementType, left: str) -> str:
    function = wgmma_name(columns, dtype, "r" if left == "r" else "k", "k")
    calls = []
    for k in range(count):
        move = 2 * (k % STEPS)  # 32 bytes of K, in units of 16
        own = ", ".join(f"p[{4 * (k % STEPS) + r}]" for r in range(4))
        first = own if left == "r" else _moved("left", move)
        calls.append(f"{function}(d, {first}, {_moved('right', move)}, 1);")
    return "\n".join(["wgmma_fence();", *calls, "wgmma_commit();"])


def _moved(descriptor: str, by: int) -> str:
    return f"{descriptor} + {by}" if by else descriptor


def _finish(columns: int) -> str:
    return f"""
wgmma_wait<0>();
pin_f32x{columns // 2}(d);
if (length < 0)
  for (int i = 0; i < {columns // 2}; ++i) times[i] = __float_as_uint(d[i]);
"""


def _benchmark(
    name: str, body: str, count: int, columns: int, *, dtype: ElementType = "bf16",
    left: str = "k", groups: int = 1, is_bracket: bool = False,
) -> Microbenchmark:  # fmt: skip
    return Microbenchmark(
        name=name, threads=128 * groups, setup=_setup(columns, dtype, left), body=body,
        finish=_finish(columns), operations=max(count, 1), expected=(Expected(HGMMA, count),),
        shared_bytes=LEFT_BYTES + columns * ROW_BYTES + ALIGNMENT_BYTES,
        timed="bracket" if is_bracket else "loop",
    )  # fmt: skip


def _stream(
    columns: int, dtype: ElementType = "bf16", left: str = "k", groups: int = 1
) -> Microbenchmark:
    """Batch after batch into the same accumulators, one of them always in flight."""
    name = f"stream_{dtype}_n{columns}" + ("_registers" if left == "r" else "")
    name += "_two_groups" if groups == 2 else ""
    body = _batch(STREAMED, columns, dtype, left) + "\nwgmma_wait<1>();"
    return _benchmark(name, body, STREAMED, columns, dtype=dtype, left=left, groups=groups)


def _round(columns: int) -> Microbenchmark:
    """Each batch is waited for before the next one begins."""
    body = _batch(STEPS, columns, "bf16", "k") + f"\nwgmma_wait<0>();\npin_f32x{columns // 2}(d);"
    return _benchmark(f"round_bf16_n{columns}", body, STEPS, columns)


def _issue(count: int) -> Microbenchmark:
    """From before the fence to behind the commit, on an idle tensor core; the least N."""
    inner = _batch(count, 8, "bf16", "k") if count else ""
    after = "wgmma_wait<0>();\npin_f32x4(d);" if count else ""
    return _benchmark(f"issue_{count}", bracketed(inner) + "\n" + after, count, 8, is_bracket=True)


WAITS = 16
_WAIT = Microbenchmark(
    name="idle_wait", threads=128, body="\n".join(["wgmma_wait<0>();"] * WAITS), operations=WAITS,
    expected=(Expected(("WARPGROUP.DEPBAR",), WAITS),),
)  # fmt: skip

BENCHMARKS = (
    *(_stream(columns) for columns in (64, 128, 256)),
    _stream(256, "fp16"),
    _stream(256, "fp8e4m3"),
    _stream(128, left="r"),
    _stream(256, groups=2),
    *(_round(columns) for columns in (64, 128, 256)),
    *(_issue(count) for count in (0, *ISSUED)),
    _WAIT,
)


def _rate(
    what: str, benchmark: str, columns: int, dtype: ElementType = "bf16", *, rows: int = ROWS,
    of_profile: bool = False,
) -> Derivation:  # fmt: skip
    products = rows * columns * depth_of(dtype) * STREAMED
    return Derivation(
        name=f"{what} rate", unit="multiply-adds per cycle", needs=(benchmark,),
        formula=over(products), least=128, most=65536,
        how=f"stream of wgmma m64n{columns}k{depth_of(dtype)}, batches of {STREAMED}",
        figures=(("tensor_core", "multiply_adds", dtype, f"M{ROWS}"),) if of_profile else (),
    )  # fmt: skip


def _latency(columns: int) -> Derivation:
    return batch_latency(
        columns, STEPS, STREAMED, most=2000, how=f"batch of {STEPS} m64n{columns}k16 and its wait",
        of_profile=columns == BROADEST,
    )  # fmt: skip


def per_instruction(few: Values, many: Values) -> Values:
    """Issue cycles of one more instruction of a batch."""
    return (many - few) / (ISSUED[1] - ISSUED[0])


def batch_issue(nothing: Values, few: Values, many: Values) -> Values:
    """Issue cycles of a batch but for its instructions, and but for the clock readings."""
    return few - nothing - ISSUED[0] * per_instruction(few, many)


def issue_derivations(what: str) -> tuple[Derivation, ...]:
    """What a batch costs the warp group that issues it; the same for both kinds of tensor core."""
    few, many = (f"issue_{count}" for count in ISSUED)
    return (
        Derivation(
            name="issue of one instruction", unit="cycles", needs=(few, many),
            formula=per_instruction, least=0.25, most=500,
            figures=(("tensor_core", "issue_per_instruction"),),
            how=f"batches of 1 and 4 {what} on an idle tensor core",
        ),
        Derivation(
            name="issue of a batch", unit="cycles", needs=("issue_0", few, many),
            formula=batch_issue, least=0, most=1000, figures=(("tensor_core", "issue"),),
            how=f"batches of 1 and 4 {what} on an idle tensor core, at 0 instructions",
        ),
    )  # fmt: skip


FAMILY = Family(
    name="matrix",
    summary="wgmma: rates and latencies by shape, issue, waits",
    benchmarks=BENCHMARKS,
    derivations=(
        _rate("bf16 N 256", "stream_bf16_n256", 256, of_profile=True),
        _rate("fp16 N 256", "stream_fp16_n256", 256, "fp16", of_profile=True),
        _rate("fp8e4m3 N 256", "stream_fp8e4m3_n256", 256, "fp8e4m3", of_profile=True),
        _rate("bf16 N 128", "stream_bf16_n128", 128),
        _rate("bf16 N 64", "stream_bf16_n64", 64),
        _rate("bf16 N 128, left in registers", "stream_bf16_n128_registers", 128),
        _rate("bf16 N 256, two warp groups", "stream_bf16_n256_two_groups", 256, rows=2 * ROWS),
        *(_latency(columns) for columns in (64, 128, 256)),
        *issue_derivations("m64n8k16"),
        Derivation(
            name="wait", unit="cycles", needs=("idle_wait",), formula=each(WAITS), least=0.25,
            most=500, how="wgmma.wait_group with nothing in flight, back to back",
            figures=(("handoff", "matrix_wait"),),
        ),
    ),
)  # fmt: skip
