"""Warp programs written by hand: a product (of staged f32 half), an attention, vectors."""

from collections.abc import Sequence
from typing import Any

from twill.models.index_expression import IndexConstant, IndexExpression, IndexName, IndexOperation
from twill.models.tile_program import GridAxis, ScalarParameter, TensorParameter
from twill.models.warp_expression import (
    Apply,
    Coordinate,
    Expression,
    FragmentElement,
    IndexValue,
    NumberValue,
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
    Arrive,
    Assign,
    Boundary,
    CopyIn,
    CopyOut,
    FragmentOperand,
    LoadVector,
    Product,
    ProxyFence,
    ReduceColumns,
    Release,
    Reserve,
    SharedOperand,
    Stage,
    Step,
    StoreRows,
    Sync,
    WaitCopies,
    WaitProducts,
)

# ---- short names


def number(value: int) -> IndexConstant:
    return IndexConstant(kind="constant", value=value)


def name(text: str, role: Any) -> IndexName:
    return IndexName(kind="name", name=text, role=role)


def operation(left: IndexExpression, operator: Any, right: IndexExpression) -> IndexOperation:
    return IndexOperation(kind="operation", operator=operator, left=left, right=right)


def ceil_by(extent: str, tile: int) -> IndexOperation:
    return operation(name(extent, "extent"), "cdiv", number(tile))


def read(fragment: str) -> FragmentElement:
    return FragmentElement(name=fragment)


def apply(primitive: Any, *operands: Expression) -> Apply:
    return Apply(primitive=primitive, operands=operands)


def literal(value: Any) -> NumberValue:
    return NumberValue(value=value)


def shared(ring: str, buffer: str, major: Any = "k", **place: Any) -> SharedOperand:
    return SharedOperand(ring=ring, buffer=buffer, major=major, **place)


M, N, H, K = name("m", "grid"), name("n", "grid"), name("h", "grid"), name("k", "loop")
MINUS_INFINITY = literal("-inf")
ZERO = literal(0)

# ---- 2 x 64 x 256 x 64 product, 3 slots, one product in flight, turns on the tensor core


