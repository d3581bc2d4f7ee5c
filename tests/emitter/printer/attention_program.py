"""An attention-like warp program written by hand."""

from collections.abc import Sequence
from typing import Any

from twill.models.barrier_step import Sync
from twill.models.index_expression import IndexExpression
from twill.models.tile_program import GridAxis, ScalarParameter, TensorParameter
from twill.models.warp_expression import (
    Coordinate,
    IndexValue,
    Rounded,
    ScalarValue,
)
from twill.models.warp_program import (
    Fragment,
    LoopRange,
    NamedBarrier,
    Period,
    Ring,
    Role,
    SharedBuffer,
    TensorMap,
    WarpProgram,
)
from twill.models.warp_step import (
    Acquire,
    Assign,
    Boundary,
    CopyIn,
    CopyOut,
    FragmentOperand,
    Product,
    ProxyFence,
    ReduceColumns,
    Release,
    Reserve,
    Stage,
    Step,
    StoreRows,
    WaitCopies,
    WaitProducts,
)
from twill.tests.emitter.printer.programs import (
    MINUS_INFINITY,
    ZERO,
    H,
    K,
    M,
    apply,
    ceil_by,
    name,
    number,
    operation,
    read,
    shared,
)


def attention(*, boundary: bool = True, causal: bool = False) -> WarpProgram:
    def tile(argument: str, offset: int, slots: int) -> SharedBuffer:
        return SharedBuffer(name=f"{argument}_tile", offset=offset, slots=slots, slot_bytes=32768,
                            rows=128, columns=128, dtype="bf16", swizzle=128)  # fmt: skip

    def tensor_map(argument: str, rows: int) -> TensorMap:
        return TensorMap(
            name=f"{argument}_map", argument=argument, box=(1, rows, 64), swizzle=128
        )  # fmt: skip

    return WarpProgram(
        kernel="attention", gpu="h100-sxm", target="sm_90a", initiation_interval=1100,
        parameters=(
            *(TensorParameter(name=x, dtype="bf16", shape=("heads", "length", 128))
              for x in "qkvo"),
            TensorParameter(name="lse", dtype="f32", shape=("heads", "length")),
            ScalarParameter(name="scale", dtype="f32"),
        ),
        extents=("heads", "length"),
        grid=(
            GridAxis(index="m", count=ceil_by("length", 128)),
            GridAxis(index="h", count=name("heads", "extent")),
        ),
        loop=LoopRange(index="k", start=number(0), stop=ceil_by("length", 128)),
        threads=384, entry_registers=168,
        tensor_maps=(
            tensor_map("q", 128), tensor_map("k", 128), tensor_map("v", 128), tensor_map("o", 64)
        ),
        pointers=("lse",),
        buffers=(tile("q", 0, 1), tile("k", 32768, 2), tile("v", 98304, 2), tile("o", 163840, 1)),
        rings=(
            Ring(name="q", buffers=("q_tile",), depth=1, bytes=32768, arrivals=0),
            Ring(name="k", buffers=("k_tile",), depth=2, bytes=32768, arrivals=8),
            Ring(name="v", buffers=("v_tile",), depth=2, bytes=32768, arrivals=8),
        ),
        barriers=tuple(
            NamedBarrier(name=f"staged_{i}", number=1 + i, threads=128) for i in (0, 1)
        ),
        barrier_offset=196608, shared_bytes=196608 + 80 + 1024,
        roles=(
            _attention_producer(),
            *(_attention_role(i, boundary=boundary, causal=causal) for i in (0, 1)),
        ),
        notes=("The boundary keeps the softmax of one tile under the product of the last one.",),
    )  # fmt: skip


def _attention_producer() -> Role:
    def load(argument: str, row: IndexExpression, lag: int = 0) -> tuple[Step, ...]:
        what: dict[str, Any] = {"operation": f"load_{argument}", "lag": lag, "ring": argument}
        copies = (
            CopyIn(**what, buffer=f"{argument}_tile", tensor_map=f"{argument}_map",
                   index=(H, row, number(0)), tile=(1, 128, 128), first_column=64 * panel,
                   panel_offset=16384 * panel)
            for panel in (0, 1)
        )  # fmt: skip
        return (Reserve(**what), *copies)

    return Role(
        name="producer", first_warp=0, warps=1, registers=24, operations=("load_k", "load_v"),
        stages=2, guarded=True, setup=load("q", M), steady=(*load("k", K), *load("v", K, 1)),
    )  # fmt: skip


