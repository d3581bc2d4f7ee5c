"""tcgen05 and Tensor Memory: rates and latencies of products by shape; loads and stores."""

from __future__ import annotations

from ..emitter.descriptors import descriptor_of
from ..emitter.printer.scope import CHUNK_BYTES
from ..emitter.printer.tensor_functions import move_name
from ..emitter.tensor_descriptors import encode_instruction, encode_shared
from ..models.kernel import ElementType
from ..models.product_operand import SharedOperand
from ..models.tensor_memory_step import TensorProduct
from ..models.warp_program import SharedBuffer
from .derivation import Derivation, Values, batch_latency, line, over
from .family import Family
from .matrix import ISSUED, issue_derivations
from .microbenchmark import ROW_BYTES, ROW_COLUMNS, Expected, Microbenchmark
from .source_text import bracketed

ROWS = 128
STEPS = 4  # instructions over one panel of K
STREAMED = 2 * STEPS
LEFT_BYTES = ROWS * ROW_BYTES
ALIGNMENT_BYTES = 1024
ALLOCATED = 256  # columns
CHUNK = 32  # columns of one instruction
MOVED = (CHUNK, 2 * CHUNK, 4 * CHUNK)  # columns of a load or a store
REPEATED = 8  # moves of an iteration: ptxas unrolls shorter loops
DEPTH = 16  # of one instruction
BROADEST = 256  # columns: the shape whose rate the profile has
PRODUCT = ("UTCHMMA",)
_OPERAND = SharedOperand(ring="panel", buffer="panel", major="k")


def _layout(rows: int) -> int:
    buffer = SharedBuffer(
        name="panel", offset=0, slots=1, slot_bytes=rows * ROW_BYTES, rows=rows,
        columns=ROW_COLUMNS, dtype="bf16", swizzle=128,
    )  # fmt: skip
    return encode_shared(descriptor_of(_OPERAND, buffer, ROW_COLUMNS))


def _instruction(columns: int, dtype: ElementType) -> int:
    return encode_instruction(
        TensorProduct(
            tensor="d",
            left=_OPERAND,
            right=_OPERAND,
            columns=columns,
            depth=ROW_COLUMNS,
            dtype=dtype,
            accumulate=True,
        )
    )


def _allocation(slot: int) -> str:
    return f"""
const u32 slot = shared + {slot}, over = slot + 8;
if (warp == 0) tensors_allocate(slot, {ALLOCATED});
if (threadIdx.x == 0) {{
  mbar_init_all(over, 2, 1);
  fence_mbar_init();
}}
tensor_fence_before();
__syncthreads();
tensor_fence_after();
const u32 tensors = tensors_address(slot);
"""


_LEAVE = f"""
__syncthreads();
if (warp == 0) tensors_free(tensors, {ALLOCATED});
"""


def _batch(count: int, over: str = "over") -> str:
    moves = [2 * (k % STEPS) for k in range(count)]
    calls = [
        f"tensor_product(tensors, left + {move}, right + {move}, instruction, 1);" for move in moves
    ]
    return "\n".join([*calls, f"tensor_commit({over});"])


def _products(
    name: str, body: str, count: int, columns: int, dtype: ElementType = "bf16",
    *, is_bracket: bool = False, finish: str = "",
) -> Microbenchmark:  # fmt: skip
    operands = LEFT_BYTES + columns * ROW_BYTES
    setup = f"""
fill_shared(shared, {operands});
fence_proxy_async();
{_allocation(operands)}
constexpr u32 instruction = {_instruction(columns, dtype):#x};
const u64 left = descriptor(shared / {CHUNK_BYTES}, {_layout(ROWS):#x});
const u64 right = descriptor((shared + {LEFT_BYTES}) / {CHUNK_BYTES}, {_layout(columns):#x});
"""
    return Microbenchmark(
        name=name, threads=32, setup=setup, body=body, finish=finish, leave=_LEAVE,
        operations=max(count, 1), expected=(Expected(PRODUCT, count),) if count else (),
        shared_bytes=operands + 24 + ALIGNMENT_BYTES, alone=True,
        timed="bracket" if is_bracket else "loop",
    )  # fmt: skip


def _stream(columns: int, dtype: ElementType = "bf16") -> Microbenchmark:
    """Batch after batch into the same tensor; each is waited for when the next one is issued.

    In turns on two mbarriers: a commit may be over before the wait for the one before it.
    """
    before = "mbar_wait(over + 8 * ({0} - 1 & 1), {0} - 1 >> 1 & 1);"
    wait = f"if (k > 0) {before.format('k')}"
    body = f"{_batch(STREAMED, 'over + 8 * (k & 1)')}\n{wait}"
    finish = before.format("length")
    return _products(f"stream_{dtype}_n{columns}", body, STREAMED, columns, dtype, finish=finish)


