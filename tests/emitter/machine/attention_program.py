"""An attention-like warp program written by hand."""

from __future__ import annotations

from typing import Any

from twill.models.barrier_step import Arrive, Sync
from twill.models.tile_program import GridAxis, ScalarParameter, TensorParameter
from twill.models.warp_expression import (
    Coordinate,
    IndexValue,
    NumberValue,
    Rounded,
    ScalarValue,
)
from twill.models.warp_program import (
    Fragment,
    LoopRange,
    NamedBarrier,
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
    LoadVector,
    Product,
    ProxyFence,
    ReduceColumns,
    Release,
    Reserve,
    SharedOperand,
    Stage,
    StoreRows,
    WaitCopies,
    WaitProducts,
)
from twill.tests.emitter.machine.programs import apply, blocks_of, name, number, read

KEYS, WIDTH = 64, 64


def attention() -> WarpProgram:
    """softmax(Q K^T) V for two sub-tiles of 64 rows, which take turns at the tensor cores."""
    tile = KEYS * WIDTH * 2
    offsets = {"bufQ": 0, "bufK": 2 * tile, "bufV": 4 * tile, "bufO": 6 * tile}
    slots = {"bufQ": 1, "bufK": 2, "bufV": 2, "bufO": 1}
    rows = {"bufQ": 128, "bufK": KEYS, "bufV": KEYS, "bufO": 128}
    arguments = ("Q", "K", "V", "O")
    return WarpProgram(
        kernel="attention", gpu="h100-sxm", target="sm_90a", initiation_interval=512,
        parameters=(
            *(TensorParameter(name=a, dtype="bf16", shape=("S", WIDTH)) for a in arguments),
            TensorParameter(name="L", dtype="f32", shape=("S",)),
            TensorParameter(name="bias", dtype="f32", shape=("S",)),
            ScalarParameter(name="scale", dtype="f32"),
        ),
        extents=("S",), grid=(GridAxis(index="i", count=blocks_of("S", 128)),),
        loop=LoopRange(index="j", start=number(0), stop=blocks_of("S", KEYS)),
        threads=384, entry_registers=168,
        tensor_maps=tuple(
            TensorMap(name=f"map{a}", argument=a, box=(128 if a == "Q" else 64, WIDTH), swizzle=128)
            for a in arguments
        ),
        pointers=("L", "bias"),
        buffers=tuple(
            SharedBuffer(name=b, offset=offsets[b], slots=slots[b], slot_bytes=rows[b] * WIDTH * 2,
                         rows=rows[b], columns=WIDTH, dtype="bf16", swizzle=128)
            for b in offsets
        ),
        rings=(
            Ring(name="q", buffers=("bufQ",), depth=1, bytes=2 * tile, arrivals=0),
            Ring(name="k", buffers=("bufK",), depth=2, bytes=tile, arrivals=8),
            Ring(name="v", buffers=("bufV",), depth=2, bytes=tile, arrivals=8),
        ),
        barriers=(
            *(NamedBarrier(name=f"turn{c}", number=1 + c, threads=256) for c in range(2)),
            *(NamedBarrier(name=f"own{c}", number=3 + c, threads=128) for c in range(2)),
        ),
        barrier_offset=8 * tile, shared_bytes=8 * tile + 80 + 1024,
        roles=(_attention_producer(), _attention_consumer(0), _attention_consumer(1)),
    )  # fmt: skip


def _attention_producer() -> Role:
    i, j, zero = name("i", "grid"), name("j", "loop"), number(0)

    def load(letter: str, index: Any, rows: int) -> tuple[Any, ...]:
        ring = letter.lower()
        return (
            Reserve(ring=ring),
            CopyIn(
                ring=ring, buffer=f"buf{letter}", tensor_map=f"map{letter}", index=(index, zero),
                tile=(rows, WIDTH), operation=ring,
            ),
        )  # fmt: skip

    return Role(
        name="producer", first_warp=0, warps=1, registers=24, operations=("k", "v"), stages=1,
        guarded=True, setup=load("Q", i, 128), steady=(*load("K", j, KEYS), *load("V", j, KEYS)),
    )  # fmt: skip


