"""Warp programs written by hand: a product with two compute roles, and an attention-like chain."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from twill.models.barrier_step import Sync
from twill.models.index_expression import IndexConstant, IndexExpression, IndexName, IndexOperation
from twill.models.tile_program import GridAxis, TensorParameter
from twill.models.warp_expression import (
    Apply,
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
    Product,
    ProxyFence,
    Release,
    Reserve,
    SharedOperand,
    Stage,
    Step,
    WaitCopies,
    WaitProducts,
)

Edit = Callable[[tuple[Step, ...]], Iterable[Step]]


def name(text: str, role: Any) -> IndexName:
    return IndexName(name=text, role=role)


def number(value: int) -> IndexConstant:
    return IndexConstant(value=value)


def blocks_of(extent: str, tile: int) -> IndexExpression:
    return IndexOperation(operator="cdiv", left=name(extent, "extent"), right=number(tile))


def read(fragment: str) -> FragmentElement:
    return FragmentElement(name=fragment)


def apply(primitive: Any, *operands: Any) -> Apply:
    return Apply(primitive=primitive, operands=operands)


def with_steps(program: WarpProgram, role: str, edit: Edit) -> WarpProgram:
    """The program where every list of steps of a role is edited; nothing checks it."""

    def change(old: Role) -> Role:
        def periods(which: tuple[Period, ...]) -> tuple[Period, ...]:
            return tuple(p.model_copy(update={"steps": tuple(edit(p.steps))}) for p in which)

        update: dict[str, Any] = {
            section: tuple(edit(getattr(old, section))) for section in ("setup", "steady", "finish")
        }
        update |= {s: periods(getattr(old, s)) for s in ("prologue", "epilogue")}
        return old.model_copy(update=update)

    roles = tuple(change(r) if r.name == role else r for r in program.roles)
    return program.model_copy(update={"roles": roles})


ROWS, COLUMNS, DEPTH = 128, 64, 64


def gemm(slots: int = 3) -> WarpProgram:
    """C = A B^T, tiles of 128 x 64: one producer, two compute roles, one product in flight."""
    a, b = ROWS * DEPTH * 2, COLUMNS * DEPTH * 2
    staging = slots * (a + b)
    return WarpProgram(
        kernel="gemm", gpu="h100-sxm", target="sm_90a", initiation_interval=128,
        parameters=(
            TensorParameter(name="A", dtype="bf16", shape=("M", "K")),
            TensorParameter(name="B", dtype="bf16", shape=("N", "K")),
            TensorParameter(name="C", dtype="bf16", shape=("M", "N")),
        ),
        extents=("M", "N", "K"),
        grid=(
            GridAxis(index="i", count=blocks_of("M", ROWS)),
            GridAxis(index="j", count=blocks_of("N", COLUMNS)),
        ),
        loop=LoopRange(index="k", start=number(0), stop=blocks_of("K", DEPTH)),
        threads=384, entry_registers=168,
        tensor_maps=(
            TensorMap(name="mapA", argument="A", box=(ROWS, DEPTH), swizzle=128),
            TensorMap(name="mapB", argument="B", box=(COLUMNS, DEPTH), swizzle=128),
            TensorMap(name="mapC", argument="C", box=(64, COLUMNS), swizzle=128),
        ),
        buffers=(
            SharedBuffer(name="bufA", offset=0, slots=slots, slot_bytes=a, rows=ROWS,
                         columns=DEPTH, dtype="bf16", swizzle=128),
            SharedBuffer(name="bufB", offset=slots * a, slots=slots, slot_bytes=b, rows=COLUMNS,
                         columns=DEPTH, dtype="bf16", swizzle=128),
            SharedBuffer(name="bufC", offset=staging, slots=1, slot_bytes=ROWS * COLUMNS * 2,
                         rows=ROWS, columns=COLUMNS, dtype="bf16", swizzle=128),
        ),
        rings=(Ring(name="ab", buffers=("bufA", "bufB"), depth=slots, bytes=a + b, arrivals=8),),
        barriers=tuple(
            NamedBarrier(name=f"own{c}", number=1 + c, threads=128) for c in range(2)
        ),
        barrier_offset=staging + ROWS * COLUMNS * 2,
        shared_bytes=staging + ROWS * COLUMNS * 2 + 16 * slots + 1024,
        roles=(_gemm_producer(), _gemm_consumer(0), _gemm_consumer(1)),
    )  # fmt: skip


def _gemm_producer() -> Role:
    i, j, k = name("i", "grid"), name("j", "grid"), name("k", "loop")
    steady = (
        Reserve(ring="ab", operation="load"),
        CopyIn(ring="ab", buffer="bufA", tensor_map="mapA", index=(i, k), tile=(ROWS, DEPTH)),
        CopyIn(ring="ab", buffer="bufB", tensor_map="mapB", index=(j, k), tile=(COLUMNS, DEPTH)),
    )
    return Role(
        name="producer", first_warp=0, warps=1, registers=40, operations=("load",), stages=1,
        steady=steady,
    )  # fmt: skip


def _gemm_consumer(c: int) -> Role:
    def multiply(*, accumulate: bool) -> tuple[Any, ...]:
        return (
            Acquire(ring="ab", operation="mma"),
            Product(
                operation="mma", target="acc", columns=COLUMNS, depth=DEPTH, dtype="bf16",
                left=SharedOperand(ring="ab", buffer="bufA", major="k", first_row=64 * c),
                right=SharedOperand(ring="ab", buffer="bufB", major="k"), accumulate=accumulate,
            ),
        )  # fmt: skip

    last = (
        WaitProducts(pending=0, settled=("acc",), operation="mma", lag=1),
        Release(ring="ab", operation="mma", lag=1),
    )
    before = (WaitProducts(pending=1, lag=1), Release(ring="ab", age=1, lag=1))
    out = (
        Stage(buffer="bufC", first_row=64 * c, columns=COLUMNS, value=read("acc")),
        ProxyFence(),
        Sync(barrier=f"own{c}"),
        CopyOut(
            buffer="bufC", tensor_map="mapC", index=(name("i", "grid"), name("j", "grid")),
            tile=(ROWS, COLUMNS), from_row=64 * c, first_row=64 * c,
        ),
        WaitCopies(),
    )  # fmt: skip
    return Role(
        name=f"compute{c}", first_warp=4 + 4 * c, warps=4, registers=232, operations=("mma",),
        stages=2, fragments=(Fragment(name="acc", layout="matrix", rows=64, columns=COLUMNS),),
        setup=(Assign(target="acc", value=NumberValue(value=0.0)),),
        prologue=(Period(at="first", offset=0, steps=multiply(accumulate=False)),),
        steady=(*multiply(accumulate=True), *before),
        epilogue=(Period(at="last", offset=0, steps=last),),
        finish=out,
    )  # fmt: skip
