"""A kernel with one of its listed sizes or splits changed, for what that would make of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Literal

from ..models.errors import InvalidInput
from ..models.kernel import KernelDocument
from ..models.problem import SchedulingProblem
from ..models.profile import GpuProfile
from ..models.shape import Shape, WorkUnit, throughput
from ..reader.located import Located
from .build import build_problem
from .language import parse_program
from .shapes import with_shape
from .useful_work import useful_work


@dataclass(frozen=True, slots=True)
class ShapeChange:
    """Another value from one list; `words` follow `With`."""

    kind: Literal["size", "split"]
    words: str
    problem: SchedulingProblem | None  # None: refused, and `reason` says why
    work: int = 0  # useful work of one iteration
    reason: str = ""


@dataclass(frozen=True)
class Listed:
    """A kernel document with lists, and the value of each that a schedule is made with."""

    document: Located[KernelDocument]
    profile: GpuProfile
    shape: Shape

    @cached_property
    def shaped(self) -> Located[KernelDocument]:
        """The document with these values in place of its lists."""
        return with_shape(self.document, self.profile.target, self.shape)

    @cached_property
    def work(self) -> tuple[int, WorkUnit]:
        """Useful work of one iteration of the loop that is scheduled."""
        program = parse_program(self.shaped, self.profile.target)
        return useful_work(program, program.loops[0])

    def throughput(self, interval: int | None) -> Fraction:
        """Useful work for each cycle; 0 without an initiation interval."""
        return throughput(self.work[0], interval)

    def changes(self) -> Iterator[ShapeChange]:
        """Every other value of each list, one change at a time."""
        for (field, name, *_), values in self._choices.items():
            for value in values:
                if value != self.shape.value(field, name):
                    yield self._change(field, name, value)

    @property
    def _choices(self) -> dict[tuple[str, ...], tuple[int, ...]]:
        return self.document.value.open_choices(self.profile.target)

    def _change(self, field: str, name: str, value: int) -> ShapeChange:
        sizes, split = dict(self.shape.sizes), dict(self.shape.split)
        kind: Literal["size", "split"] = "size" if field == "sizes" else "split"
        if kind == "size":
            sizes[name], words = value, f"{name} = {value}"
        else:
            split[name], words = value, f"{name} in {value} part{'' if value == 1 else 's'}"
        other = Listed(self.document, self.profile, Shape(sizes=sizes, split=split))
        try:
            problem = build_problem(other.shaped, self.profile)
        except InvalidInput as fault:
            return ShapeChange(kind, words, None, reason=fault.problems[0].message)
        return ShapeChange(kind, words, problem, other.work[0])