def _attention_consumer(c: int) -> Role:
    other = 1 - c
    score = (
        Acquire(ring="k"),
        Sync(barrier=f"turn{c}"),
        Product(
            operation="qk", target="s", columns=KEYS, depth=WIDTH, dtype="bf16", accumulate=False,
            left=SharedOperand(ring="q", buffer="bufQ", major="k", first_row=64 * c),
            right=SharedOperand(ring="k", buffer="bufK", major="k"),
        ),
        # the last turns of both would be left over: they are for nobody
        Arrive(barrier=f"turn{other}", skip_last=c),
        WaitProducts(pending=0, settled=("s", "o", "p")),
        Release(ring="k"),
    )  # fmt: skip
    weigh = (
        Acquire(ring="v"),
        Product(
            operation="pv", target="o", columns=WIDTH, depth=KEYS, dtype="bf16", accumulate=True,
            left=FragmentOperand(name="p"),
            right=SharedOperand(ring="v", buffer="bufV", major="mn"),
        ),
        Boundary(),
        WaitProducts(pending=0, settled=("o", "p")),
        Release(ring="v"),
    )  # fmt: skip
    finish = (
        Assign(target="o", value=apply("divide", read("o"), read("l"))),
        StoreRows(argument="L", index=(name("i", "grid"),), extent=128, first=64 * c,
                  value=apply("add", read("m"), apply("log2", read("l")))),
        Stage(buffer="bufO", first_row=64 * c, columns=WIDTH, value=read("o")),
        ProxyFence(),
        Sync(barrier=f"own{c}"),
        CopyOut(buffer="bufO", tensor_map="mapO", index=(name("i", "grid"), number(0)),
                tile=(128, WIDTH), from_row=64 * c, first_row=64 * c),
        WaitCopies(),
    )  # fmt: skip
    first = (Arrive(barrier="turn0"),) if c else ()
    fragments = (
        Fragment(name="s", layout="matrix", rows=64, columns=KEYS),
        Fragment(name="o", layout="matrix", rows=64, columns=WIDTH),
        Fragment(name="p", layout="operand", rows=64, columns=KEYS, dtype="bf16"),
        Fragment(name="bias", layout="columns", columns=KEYS),
        *(Fragment(name=n, layout="rows", rows=64) for n in ("m", "l", "high", "alpha", "sum")),
    )
    return Role(
        name=f"compute{c}", first_warp=4 + 4 * c, warps=4, registers=240,
        operations=("qk", "soft", "pv"), stages=1, fragments=fragments,
        setup=(
            Assign(target="o", value=NumberValue(value=0.0)),
            Assign(target="m", value=NumberValue(value=-1e30)),
            Assign(target="l", value=NumberValue(value=0.0)),
            *first, Acquire(ring="q"),
        ),
        steady=(*score, *_softmax(), *weigh), finish=finish,
    )  # fmt: skip


def _softmax() -> tuple[Any, ...]:
    """Running maximum and sum; the columns beyond S do not count."""
    column = apply(
        "add",
        apply("multiply", IndexValue(expression=name("j", "loop")), NumberValue(value=KEYS)),
        Coordinate(axis="column"),
    )
    inside = apply("less", column, IndexValue(expression=name("S", "extent")))
    scaled = apply("multiply", read("s"), ScalarValue(argument="scale"))
    logits = apply("add", scaled, read("bias"))
    weights = apply("exp2", apply("subtract", read("s"), read("high")))
    return (
        LoadVector(target="bias", argument="bias", index=(name("j", "loop"),), extent=KEYS),
        Assign(target="s", value=apply("where", inside, logits, NumberValue(value="-inf"))),
        ReduceColumns(target="high", primitive="max", columns=KEYS, value=read("s")),
        Assign(target="high", value=apply("maximum", read("high"), read("m"))),
        Assign(target="alpha", value=apply("exp2", apply("subtract", read("m"), read("high")))),
        Assign(target="m", value=read("high")),
        Assign(target="s", value=weights),
        ReduceColumns(target="sum", primitive="sum", columns=KEYS, value=read("s")),
        Assign(
            target="l",
            value=apply("add", apply("multiply", read("l"), read("alpha")), read("sum")),
        ),
        Assign(target="p", value=Rounded(dtype="bf16", operand=read("s"))),
        Assign(target="o", value=apply("multiply", read("o"), read("alpha"))),
    )
