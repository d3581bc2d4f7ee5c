"""A GPU profile: what one streaming multiprocessor can do, every figure with unit and source."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from .document import Document, Name, Positive
from .kernel import ElementType, Target

ProfileName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Source = Annotated[
    str, StringConstraints(pattern=r"^(documentation|measured|estimated|derived): .{8,400}$")
]
Text = Annotated[str, StringConstraints(min_length=1, max_length=600)]
LARGEST = 1_000_000_000  # as in models.document: cycles stay within 32 bits
LEAST = 1e-6  # of a rate


class Figure(Document):
    """A number, its unit, and where it comes from.

    That is documentation, a named measurement, a derivation or an estimate.
    """

    value: Annotated[int, Field(ge=0, le=LARGEST)] | Annotated[float, Field(ge=0, le=LARGEST)]
    unit: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    source: Source

    @property
    def exact(self) -> Fraction:
        """The value as written, free of binary rounding."""
        return Fraction(str(self.value))

    @property
    def whole(self) -> int:
        """The value rounded up to an integer."""
        return -(-self.exact.numerator // self.exact.denominator)


class PositiveFigure(Figure):
    """A figure that divides something, hence is not zero."""

    value: Annotated[int, Field(ge=1, le=LARGEST)] | Annotated[float, Field(ge=LEAST, le=LARGEST)]


class WholeFigure(PositiveFigure):
    """A figure that counts things."""

    value: Annotated[int, Field(ge=1, le=LARGEST)]


class ShareFigure(PositiveFigure):
    """A part of something, all of it at most."""

    value: Annotated[int, Field(ge=1, le=1)] | Annotated[float, Field(ge=LEAST, le=1)]


class Unit(Document):
    """A functional unit: what its capacity counts in every cycle."""

    summary: Text
    capacity: WholeFigure


class InstructionCost(Document):
    """An elementwise instruction of the CUDA cores, or a short sequence of them, per element."""

    unit: Name  # beside the issue slots, which every instruction takes
    per_element: PositiveFigure  # instructions of that unit per element; two elements may share one
    # Further units, instructions per element.
    extra: Mapping[Name, PositiveFigure] = Field(default_factory=dict)


class MatrixShape(Document):
    """Legal extents of one matrix instruction for one element type."""

    rows: Annotated[tuple[Positive, ...], Field(min_length=1, max_length=16)]  # M
    most_columns: Positive  # N: up to this
    column_step: Positive
    depth: Positive  # K of one instruction


class TensorCore(Document):
    """Rates and shapes of the matrix instructions."""

    # Multiply-adds per cycle and SM, by element type, then by the M of one instruction.
    multiply_adds: Mapping[
        ElementType, Mapping[Annotated[str, StringConstraints(pattern="^M[0-9]+$")], PositiveFigure]
    ]
    latency: Figure  # cycles from issue to usable result, beyond the time the tensor core is held
    issue: Figure  # cycles of the issuing warp group, per operation
    issue_per_instruction: Figure  # cycles of the issuing warp group, per matrix instruction
    # Cycles per operation to keep the order between warp groups (named barrier).
    order_token: Figure
    shapes: Mapping[ElementType, MatrixShape]


class Transfers(Document):
    """Copies between global memory and the SM."""

    load_latency: Figure  # cycles until the first byte of a load has arrived
    store_latency: Figure
    issue: Figure  # cycles of the issuing warp per copy
    link: PositiveFigure  # bytes per cycle and SM between L2 and the SM
    dram: PositiveFigure  # bytes per cycle and SM of device memory, all SMs busy
    alignment: WholeFigure  # bytes at which a swizzled tile starts


class SharedMemory(Document):
    """Shared memory of one block."""

    capacity: WholeFigure  # bytes
    reserved: Figure  # bytes for mbarriers, alignment of the dynamic base, scheduler state
    port: PositiveFigure  # bytes per cycle


class TensorMemory(Document):
    """Tensor Memory (Blackwell)."""

    columns: WholeFigure  # of 128 lanes of 32 bits
    load_rate: PositiveFigure  # elements per cycle and SM
    store_rate: PositiveFigure
    load_latency: Figure
    store_latency: Figure


class Registers(Document):
    """The register file and what one block may hold of it."""

    per_multiprocessor: WholeFigure
    step: WholeFigure  # setmaxnreg
    least: WholeFigure
    most: WholeFigure
    base: Figure  # per thread and role, beyond the values of the model: addresses, counters
    margin: Figure  # per thread, what ptxas needs beside it


class Handoff(Document):
    """Moving work and values between warp groups."""

    # Cycles until a warp group's own products may read what it wrote to shared or Tensor Memory.
    group_barrier: Figure
    mbarrier_latency: Figure  # arrive until the waiter goes on
    mbarrier_issue: Figure  # of one arrive or one wait
    matrix_wait: Figure  # issue cycles of the wait for one's own matrix instruction
    staging_latency: Figure  # register -> shared -> register, constant part
    staging_rate: PositiveFigure  # bytes per cycle on each side


INSTRUCTIONS = (
    "absolute", "add", "compare", "convert", "divide", "exp2", "fma", "integer", "log2", "logic",
    "maximum", "minimum", "multiply", "negate", "rsqrt", "select", "sigmoid", "sqrt", "subtract",
    "tanh", "widen",
)  # fmt: skip
"""What elementwise chains are made of: every profile has its cost."""


class VectorUnits(Document):
    """The CUDA cores."""

    # Share of its units that an elementwise chain may take, so that two warp groups interleave;
    # does not apply to the units of `exclusive`.
    sustained_share: ShareFigure
    # Share of the shared-memory port that a chain takes: products go on reading from the rest.
    port_share: ShareFigure
    # A chain that needs less of the port is not reserved there: it slips in between.
    least_port_share: ShareFigure
    exclusive: tuple[Name, ...]
    latency: Figure  # cycles until the last result of a chain is usable
    row_replication: WholeFigure  # threads that hold one element of a row vector
    shuffles_per_reduction: Figure  # per row and holding thread
    instructions: Mapping[Name, InstructionCost]  # by the names of INSTRUCTIONS


class GpuProfile(Document):
    """One GPU, per SM and cycle unless a unit says otherwise."""

    profile: ProfileName
    summary: Text
    target: Target
    multiprocessors: WholeFigure
    clock: PositiveFigure  # MHz, only to convert cycles to time
    # Roles that the emitter sets up at most, the producer included.
    warp_groups: Annotated[int, Field(ge=1, le=8)]
    most_stages: Annotated[int, Field(ge=1, le=64)]  # that the emitter expands
    lowering: Literal["wgmma", "tcgen05"]
    units: Mapping[Name, Unit]
    tensor_core: TensorCore
    vector: VectorUnits
    transfers: Transfers
    shared_memory: SharedMemory
    tensor_memory: TensorMemory | None = None
    registers: Registers
    handoff: Handoff
