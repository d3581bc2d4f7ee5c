"""Warp programs written by hand: a product (of staged f32 half), an attention, vectors."""

from collections.abc import Sequence
from typing import Any

from twill.models.barrier_step import Arrive, Sync
from twill.models.index_expression import IndexConstant, IndexExpression, IndexName, IndexOperation
from twill.models.tile_program import GridAxis, ScalarParameter, TensorParameter
from twill.models.warp_expression import (
    Apply,
    Coordinate,
    Expression,
    FragmentElement,
    NumberValue,
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
    CopyIn,
    CopyOut,
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
                from_row=64 * half, first_row=64 * half, add=size == 4),
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


# ---- vectors


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