def _round(columns: int) -> Microbenchmark:
    body = f"{_batch(STEPS)}\nmbar_wait(over, k & 1);"
    return _products(f"round_bf16_n{columns}", body, STEPS, columns)


def _issue(count: int) -> Microbenchmark:
    inner = _batch(count) if count else ""
    after = "mbar_wait(over, k & 1);" if count else ""
    body = bracketed(inner) + "\n" + after
    return _products(f"issue_{count}", body, count, 16, is_bracket=True)


def _move(kind: str, columns: int) -> Microbenchmark:
    """Each thread its row, and the wait. What nobody reads ptxas would not load."""
    own = "tensors + (warp << 21)"  # 32 lanes for each warp
    is_load = kind == "load"
    name = move_name(kind, "f32" if is_load else "b32", columns)
    lines = [f"{name}({f'd, {own}' if is_load else f'{own}, d'});", f"tensor_wait_{kind}s();"]
    if is_load:
        lines += [f"seen += d[{column}];" for column in range(0, columns, CHUNK)]
    setup = f"""
{_allocation(0)}
{"float" if is_load else "u32"} d[{columns}];
float seen = 0.0f;
#pragma unroll
for (int i = 0; i < {columns}; ++i) d[i] = threadIdx.x + i;
"""
    return Microbenchmark(
        name=f"{kind}_{columns}", threads=128, setup=setup, leave=_LEAVE, operations=REPEATED,
        body="\n".join(lines * REPEATED), shared_bytes=24 + ALIGNMENT_BYTES,
        finish="if (length < 0) times[0] = __float_as_uint(seen);",
        expected=(Expected(("LDTM" if is_load else "STTM",), REPEATED * columns // CHUNK),),
    )  # fmt: skip


BENCHMARKS = (
    *(_stream(columns) for columns in (64, 128, 256)),
    _stream(256, "fp16"),
    *(_round(columns) for columns in (64, 128, 256)),
    *(_issue(count) for count in (0, *ISSUED)),
    *(_move("load", columns) for columns in MOVED),
    *(_move("store", columns) for columns in MOVED),
)


def _rate(dtype: ElementType, columns: int) -> Derivation:
    return Derivation(
        name=f"{dtype} N {columns} rate", unit="multiply-adds per cycle",
        needs=(f"stream_{dtype}_n{columns}",), least=128, most=65536,
        formula=over(ROWS * columns * DEPTH * STREAMED),
        how=f"stream of tcgen05.mma m128n{columns}k16, batches of {STREAMED}",
        figures=(("tensor_core", "multiply_adds", dtype, f"M{ROWS}"),)
        if columns == BROADEST
        else (),
    )  # fmt: skip


def _latency(columns: int) -> Derivation:
    return batch_latency(
        columns, STEPS, STREAMED, most=4000, of_profile=columns == BROADEST,
        how=f"batch of {STEPS} m128n{columns}k16, commit and wait",
    )  # fmt: skip


def _moved(kind: str) -> tuple[Derivation, Derivation]:
    """The straight line of cycles by columns."""

    def rate(*cycles: Values) -> Values:
        return ROWS / line(MOVED, [c / REPEATED for c in cycles])[1]

    def latency(*cycles: Values) -> Values:
        return line(MOVED, [c / REPEATED for c in cycles])[0]

    needs = tuple(f"{kind}_{columns}" for columns in MOVED)
    how = f"{kind}s of 32, 64 and 128 columns by 128 threads, each waited for"
    return (
        Derivation(
            name=f"{kind} rate", unit="elements per cycle", needs=needs, formula=rate, least=1,
            most=4096, how=f"{how}, by column", figures=(("tensor_memory", f"{kind}_rate"),),
        ),
        Derivation(
            name=f"{kind} latency", unit="cycles", needs=needs, formula=latency, least=0, most=2000,
            how=f"{how}, at 0 columns", figures=(("tensor_memory", f"{kind}_latency"),),
        ),
    )  # fmt: skip


FAMILY = Family(
    name="tensor_memory",
    summary="tcgen05: rates and latencies by shape, issue, loads and stores",
    benchmarks=BENCHMARKS,
    derivations=(
        *(_rate("bf16", columns) for columns in (64, 128, 256)),
        _rate("fp16", 256),
        *(_latency(columns) for columns in (64, 128, 256)),
        *issue_derivations("m128n16k16"),
        *_moved("load"),
        *_moved("store"),
    ),
)
