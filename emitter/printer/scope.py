"""What an emitter may ask of the place where its step stands: names, slots, indices, threads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ...models.errors import ProgramViolation
from ...models.index_expression import IndexExpression, IndexName, IndexRole, is_natural
from ...models.kernel import ELEMENT_BYTES
from ...models.step_base import StepBase
from ...models.tile_program import TensorParameter
from ...models.warp_program import Fragment, Role, SharedBuffer, WarpProgram
from ...models.warp_program_checks import BARRIER_BYTES
from .indices import Sum, atom, index_sum
from .iteration import Iteration
from .marks import NOWHERE, Marks, Place
from .names import Names

GROUP_WARPS = 4
CHUNK_BYTES = 16
TILE_ROWS = 64  # of a fragment over one warp group


def refuse(sentence: str) -> ProgramViolation:
    """The error for a step that has no CUDA text."""
    return ProgramViolation((f"cannot be printed: {sentence}",))


@dataclass(frozen=True, slots=True)
class Scope:
    """A role of a program, and the iteration of a step, where it has one."""

    program: WarpProgram
    role: Role
    names: Names
    iteration: Iteration | None = None
    marks: Marks | None = None
    place: Place = NOWHERE

    def at(self, section: str, period: str = "") -> Scope:
        """The same role in a section of its text, in which a variable may count periods."""
        return replace(self, place=Place(section, period))

    def mark(self, step: StepBase | None, before: StepBase | None = None) -> list[str]:
        """The mark before a step, or at the end of a role, where the text has marks."""
        if self.marks is None or not self.marks.stands_before(step, before):
            return []
        return [self.marks.line(self.role, self.names, self.place, step)]

    def within(self, iteration: Iteration) -> Scope:
        """The same role in an iteration."""
        return replace(self, iteration=iteration)

    # ---- threads

    @property
    def is_alone(self) -> bool:
        """Whether one elected thread is all that runs."""
        return self.role.warps == 1

    @property
    def leader(self) -> str:
        """The condition of the one thread that copies; empty where no other runs."""
        return f"{self.leading_warp} && elect()" if self.leading_warp else ""

    @property
    def leading_warp(self) -> str:
        """The condition of the warp of that thread; empty where no other runs."""
        return "" if self.is_alone else f"warp == {self.role.first_warp}"

    @property
    def once_per_warp(self) -> str:
        """The condition of one thread of each warp; empty where no other runs."""
        return "" if self.is_alone else "lane == 0"

    @property
    def row_threads(self) -> int:
        """How many threads have a row of a fragment, each of which has no other; 0 by quads."""
        return self.role.row_threads

    @property
    def by_row(self) -> bool:
        """Whether each thread has one row of a fragment, or a part of one."""
        return self.row_threads > 0

    # ---- fragments

    def fragment(self, name: str) -> str:
        """The variable of a fragment."""
        return self.names.of("fragment", name)

    def layout(self, name: str, *allowed: str) -> Fragment:
        """The fragment of that name; refused if it has another layout."""
        fragment = self.role.fragment(name)
        if allowed and fragment.layout not in allowed:
            raise refuse(f"{name} is a {fragment.layout} fragment, not {' or '.join(allowed)}")
        return fragment

    # ---- shared memory

    def slot(self, ring: str, age: int = 0, *, filled: bool = False) -> Sum:
        """The slot of a ring that the role acquired, or reserved, `age` advances ago."""
        depth = self.program.ring(ring).depth
        if depth == 1:
            return Sum()
        cursor = self.names.of("filled slot" if filled else "slot", ring)
        age %= depth
        return atom(f"slot_before({cursor}, {age}, {depth})" if age else cursor)

    def barrier(self, kind: str, ring: str, age: int = 0, *, filled: bool = False) -> str:
        """The address of an mbarrier, `full` or `empty`, of a slot acquired or reserved."""
        slot = self.slot(ring, age, filled=filled)
        address = atom(self.names.of(kind, ring)) + slot * BARRIER_BYTES
        return address.text

    def address(self, buffer: str, slot: Sum, offset: int = 0) -> str:
        """The address of a slot of a buffer, and `offset` bytes further."""
        stored = self.program.buffer(buffer)
        start = atom(self.names.of("buffer", buffer)) + slot * stored.slot_bytes
        return start.plus(offset).text

    def chunk(self, buffer: str, slot: Sum, further: int) -> str:
        """The same in chunks of 16 bytes, which descriptors count in."""
        each = self.program.buffer(buffer).slot_bytes // CHUNK_BYTES
        return (atom(self.names.of("chunk", buffer)) + slot * each).plus(further).text

    def panels(self, buffer: SharedBuffer) -> tuple[int, int]:
        """Bytes of one row of a panel, and of a whole panel; without a swizzle there is one."""
        row = buffer.swizzle or buffer.columns * ELEMENT_BYTES[buffer.dtype]
        return row, row * buffer.rows

    # ---- indices

    def index(self, expression: IndexExpression) -> Sum:
        """An index expression in this iteration."""
        return index_sum(expression, self._name, self._natural)

    def is_natural(self, expression: IndexExpression) -> bool:
        """Whether the expression is seen to be 0 or more."""
        return is_natural(expression, self._natural)

    @property
    def _natural(self) -> frozenset[IndexRole]:
        known: frozenset[IndexRole] = frozenset(("grid", "extent"))
        # Iterations count from 0, so the loop index is natural where its first value is.
        return known | {"loop"} if is_natural(self.program.loop.start, known) else known

    def _name(self, name: IndexName) -> Sum:
        if name.role == "local":
            return atom(self.fragment(name.name))
        if name.role == "loop":
            if self.iteration is None:
                raise refuse(f"{name.name} is used outside the loop")
            return self.index(self.program.loop.start) + self.iteration.number
        return atom(self.names.of(name.role, name.name))

    def coordinates(
        self, index: Iterable[IndexExpression], tile: Iterable[int], beyond: tuple[int, ...] = ()
    ) -> str:
        """Where a box begins, innermost first; `beyond`: elements further, innermost first."""
        starts = [self.index(i) * t for i, t in zip(index, tile, strict=True)][::-1]
        for dimension, more in enumerate(beyond):
            starts[dimension] = starts[dimension].plus(more)
        return ", ".join(start.text for start in starts)

    def tensor(self, argument: str) -> TensorParameter:
        """The array argument of that name."""
        for parameter in self.program.parameters:
            if isinstance(parameter, TensorParameter) and parameter.name == argument:
                return parameter
        raise refuse(f"{argument} is no array argument")
