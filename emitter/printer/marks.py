"""Marks: where each role is, for whoever measures a kernel or looks for the step that hangs.

A mark is one line of the text. One thread of the role stores the clock of its SM to a sample of
its own, in one block of the grid, and the number of the mark to a word of host memory, in every
block. Both are left out where the caller gives no memory. The text without marks is untouched.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ...models import barrier_step, shared_step, tensor_memory_step, warp_step
from ...models.step_base import StepBase
from ...models.warp_program import Role, WarpProgram
from .names import Names
from .text import guarded

LOOP_SAMPLES = 256
"""Samples of a mark in the steady state, by period; all later periods share the last one."""

END = "end"
NAMES = ("clocks", "progress", "marked_block", "block_number", "marking", "marking_anyway")
_APART: tuple[type[StepBase], ...] = (
    warp_step.Acquire, warp_step.Reserve, warp_step.CopyIn, warp_step.Product,
    warp_step.WaitProducts, warp_step.Release, warp_step.CopyOut, warp_step.WaitCopies,
    barrier_step.Arrive, barrier_step.Sync, shared_step.Publish, tensor_memory_step.TensorProduct,
    tensor_memory_step.AwaitSignal, tensor_memory_step.WaitTensorLoads,
    tensor_memory_step.WaitTensorStores, tensor_memory_step.CommitProducts,
)  # fmt: skip
"""Steps that wait or start something; between them is work, which is one thing together."""

_WAITS: tuple[type[StepBase], ...] = (
    warp_step.Acquire, warp_step.Reserve, warp_step.WaitProducts, warp_step.WaitCopies,
    barrier_step.Sync, tensor_memory_step.AwaitSignal, tensor_memory_step.WaitTensorLoads,
    tensor_memory_step.WaitTensorStores,
)  # fmt: skip
"""Steps at which a role can stand for ever, or for long."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark: whose step it stands before, and where its samples lie."""

    section: str  # setup, period ..., loop, finish, last, end
    operation: str  # empty for what belongs to none
    step: str  # its kind, and what it is about: `acquire a_tile`
    lag: int
    first: int  # its first sample
    samples: int
    every: int = 1  # iterations between two of its samples: of an unrolled loop


@dataclass(frozen=True, slots=True)
class Place:
    """The section in which steps stand, and the C++ variable that counts its periods."""

    section: str = ""
    period: str = ""  # empty where the section is executed once


NOWHERE = Place()


@dataclass(slots=True)
class Marks:
    """The marks of one text, by role, in its order; filled while it is printed."""

    roles: dict[str, list[Mark]] = field(default_factory=dict)
    waits_only: bool = False

    def stands_before(self, step: StepBase | None, before: StepBase | None) -> bool:
        """Whether a mark stands there: work behind work of its operation has none."""
        if step is None:
            return True
        if self.waits_only:
            return isinstance(step, _WAITS)
        return before is None or isinstance(step, _APART) or isinstance(before, _APART)

    @property
    def samples(self) -> int:
        """Samples of all marks."""
        return sum(mark.samples for marks in self.roles.values() for mark in marks)

    def line(self, role: Role, names: Names, place: Place, step: StepBase | None) -> str:
        """The text of a new mark; None is the end of the role."""
        marks = self.roles.setdefault(role.name, [])
        first, samples = self.samples, LOOP_SAMPLES if place.period else 1
        kind = described(step) if step is not None else END
        operation, lag = (step.operation, step.lag) if step is not None else ("", 0)
        every = role.unroll if place.period else 1
        marks.append(Mark(place.section or END, operation, kind, lag, first, samples, every))
        sample = f"{first}"
        if place.period:
            sample = f"{first} + min({place.period}, {LOOP_SAMPLES - 1})"
        marking, clocks, progress, block = (
            names.of("marks", name) for name in ("marking", "clocks", "progress", "block_number")
        )
        word = f"{progress} + ROLES * {block} + {list(self.roles).index(role.name)}"
        return f"mark({marking}, {clocks} + {sample}, {word}, {len(marks)}, {place.period or 0});"


def described(step: StepBase) -> str:
    """The kind of a step, and what it is about where that is one thing."""
    kind = str(getattr(step, "step", "step"))
    if not isinstance(step, _APART):
        return "work"
    for what in ("ring", "barrier", "signal", "target", "buffer"):
        name = getattr(step, what, None)
        if isinstance(name, str):
            return f"{kind} {name}"
    return kind


def name_marks(names: Names) -> None:
    """Give the parameters and variables of marks their identifiers."""
    for name in NAMES:
        names.give("marks", name)


def parameters(names: Names) -> list[str]:
    """What a kernel with marks takes behind its other parameters."""
    clocks, progress, block = (names.of("marks", name) for name in NAMES[:3])
    return [f"u64* {clocks}", f"u64* {progress}", f"int {block}"]


def preamble(program: WarpProgram, names: Names) -> list[str]:
    """The number of the block, for its place in host memory."""
    block = names.of("marks", "block_number")
    return [
        f"constexpr int ROLES = {len(program.roles)};  // words of each block in host memory",
        f"const int {block} = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);",
    ]


def choosing(role: Role, program: WarpProgram, names: Names) -> list[str]:
    """Who marks, as a role begins: 1 for clocks, 2 for progress; 0 in all threads but one."""
    clocks, progress, marked, block, marking, anyway = (names.of("marks", n) for n in NAMES)
    name = anyway if program.persistent else marking
    lines = [
        f"u32 {name} = ({clocks} && {block} == {marked} ? 1 : 0) | ({progress} ? 2 : 0);",
    ]
    if role.warps > 1:
        lines += guarded(f"threadIdx.x != {32 * role.first_warp}", [f"{name} = 0;"])
    return lines


def choosing_tile(number: str, names: Names) -> list[str]:
    """A persistent block takes the clocks of its first tile only."""
    marking, anyway = names.of("marks", "marking"), names.of("marks", "marking_anyway")
    return [f"const u32 {marking} = {number} == blockIdx.x ? {anyway} : {anyway} & 2;"]
