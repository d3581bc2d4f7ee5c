"""What a role with Tensor Memory does in its steady state, as machine code should have it.

Event by event, named by opcodes: where it waits, arrives, issues, and moves what lies in Tensor
Memory; and the elementwise work that has to stand between one event and the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..models.errors import ProgramViolation
from ..models.product_operand import TensorOperand
from ..models.tensor_memory_step import StoreTensor, TensorProduct
from ..models.warp_expression import Expression, FragmentElement
from ..models.warp_program import Role, WarpProgram
from ..models.warp_step import Assign, ReduceColumns, Step
from .descriptors import instruction_depth
from .printer.fragments import registers_of
from .printer.storage import Offsets, offsets
from .printer.tensor_functions import chunks
from .row_work import sums_and_products, work_of

_SILENT = frozenset({"tensor_fence", "pin", "wait_tensor_loads"})
"""Steps without an instruction that does anything, or with one that is no event of its own."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One event, and the work that the warp program has between it and the next."""

    operation: str
    name: str  # opcode, with what tells it from others of the opcode
    place: int | None = None  # of an mbarrier in shared memory, or the first column
    of: str = ""  # the mbarrier or the tensor
    work: Mapping[str, int] = field(default_factory=dict)

    @property
    def opcode(self) -> str:
        """The first word of its name."""
        return self.name.split()[0]

    @property
    def said(self) -> str:
        """Its name, and what it is of."""
        return f"{self.name} of {self.of}" if self.of else self.name


BEGIN = "begin"
"""Where a period begins: no instruction, but work may stand behind it."""


def expected_events(program: WarpProgram, role: Role) -> tuple[Expected, ...]:
    """The events of one period of the steady state, from its beginning on.

    Raises ProgramViolation for a step of which it is not known what it becomes.
    """
    found = [Expected(role.steady[0].operation, BEGIN)]
    known = frozenset[Expression]()
    naming = _Naming(program, role)
    for step in role.steady:
        if not isinstance(step, Assign | ReduceColumns):
            found += [replace(e, operation=step.operation) for e in naming.events(step)]
        else:
            work = _sums(found[-1].work, work_of(role, step, known))
            found[-1] = replace(found[-1], work=work)
            known |= sums_and_products(role, step.value)
    return tuple(found)


def _sums(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {n: one.get(n, 0) + other.get(n, 0) for n in dict.fromkeys((*one, *other))}


class _Naming:
    """What each step becomes."""

    def __init__(self, program: WarpProgram, role: Role) -> None:
        self._program, self._role = program, role
        self._offsets: Offsets = offsets(program)
        self._by_step: Mapping[str, Callable[[Any], Iterable[Expected]]] = {
            "acquire": lambda s: [self._barrier("TRYWAIT", "full", s.ring)],
            "reserve": self._reserve,
            "release": lambda s: [self._barrier("ARRIVE", "empty", s.ring)],
            "await_signal": lambda s: [self._barrier("TRYWAIT", "signal", s.signal)],
            "notify": lambda s: [self._barrier("ARRIVE", "signal", s.signal)],
            "commit_products": lambda s: [self._barrier("UTCBAR", "signal", s.signal)],
            "commit_release": lambda s: [self._barrier("UTCBAR", "empty", s.ring)],
            "tensor_product": self._product,
            "load_tensor": self._load,
            "store_tensor": self._store,
            "wait_tensor_stores": lambda s: [Expected("", "FENCE.VIEW.ASYNC.T")],
            "boundary": lambda s: [Expected("", "boundary")],
            "anchor": lambda s: [Expected("", "LDS")],
            "read_rows": lambda s: [Expected("", "LDS", of=s.buffer)],
            "write_rows": lambda s: [Expected("", "STS", of=s.buffer)],
            "sync": lambda s: [self._named("BAR.SYNC", s.barrier)],
            "arrive": lambda s: [self._named("BAR.ARV", s.barrier)],
            "copy_in": lambda s: [Expected("", f"UTMALDG {len(s.index)}D", of=s.buffer)],
        }

    def events(self, step: Step) -> Iterable[Expected]:
        """In the order in which they stand there."""
        if step.step in _SILENT:
            return ()
        if step.step not in self._by_step:
            reason = f"{step.step}: it is not known what it becomes in machine code"
            raise ProgramViolation((f"{self._role.name}: {reason}",))
        return self._by_step[step.step](step)

    def _barrier(self, name: str, kind: str, which: str) -> Expected:
        of = which if kind == "signal" else f"{which}.{kind}"
        return Expected("", name, self._offsets[kind, which], of)

    def _named(self, name: str, barrier: str) -> Expected:
        found = self._program.barrier(barrier)
        return Expected("", f"{name} {found.number:#x} {found.threads:#x}", of=barrier)

    def _reserve(self, step: Any) -> Iterator[Expected]:
        ring = self._program.ring(step.ring)
        if ring.arrivals:
            yield self._barrier("TRYWAIT", "empty", step.ring)
        if not ring.writers:
            yield self._barrier("ARRIVE", "full", step.ring)

    def _product(self, step: TensorProduct) -> Iterator[Expected]:
        left = "tmem" if isinstance(step.left, TensorOperand) else "gdesc"
        column = self._program.tensor(step.tensor).first_column
        for k in range(step.depth // instruction_depth(step.dtype)):
            onto = "onto" if step.accumulate or k else "over"
            yield Expected("", f"UTCHMMA {left} {onto}", column, step.tensor)

    def _load(self, step: Any) -> Iterator[Expected]:
        start = self._program.tensor(step.tensor).first_column + step.first_column
        for first, width in chunks(registers_of(self._role.fragment(step.target))):
            yield Expected("", f"LDTM x{width}", start + first, step.tensor)

    def _store(self, step: StoreTensor) -> Iterator[Expected]:
        if not isinstance(step.value, FragmentElement):
            raise ProgramViolation((f"{step.tensor}: only a fragment can be stored",))
        width = registers_of(self._role.fragment(step.value.name))
        column = self._program.tensor(step.tensor).first_column
        yield Expected("", f"STTM x{width}", column, step.tensor)