def _attention_role(half: int, *, boundary: bool, causal: bool) -> Role:
    scores = Product(
        operation="s", target="s", left=shared("q", "q_tile", first_row=64 * half),
        right=shared("k", "k_tile"), columns=128, depth=128, dtype="bf16", accumulate=False,
    )  # fmt: skip
    weighted = Product(
        operation="o", target="o", left=FragmentOperand(name="p"),
        right=shared("v", "v_tile", "mn"), columns=128, depth=128, dtype="bf16", accumulate=True,
        lag=1,
    )  # fmt: skip
    rescale = apply("multiply", read("o"), read("alpha"))
    pack = Assign(operation="softmax", target="p", value=Rounded(dtype="bf16", operand=read("s")))
    softmax = _softmax(half, causal=causal)
    start: tuple[Step, ...] = (
        Acquire(operation="s", ring="k"), scores, WaitProducts(operation="s", pending=0,
                                                               settled=("s",)),
        Release(operation="s", ring="k"), *softmax, pack,
    )  # fmt: skip
    steady: tuple[Step, ...] = (
        Acquire(operation="s", ring="k"), scores,
        Acquire(operation="o", ring="v", lag=1), weighted,
        WaitProducts(operation="softmax", pending=1, settled=("s",)),
        Release(operation="s", ring="k"), *softmax,
        *((Boundary(operation="o", lag=1),) if boundary else ()),
        WaitProducts(operation="o", lag=1, pending=0, settled=("o", "p")),
        Release(operation="o", lag=1, ring="v"), pack,
        Assign(operation="softmax", target="o", value=rescale),
    )  # fmt: skip
    last: tuple[Step, ...] = (
        Acquire(operation="o", ring="v", lag=1), weighted,
        WaitProducts(operation="o", lag=1, pending=0, settled=("o", "p")),
        Release(operation="o", lag=1, ring="v"),
    )  # fmt: skip
    rows = ("m", "l", "alpha", "new", "sum")
    return Role(
        name=f"compute_{half}", first_warp=4 + 4 * half, warps=4, registers=240,
        operations=("s", "o", "softmax"), stages=2,
        fragments=(
            Fragment(name="s", layout="matrix", rows=64, columns=128),
            Fragment(name="o", layout="matrix", rows=64, columns=128),
            Fragment(name="p", layout="operand", rows=64, columns=128, dtype="bf16"),
            *(Fragment(name=row, layout="rows", rows=64) for row in rows),
        ),
        setup=(
            Assign(target="o", value=ZERO), Assign(target="l", value=ZERO),
            Assign(target="m", value=MINUS_INFINITY), Acquire(ring="q"),
        ),
        prologue=(Period(at="first", offset=0, steps=start),), steady=steady,
        epilogue=(Period(at="last", offset=0, steps=last),),
        finish=(
            Stage(buffer="o_tile", first_row=64 * half, columns=128,
                  value=apply("divide", read("o"), read("l"))),
            ProxyFence(), Sync(barrier=f"staged_{half}"),
            CopyOut(buffer="o_tile", tensor_map="o_map", index=(H, M, number(0)),
                    tile=(1, 128, 128), from_row=64 * half, first_row=64 * half),
            StoreRows(argument="lse", index=(H, M), extent=128, first=64 * half,
                      value=apply("add", read("m"), apply("log2", read("l")))),
            WaitCopies(),
        ),
    )  # fmt: skip


def _softmax(half: int, *, causal: bool) -> Sequence[Step]:
    """Steps that make weights of scores, in place, and the factor of what came before."""
    scaled = apply("multiply", read("s"), ScalarValue(argument="scale"))
    row_sum = apply("add", apply("multiply", read("l"), read("alpha")), read("sum"))
    row = apply("add", IndexValue(expression=operation(M, "*", number(128))),
                Coordinate(axis="row", first=64 * half))  # fmt: skip
    column = apply("add", IndexValue(expression=operation(K, "*", number(128))),
                   Coordinate(axis="column"))  # fmt: skip
    masked = apply("where", apply("greater_equal", row, column), scaled, MINUS_INFINITY)
    steps: list[Step] = [
        Assign(target="s", value=masked if causal else scaled),
        ReduceColumns(target="new", primitive="max", columns=128, value=read("s")),
        Assign(target="new", value=apply("maximum", read("m"), read("new"))),
        Assign(target="alpha", value=apply("exp2", apply("subtract", read("m"), read("new")))),
        Assign(target="m", value=read("new")),
        Assign(target="s", value=apply("exp2", apply("subtract", read("s"), read("m")))),
        ReduceColumns(target="sum", primitive="sum", columns=128, value=read("s")),
        Assign(target="l", value=row_sum),
    ]
    return [step.model_copy(update={"operation": "softmax"}) for step in steps]


# ---- vectors: no products, one warp group