def gemm(*, dtype: Any = "bf16", staged: Any = "bf16") -> WarpProgram:
    size = 4 if staged == "f32" else 2
    panel = 128 // size
    return WarpProgram(
        kernel="gemm", gpu="h100-sxm", target="sm_90a", initiation_interval=1024,
        parameters=(
            TensorParameter(name="a", dtype=dtype, shape=("M", "K")),
            TensorParameter(name="b", dtype=dtype, shape=("N", "K")),
            TensorParameter(name="c", dtype=staged, shape=("M", "N")),
        ),
        extents=("M", "N", "K"),
        grid=(
            GridAxis(index="m", count=ceil_by("M", 128)),
            GridAxis(index="n", count=ceil_by("N", 256)),
        ),
        loop=LoopRange(index="k", start=number(0), stop=ceil_by("K", 64)),
        threads=384, entry_registers=168,
        tensor_maps=(
            TensorMap(name="a_map", argument="a", box=(128, 64), swizzle=128),
            TensorMap(name="b_map", argument="b", box=(256, 64), swizzle=128),
            TensorMap(name="c_map", argument="c", box=(64, panel), swizzle=128),
        ),
        buffers=(
            SharedBuffer(name="a_tile", offset=0, slots=3, slot_bytes=16384, rows=128, columns=64,
                         dtype=dtype, swizzle=128),
            SharedBuffer(name="b_tile", offset=49152, slots=3, slot_bytes=32768, rows=256,
                         columns=64, dtype=dtype, swizzle=128),
            SharedBuffer(name="c_tile", offset=147456, slots=1, slot_bytes=65536, rows=128,
                         columns=512 // size, dtype=staged, swizzle=128),
        ),
        rings=(Ring(name="tiles", buffers=("a_tile", "b_tile"), depth=3, bytes=49152, arrivals=8),),
        barriers=(
            NamedBarrier(name="turn_0", number=1, threads=256),
            NamedBarrier(name="turn_1", number=2, threads=256),
            NamedBarrier(name="staged_0", number=3, threads=128),
            NamedBarrier(name="staged_1", number=4, threads=128),
        ),
        barrier_offset=212992, shared_bytes=212992 + 48 + 1024,
        roles=(_gemm_producer(), *(_gemm_role(i, dtype, size) for i in (0, 1))),
    )  # fmt: skip


def _gemm_producer() -> Role:
    def copy(argument: str, row: IndexExpression, rows: int) -> CopyIn:
        return CopyIn(
            operation=f"load_{argument}", ring="tiles", buffer=f"{argument}_tile",
            tensor_map=f"{argument}_map", index=(row, K), tile=(rows, 64),
        )  # fmt: skip

    steady = (
        Reserve(operation="load_a", ring="tiles"), copy("a", M, 128), copy("b", N, 256)
    )  # fmt: skip
    return Role(
        name="producer", first_warp=0, warps=1, registers=40, operations=("load_a", "load_b"),
        stages=1, guarded=True, steady=steady,
    )  # fmt: skip


def _gemm_role(half: int, dtype: Any, size: int) -> Role:
    dot = f"dot[{half}]"

    def product(accumulate: bool) -> tuple[Step, ...]:
        return (
            Acquire(operation=dot, ring="tiles"),
            Sync(operation=dot, barrier=f"turn_{half}", skip_first=1 - half),
            Product(
                operation=dot, target="acc", left=shared("tiles", "a_tile", first_row=64 * half),
                right=shared("tiles", "b_tile"), columns=256, depth=64, dtype=dtype,
                accumulate=accumulate,
            ),
            Arrive(operation=dot, barrier=f"turn_{1 - half}", skip_last=half),
        )  # fmt: skip

    def release(age: int, lag: int) -> Step:
        return Release(operation=dot, ring="tiles", age=age, lag=lag)

    out: tuple[Step, ...] = (
        Stage(buffer="c_tile", first_row=64 * half, columns=512 // size, value=read("acc")),
        ProxyFence(),
        Sync(barrier=f"staged_{half}"),
        CopyOut(buffer="c_tile", tensor_map="c_map", index=(M, N), tile=(128, 256),
                first_row=64 * half, add=size == 4),
        WaitCopies(),
    )  # fmt: skip
    return Role(
        name=f"compute_{half}", first_warp=4 + 4 * half, warps=4, registers=232, operations=(dot,),
        stages=2,
        fragments=(Fragment(name="acc", layout="matrix", rows=64, columns=256),),
        setup=(Assign(target="acc", value=ZERO),),
        prologue=(Period(at="first", offset=0, steps=product(accumulate=False)),),
        steady=(*product(accumulate=True), WaitProducts(pending=1), release(1, 1)),
        epilogue=(
            Period(at="last", offset=0, steps=(WaitProducts(pending=0, settled=("acc",), lag=1),
                                               release(0, 1))),
        ),
        finish=out,
    )  # fmt: skip


# ---- attention: the softmax of one tile runs under the product of the tile before it


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
                    tile=(1, 128, 128), first_row=64 * half),
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


def vectors(value: Expression, target: str = "x", *, more: Sequence[Step] = ()) -> WarpProgram:
    """One expression over fragments x (matrix), c (columns), r (rows), t (scalar), i (matrix)."""
    loads: tuple[Step, ...] = (
        LoadVector(target="c", argument="bias", index=(M,), extent=64),
        LoadVector(target="r", argument="weights", index=(N, M), extent=64),
        LoadVector(target="t", argument="lengths", index=(N,), extent=1),
        Assign(target="x", value=apply("multiply", read("c"), read("r"))),
        Assign(target="i", value=Coordinate(axis="column")),
    )
    return WarpProgram(
        kernel="vectors", gpu="h100-sxm", target="sm_90a", initiation_interval=1,
        parameters=(
            TensorParameter(name="bias", dtype="bf16", shape=("N",)),
            TensorParameter(name="weights", dtype="f32", shape=("R", "N")),
            TensorParameter(name="lengths", dtype="i32", shape=("R",)),
            TensorParameter(name="out", dtype="f32", shape=("R", "N")),
            ScalarParameter(name="scale", dtype="f32"), ScalarParameter(name="limit", dtype="i32"),
        ),
        extents=("N", "R"),
        grid=(GridAxis(index="m", count=ceil_by("N", 64)),
              GridAxis(index="n", count=name("R", "extent"))),
        loop=LoopRange(index="k", start=number(0), stop=number(1)),
        threads=128, entry_registers=168, pointers=("bias", "weights", "lengths", "out"),
        shared_bytes=1024,
        buffers=(),
        roles=(
            Role(
                name="rows", first_warp=0, warps=4, registers=168, operations=(), stages=1,
                fragments=(
                    Fragment(name="x", layout="matrix", rows=64, columns=64),
                    Fragment(name="i", layout="matrix", rows=64, columns=64, dtype="i32"),
                    Fragment(name="b", layout="matrix", rows=64, columns=64, dtype="bool"),
                    Fragment(name="c", layout="columns", columns=64),
                    Fragment(name="r", layout="rows", rows=64),
                    Fragment(name="t", layout="scalar", dtype="i32"),
                ),
                finish=(
                    *loads, Assign(target=target, value=value), *more,
                    ReduceColumns(target="r", primitive="min", columns=64, value=read("x")),
                    StoreRows(argument="out", index=(N, M), extent=64, value=read("r")),
                ),
            ),
        ),
    )  # fmt: skip
