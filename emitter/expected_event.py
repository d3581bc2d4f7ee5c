"""What a role should do that others can tell, event by event, as machine code should have it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..models.errors import ProgramViolation
from ..models.kernel import ELEMENT_BYTES
from ..models.warp_program import Role, WarpProgram
from ..models.warp_program_checks import BARRIER_BYTES
from ..models.warp_step import CopyOut, Step
from .printer.storage import Offsets, offsets

BEGIN = "begin"
"""Where a period begins: no instruction, but work may stand behind it."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One event, and the work that the warp program has between it and the next.

    `passed`: kinds of work that may stand on either side of it, since nobody waits longer for that.
    """

    operation: str
    name: str  # opcode, with what tells it from others of the opcode
    place: int | None = None  # of an mbarrier in shared memory, or the first column
    of: str = ""  # the mbarrier or the tensor
    slots: int = 1  # of the ring whose mbarrier it is: which one is current may be known
    age: int = 0  # slots behind the current one, from which its place may be counted
    work: Mapping[str, int] = field(default_factory=dict)
    passed: frozenset[str] = frozenset()

    @property
    def opcode(self) -> str:
        """The first word of its name."""
        return self.name.split()[0]

    @property
    def said(self) -> str:
        """Its name, and what it is of."""
        return f"{self.name} of {self.of}" if self.of else self.name

    def is_at(self, place: int) -> bool:
        """Whether an instruction there is of the same mbarrier, in any slot, or the same column."""
        start = self.place if self.place is not None else place
        first, last = start - self.age * BARRIER_BYTES, start + self.slots * BARRIER_BYTES
        return place in range(first, last, BARRIER_BYTES)

    def with_work(self, work: Mapping[str, int]) -> Expected:
        """The same event, with more work behind it."""
        names = dict.fromkeys((*self.work, *work))
        return replace(self, work={n: self.work.get(n, 0) + work.get(n, 0) for n in names})


Namer = Callable[[Any], Iterable[Expected]]


class Naming:
    """What steps become: those on rings and named barriers here, others as `by_step` says."""

    def __init__(self, program: WarpProgram, role: Role) -> None:
        self.program, self.role = program, role
        self._offsets: Offsets = offsets(program)
        self.silent: frozenset[str] = frozenset()
        self.by_step: dict[str, Namer] = {
            "acquire": lambda s: [self.barrier("TRYWAIT", "full", s.ring)],
            "reserve": self._reserve,
            "release": lambda s: [replace(self.barrier("ARRIVE", "empty", s.ring), age=s.age)],
            "sync": lambda s: [self._named("BAR.SYNC", s.barrier)],
            "arrive": lambda s: [self._named("BAR.ARV", s.barrier)],
            "copy_in": lambda s: [Expected("", f"UTMALDG {len(s.index)}D", of=s.buffer)],
        }

    def events(self, step: Step) -> Iterator[Expected]:
        """In the order in which they stand there; ProgramViolation where that is not known."""
        if step.step in self.silent:
            return
        if step.step not in self.by_step:
            reason = f"{step.step}: it is not known what it becomes in machine code"
            raise ProgramViolation((f"{self.role.name}: {reason}",))
        for event in self.by_step[step.step](step):
            yield replace(event, operation=step.operation)

    def barrier(self, name: str, kind: str, which: str) -> Expected:
        """An event on an mbarrier: full or empty of a ring, or a signal."""
        of = which if kind == "signal" else f"{which}.{kind}"
        slots = 1 if kind == "signal" else self.program.ring(which).depth
        return Expected("", name, self._offsets[kind, which], of, slots)

    def copies_out(self, step: CopyOut) -> Iterator[Expected]:
        """The instructions of a copy out: one for each panel of the tile."""
        buffer = self.program.buffer(step.buffer)
        row = buffer.columns * ELEMENT_BYTES[buffer.dtype]
        name = f"{'UTMAREDG' if step.add else 'UTMASTG'} {len(step.index)}D"
        for _ in range(row // (buffer.swizzle or row)):
            yield Expected("", name, of=step.buffer)

    def _named(self, name: str, barrier: str) -> Expected:
        found = self.program.barrier(barrier)
        return Expected("", f"{name} {found.number:#x} {found.threads:#x}", of=barrier)

    def _reserve(self, step: Any) -> Iterator[Expected]:
        ring = self.program.ring(step.ring)
        if ring.arrivals:
            yield self.barrier("TRYWAIT", "empty", step.ring)
        if not ring.writers:
            yield self.barrier("ARRIVE", "full", step.ring)
