"""The warp program: what each role of a kernel does, step by step, for one block of the grid.

It is the last form that knows nothing of CUDA text. The printer writes it as source; the NumPy
machine runs it, and the program verifier checks its barriers (docs/emission.md).

Time is counted in periods. In period p a role does, for each of its operations, the steps of
iteration p - lag, where `lag` is the stage of the operation within the role.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from .document import Count, Document, Name, Positive
from .index_expression import IndexExpression
from .kernel import ElementType, Target, Tolerance
from .stripes import Spread, threads_of_row
from .tile_order import TileOrder
from .tile_program import GridAxis, Parameter
from .warp_step import Step

Swizzle = Literal[0, 32, 64, 128]
"""Bytes over which the 16-byte chunks of a row are permuted; 0: not at all."""


class Fragment(Document):
    """Registers of one role, spread over its 128 threads.

    By quads, as accumulators of wgmma are:

    matrix: rows x columns of f32, i32 or bool, columns / 2 registers of each thread for 64 rows.
    operand: rows x columns of a 16-bit type, packed in pairs: a left operand in registers.
    rows: one number for each row, the same in the four threads of a quad; 2 registers.
    columns: one number for each column, columns / 4 registers.
    lanes: one number for each of `columns` elements, columns / 32 registers, the same in all warps:
    lane l holds elements l * columns / 32 and the following ones.
    scalar: one number, the same in all threads.

    By rows, as Tensor Memory is loaded (PTX ISA, tcgen05.ld, shape 32x32b): thread t has all of row
    t of 128. A matrix takes `columns` registers, an operand half as many, rows and a scalar one.

    By stripes (models/stripes.py), 8 or 4 rows: 128 / rows threads have a row. A matrix or columns
    take columns * rows / 128 registers, an operand half as many, rows and a scalar one.
    """

    name: Name
    layout: Literal["matrix", "operand", "rows", "columns", "lanes", "scalar"]
    rows: Count = 0
    columns: Count = 0
    dtype: ElementType = "f32"
    spread: Spread = "quads"

    @property
    def row_threads(self) -> int:
        """Threads that have a row, each of which has no other; 0 by quads."""
        return threads_of_row(self.spread, self.rows)


class SharedBuffer(Document):
    """Slots in shared memory, each holding one tile of rows x columns.

    With a swizzle of 128, 64 or 32 bytes a tile is stored as panels: the first `swizzle` bytes of
    every row, then the next ones; panel after panel, `rows * swizzle` bytes each; within a panel
    the 16-byte chunks of a row are permuted as TMA does it (PTX ISA, tensor swizzling modes).
    Without a swizzle rows follow one another. `over`: buffers whose memory it takes when nobody
    uses them any more.
    """

    name: Name
    offset: Count  # bytes from the 1,024-byte aligned base
    slots: Positive
    slot_bytes: Positive  # distance between two slots
    rows: Positive
    columns: Positive
    dtype: ElementType
    swizzle: Swizzle
    over: tuple[Name, ...] = ()


class Ring(Document):
    """Buffers that are filled and freed together: one full and one empty mbarrier for each slot.

    Copies fill a slot, or the threads of `writers` warps: its full barrier expects one arrival,
    `bytes` and an arrival for each of `elements`, or `writers` arrivals; its empty barrier
    `arrivals`. Every role keeps a cursor of its own for each ring that it uses, which begins before
    slot 0.
    """

    name: Name
    buffers: Annotated[tuple[Name, ...], Field(min_length=1)]
    depth: Positive
    bytes: Count  # that tensor copies bring to one slot; 0 if there are none
    elements: Count = 0  # that are copied one by one to one slot
    writers: Count = 0  # warps that publish a slot; 0 if copies fill it
    arrivals: Count  # that release a slot; 0: filled once and never released

    @property
    def filled(self) -> int:
        """Arrivals that fill a slot: what its full barrier expects beside bytes."""
        return self.writers or 1 + self.elements


class TensorMap(Document):
    """A tensor map parameter: an argument seen through boxes, in elements, outermost first."""

    name: Name
    argument: Name
    box: Annotated[tuple[Positive, ...], Field(min_length=1, max_length=5)]
    swizzle: Swizzle


class NamedBarrier(Document):
    """A hardware barrier, 1 to 15, for so many threads."""

    name: Name
    number: Annotated[int, Field(ge=1, le=15)]
    threads: Positive


class Tensor(Document):
    """Columns of Tensor Memory, of 128 lanes and 32 bits each: row r of a matrix lies in lane r."""

    name: Name
    first_column: Count
    columns: Positive
    dtype: ElementType = "f32"


class Signal(Document):
    """An mbarrier by itself: each phase is over after so many arrivals, and is given once."""

    name: Name
    arrivals: Positive


class Period(Document):
    """Steps of one period. `first`: period `offset`; `last`: period trips + `offset`."""

    at: Literal["first", "last"]
    offset: Annotated[int, Field(ge=-1_000, le=1_000_000)]
    steps: tuple[Step, ...]


class ShortRun(Document):
    """All periods, from the first on, where the loop runs exactly `trips` times."""

    trips: Positive
    periods: tuple[Period, ...]


class Remainder(Document):
    """What ends a loop whose unrolled steady state leaves so many of its periods over."""

    left: Positive
    periods: tuple[Period, ...]


class Role(Document):
    """What one warp group, or one warp, does.

    setup, then: nothing if trips = 0; the short run for trips, if there is one; else prologue, the
    steady state for every period from `stages - 1` to trips - 1, and the epilogue; then finish.

    A steady state that is unrolled holds `unroll` periods, and runs as long as so many are left;
    the remainder for what is left then takes the place of the epilogue.

    A guarded role has no prologue, epilogue and short runs: its steady state runs for the periods 0
    to trips + stages - 2, and a step is left out where period - lag is no iteration.

    In a persistent program all of this is done for each tile of the block, and `last` at the end;
    cursors of rings go on from tile to tile.
    """

    name: Name
    first_warp: Count
    warps: Literal[1, 4]  # of one warp only one elected thread takes part
    registers: Annotated[int, Field(ge=24, le=255)]  # per thread, after setmaxnreg
    operations: tuple[Name, ...]  # in issue order of the steady state
    stages: Positive
    guarded: bool = False
    stripe_rows: Count = 0  # of a fragment, where all are spread by stripes
    fragments: tuple[Fragment, ...] = ()
    setup: tuple[Step, ...] = ()
    prologue: tuple[Period, ...] = ()
    steady: tuple[Step, ...] = ()
    unroll: Positive = 1
    epilogue: tuple[Period, ...] = ()
    remainders: tuple[Remainder, ...] = ()  # for 1 to unroll - 1 periods left
    short: tuple[ShortRun, ...] = ()
    finish: tuple[Step, ...] = ()
    last: tuple[Step, ...] = ()

    @property
    def spread(self) -> Spread:
        """How the fragments of the role are spread over its threads, all in one way."""
        if self.stripe_rows:
            return "stripes"
        return self.fragments[0].spread if self.fragments else "quads"

    @property
    def row_threads(self) -> int:
        """Threads that have a row of a fragment, each of which has no other; 0 by quads."""
        return threads_of_row(self.spread, self.stripe_rows)

    def fragment(self, name: str) -> Fragment:
        """The fragment of that name; KeyError if the role has none."""
        for fragment in self.fragments:
            if fragment.name == name:
                return fragment
        raise KeyError(name)


class LoopRange(Document):
    """`for index in range(start, stop)`; trips = max(0, stop - start)."""

    index: Name
    start: IndexExpression
    stop: IndexExpression


class WarpProgram(Document):
    """One kernel for one target: a block of the grid, its memory, its barriers, its roles."""

    kernel: Name
    gpu: Name
    target: Target
    initiation_interval: Positive  # cycles; what the schedule promises
    parameters: tuple[Parameter, ...]  # arguments, in the order of the kernel document
    extents: tuple[Name, ...]  # symbolic extents, passed as 32-bit integers
    grid: tuple[GridAxis, ...]  # fastest first
    order: TileOrder | None = None  # of the blocks of a line; else the grid is launched as it is
    persistent: bool = False  # block b of B does the tiles number b, b + B, b + 2 B, ...
    loop: LoopRange
    threads: Positive  # of a block
    entry_registers: Positive  # per thread, at launch
    tensor_maps: tuple[TensorMap, ...] = ()
    pointers: tuple[Name, ...] = ()  # arguments that threads read or write directly
    buffers: tuple[SharedBuffer, ...] = ()
    rings: tuple[Ring, ...] = ()
    barriers: tuple[NamedBarrier, ...] = ()
    barrier_offset: Count = (
        0  # where the mbarriers of the rings lie: full, then empty, ring by ring
    )
    signals: tuple[Signal, ...] = ()  # their mbarriers follow those of the rings
    tensors: tuple[Tensor, ...] = ()  # allocated before the roles begin
    shared_bytes: Positive  # dynamic shared memory, slack for the alignment of the base included
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    tolerance: Tolerance | None = None
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        from .warp_program_checks import check_warp_program

        check_warp_program(self)
        return self

    def buffer(self, name: str) -> SharedBuffer:
        """The buffer of that name; KeyError if there is none."""
        return {b.name: b for b in self.buffers}[name]

    def ring(self, name: str) -> Ring:
        """The ring of that name; KeyError if there is none."""
        return {r.name: r for r in self.rings}[name]

    def tensor_map(self, name: str) -> TensorMap:
        """The tensor map of that name; KeyError if there is none."""
        return {m.name: m for m in self.tensor_maps}[name]

    def tensor(self, name: str) -> Tensor:
        """The tensor of that name; KeyError if there is none."""
        return {t.name: t for t in self.tensors}[name]

    def signal(self, name: str) -> Signal:
        """The signal of that name; KeyError if there is none."""
        return {s.name: s for s in self.signals}[name]

    def barrier(self, name: str) -> NamedBarrier:
        """The named barrier of that name; KeyError if there is none."""
        return {b.name: b for b in self.barriers}[name]
