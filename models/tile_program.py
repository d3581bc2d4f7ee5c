"""The typed tile program: what a kernel document says, operation by operation, unscheduled.

A program is a sequence of segments, straight-line blocks and loops. Operations are in SSA form:
each defines at most one value, named after the local or argument of the source text it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from .document import Document
from .index_expression import IndexExpression
from .kernel import ElementType, Target, ValueRange
from .tile_operation import Operand, Operation, SourcePosition, TileType


class LoopCarried(Document):
    """A local that the loop reads before it assigns it (distance 1).

    `next` may itself be a CarriedOperand of the same loop; the distance then adds up.
    """

    local: str
    type: TileType
    initial: Operand
    next: Operand


class Block(Document):
    """Straight-line operations before, between or after the loops."""

    kind: Literal["block"] = "block"
    operations: tuple[Operation, ...]


class Loop(Document):
    """`for index in range(start, stop)`: what is scheduled."""

    kind: Literal["loop"] = "loop"
    name: str  # unique in the program: the index, numbered when a sibling has the same one
    index: str
    start: IndexExpression
    stop: IndexExpression
    carried: tuple[LoopCarried, ...]
    operations: tuple[Operation, ...]
    position: SourcePosition

    def carried_local(self, name: str) -> LoopCarried:
        """The carried local of that name; KeyError if there is none."""
        for carried in self.carried:
            if carried.local == name:
                return carried
        raise KeyError(name)


Segment = Annotated[Block | Loop, Field(discriminator="kind")]


class TensorParameter(Document):
    """An array argument in global memory: extents are sizes (folded) or symbolic names."""

    kind: Literal["tensor"] = "tensor"
    name: str
    dtype: ElementType
    shape: tuple[int | str, ...]
    range: ValueRange | None = None  # of made-up values


class ScalarParameter(Document):
    """A scalar argument, passed by value."""

    kind: Literal["scalar"] = "scalar"
    name: str
    dtype: ElementType
    range: ValueRange | None = None  # of made-up values


Parameter = Annotated[TensorParameter | ScalarParameter, Field(discriminator="kind")]


class NamedSize(Document):
    """A size of the document under the chosen target."""

    name: str
    value: int


class GridAxis(Document):
    """One grid index, fastest first, and how many blocks it counts."""

    index: str
    count: IndexExpression


class TileProgram(Document):
    """A kernel document, parsed and typed for one target."""

    kernel: str
    target: Target
    sizes: tuple[NamedSize, ...]
    split: tuple[NamedSize, ...]
    parameters: tuple[Parameter, ...]
    grid: tuple[GridAxis, ...]
    segments: tuple[Segment, ...]

    @property
    def loops(self) -> tuple[Loop, ...]:
        """The loops in program order; usually one."""
        return tuple(segment for segment in self.segments if isinstance(segment, Loop))

    def loop(self, name: str) -> Loop:
        """The loop of that name; KeyError if there is none."""
        for loop in self.loops:
            if loop.name == name:
                return loop
        raise KeyError(name)

    def operations(self) -> Iterator[Operation]:
        """Every operation in program order."""
        for segment in self.segments:
            yield from segment.operations

    def extents(self) -> tuple[str, ...]:
        """The symbolic extents that the argument shapes declare, in order of first appearance."""
        names: dict[str, None] = {}
        for parameter in self.parameters:
            if isinstance(parameter, TensorParameter):
                names.update({e: None for e in parameter.shape if isinstance(e, str)})
        return tuple(names)

    def tensor(self, name: str) -> TensorParameter:
        """The tensor argument of that name; KeyError if there is none."""
        for parameter in self.parameters:
            if parameter.name == name and isinstance(parameter, TensorParameter):
                return parameter
        raise KeyError(name)
