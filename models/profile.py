"""A GPU profile: what one streaming multiprocessor can do, every figure with unit and source."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from .document import Document, Name
from .kernel import ElementType, Target

ProfileName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Source = Annotated[
    str, StringConstraints(pattern=r"^(documentation|measured|estimated|derived): .{8,400}$")
]
Text = Annotated[str, StringConstraints(min_length=1, max_length=600)]


class Figure(Document):
    """A number, its unit, and where it comes from.

    That is documentation, a named measurement, a derivation or an estimate.
    """

    value: Annotated[int, Field(ge=0)] | Annotated[float, Field(ge=0, le=1e12)]
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

    value: Annotated[int, Field(gt=0)] | Annotated[float, Field(gt=0, le=1e12)]


class Unit(Document):
    """A functional unit: what its capacity counts in every cycle."""

    summary: Text
    capacity: PositiveFigure


class InstructionCost(Document):
    """An elementwise instruction of the CUDA cores, or a short sequence of them, per element."""

    unit: Name  # beside the issue slots, which every instruction takes
    per_element: PositiveFigure  # instructions of that unit per element; two elements may share one
    extra: Mapping[Name, PositiveFigure] = Field(
        default_factory=dict
    )  # further units, instructions per element


class MatrixShape(Document):
    """Legal extents of one matrix instruction for one element type."""

    rows: tuple[int, ...]  # M
    most_columns: int  # N: up to this
    column_step: int
    depth: int  # K of one instruction


class TensorCore(Document):
    """Rates and shapes of the matrix instructions."""

    # multiply-adds per cycle and SM, by element type, then by the M of one instruction
    multiply_adds: Mapping[
        ElementType, Mapping[Annotated[str, StringConstraints(pattern="^M[0-9]+$")], PositiveFigure]
    ]
    latency: Figure  # cycles from issue to usable result, beyond the time the tensor core is held
    issue: Figure  # cycles of the issuing warp group, per operation
    issue_per_instruction: Figure  # cycles of the issuing warp group, per matrix instruction
    order_token: (
        Figure  # cycles per operation to keep the order between warp groups (named barrier)
    )
    shapes: Mapping[ElementType, MatrixShape]


class Transfers(Document):
    """Copies between global memory and the SM."""

    load_latency: Figure  # cycles until the first byte of a load has arrived
    store_latency: Figure
    issue: Figure  # cycles of the issuing warp per copy
    link: PositiveFigure  # bytes per cycle and SM between L2 and the SM
    dram: PositiveFigure  # bytes per cycle and SM of device memory, all SMs busy
    alignment: PositiveFigure  # bytes at which a swizzled tile starts


class SharedMemory(Document):
    """Shared memory of one block."""

    capacity: PositiveFigure  # bytes
    reserved: Figure  # bytes for mbarriers, alignment of the dynamic base, scheduler state
    port: PositiveFigure  # bytes per cycle


class TensorMemory(Document):
    """Tensor Memory (Blackwell)."""

    columns: PositiveFigure  # of 128 lanes of 32 bits
    load_rate: PositiveFigure  # elements per cycle and SM
    store_rate: PositiveFigure
    load_latency: Figure
    store_latency: Figure


class Registers(Document):
    """The register file and what one block may hold of it."""

    per_multiprocessor: PositiveFigure
    step: PositiveFigure  # setmaxnreg
    least: PositiveFigure
    most: PositiveFigure
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


class VectorUnits(Document):
    """The CUDA cores."""

    # share of its units that an elementwise chain may take, so that two warp groups interleave;
    # does not apply to the units of `exclusive`
    sustained_share: PositiveFigure
    exclusive: tuple[Name, ...]
    latency: Figure  # cycles until the last result of a chain is usable
    row_replication: PositiveFigure  # threads that hold one element of a row vector
    shuffles_per_reduction: Figure  # per row and holding thread
    instructions: Mapping[Name, InstructionCost]


class GpuProfile(Document):
    """One GPU, per SM and cycle unless a unit says otherwise."""

    profile: ProfileName
    summary: Text
    target: Target
    multiprocessors: PositiveFigure
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
