"""launch.json: how a cubin is launched. docs/bundles.md defines every field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from .expressions import Expression

FORMAT = "twill-bundle/1"
FILE = "launch.json"
CAPABILITIES = {"sm_90a": (9, 0), "sm_100a": (10, 0), "sm_103a": (10, 3)}
"""Compute capability of the GPUs on which a target runs; a cubin for "a" runs on no other."""

MULTIPROCESSORS = "multiprocessors"
"""A name that grid expressions may use: how many the GPU has."""


@dataclass(frozen=True, slots=True)
class TensorArgument:
    """A row-major array."""

    name: str
    dtype: str
    shape: tuple[Expression, ...]  # elements, outermost first
    role: Literal["input", "output"]
    initial: Literal["nan", "zeros"] | None  # of outputs: what they hold before the launch
    range: tuple[float, float] | None = None  # of inputs that are made up


@dataclass(frozen=True, slots=True)
class ScalarArgument:
    """A number."""

    name: str
    dtype: Literal["f32", "i32"]


@dataclass(frozen=True, slots=True)
class TensorMapParameter:
    """A tensor map by value. The box is in elements, outermost first; the swizzle in bytes."""

    argument: str
    box: tuple[int, ...]
    swizzle: int


@dataclass(frozen=True, slots=True)
class PointerParameter:
    """The device address of an array."""

    argument: str


@dataclass(frozen=True, slots=True)
class ExtentParameter:
    """An extent as a 32-bit integer."""

    name: str


@dataclass(frozen=True, slots=True)
class ScalarParameter:
    """A scalar argument in its own width."""

    name: str


@dataclass(frozen=True, slots=True)
class MarksParameter:
    """Where marks go: the address of clock samples, that of progress words, the sampled block."""

    name: Literal["clocks", "progress", "block"]


Parameter = (
    TensorMapParameter | PointerParameter | ExtentParameter | ScalarParameter | MarksParameter
)


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark of a role: what it stands before, and its samples, the first of them by number."""

    section: str  # `loop` is the steady state, with a sample for each period
    operation: str  # of the schedule; empty for what belongs to none
    step: str
    lag: int
    first: int
    samples: int
    every: int = 1  # iterations between two of its samples


@dataclass(frozen=True, slots=True)
class RoleMarks:
    """The marks of one role, in the order of the text; progress counts them from 1."""

    role: str
    marks: tuple[Mark, ...]


def counts_of(scalars: tuple[ScalarArgument, ...]) -> tuple[str, ...]:
    """The names of those that are integers."""
    return tuple(scalar.name for scalar in scalars if scalar.dtype == "i32")


@dataclass(frozen=True, slots=True)
class Requirement:
    """The kernel is right only for multiples of an extent."""

    extent: str
    multiple_of: int


@dataclass(frozen=True, slots=True)
class Tolerance:
    """An element x is right if |x - r| <= absolute + relative * |r|, r from the reference."""

    absolute: float
    relative: float


@dataclass(frozen=True, slots=True)
class Manifest:
    """All of launch.json, checked; see read_manifest."""

    kernel: str
    gpu: str
    target: str
    entry: str
    threads: int  # per block
    shared_bytes: int  # dynamic, per block
    grid: tuple[Expression, Expression, Expression]
    extents: tuple[str, ...]
    tensors: tuple[TensorArgument, ...]
    scalars: tuple[ScalarArgument, ...]
    parameters: tuple[Parameter, ...]
    requires: tuple[Requirement, ...]
    tolerance: Tolerance
    digests: Mapping[str, str]  # file name: hexadecimal SHA-256
    compiler: str
    made_by: str
    marks: tuple[RoleMarks, ...] = ()  # of a kernel that was emitted with --clocks

    @property
    def inputs(self) -> tuple[TensorArgument, ...]:
        """The arrays that a call gives, in their order."""
        return tuple(t for t in self.tensors if t.role == "input")

    @property
    def outputs(self) -> tuple[TensorArgument, ...]:
        """The arrays that a call returns, in their order."""
        return tuple(t for t in self.tensors if t.role == "output")

    @property
    def counts(self) -> tuple[str, ...]:
        """The scalars on which the grid may depend: those that are integers."""
        return counts_of(self.scalars)

    def tensor(self, name: str) -> TensorArgument:
        """The array of a name."""
        return next(t for t in self.tensors if t.name == name)
