"""What a role with Tensor Memory does in its steady state, as machine code should have it.

Event by event, named by opcodes: where it waits, arrives, issues, and moves what lies in Tensor
Memory; and the elementwise work that has to stand between one event and the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..models.errors import ProgramViolation
from ..models.product_operand import TensorOperand
from ..models.tensor_memory_step import StoreTensor, TensorProduct
from ..models.warp_expression import Expression, FragmentElement
from ..models.warp_program import Role, WarpProgram
from ..models.warp_step import Assign, ReduceColumns
from .descriptors import instruction_depth
from .expected_event import BEGIN, Expected, Naming
from .printer.fragments import registers_of
from .printer.tensor_functions import chunks
from .row_work import sums_and_products, work_of

_SILENT = frozenset({"tensor_fence", "pin", "wait_tensor_loads"})
"""Steps without an instruction that does anything, or with one that is no event of its own."""


def expected_events(program: WarpProgram, role: Role) -> tuple[Expected, ...]:
    """The events of one period of the steady state, from its beginning on.

    Raises ProgramViolation for a step of which it is not known what it becomes.
    """
    found = [Expected(role.steady[0].operation, BEGIN)]
    known = frozenset[Expression]()
    naming = _Naming(program, role)
    for step in role.steady:
        if not isinstance(step, Assign | ReduceColumns):
            found += naming.events(step)
        else:
            found[-1] = found[-1].with_work(work_of(role, step, known))
            known |= sums_and_products(role, step.value)
    return tuple(found)


class _Naming(Naming):
    """What each step becomes."""

    def __init__(self, program: WarpProgram, role: Role) -> None:
        super().__init__(program, role)
        self.silent = _SILENT
        self.by_step |= {
            "await_signal": lambda s: [self.barrier("TRYWAIT", "signal", s.signal)],
            "notify": lambda s: [self.barrier("ARRIVE", "signal", s.signal)],
            "commit_products": lambda s: [self.barrier("UTCBAR", "signal", s.signal)],
            "commit_release": lambda s: [self.barrier("UTCBAR", "empty", s.ring)],
            "tensor_product": self._product,
            "load_tensor": self._load,
            "store_tensor": self._store,
            "wait_tensor_stores": lambda s: [Expected("", "FENCE.VIEW.ASYNC.T")],
            "boundary": lambda s: [Expected("", "boundary")],
            "anchor": lambda s: [Expected("", "LDS")],
            "read_rows": lambda s: [Expected("", "LDS", of=s.buffer)],
            "write_rows": lambda s: [Expected("", "STS x1", of=s.buffer)],
        }

    def _product(self, step: TensorProduct) -> Iterator[Expected]:
        left = "tmem" if isinstance(step.left, TensorOperand) else "gdesc"
        column = self.program.tensor(step.tensor).first_column
        for k in range(step.depth // instruction_depth(step.dtype)):
            onto = "onto" if step.accumulate or k else "over"
            yield Expected("", f"UTCHMMA {left} {onto}", column, step.tensor)

    def _load(self, step: Any) -> Iterator[Expected]:
        start = self.program.tensor(step.tensor).first_column + step.first_column
        for first, width in chunks(registers_of(self.role.fragment(step.target))):
            yield Expected("", f"LDTM x{width}", start + first, step.tensor)

    def _store(self, step: StoreTensor) -> Iterator[Expected]:
        if not isinstance(step.value, FragmentElement):
            raise ProgramViolation((f"{step.tensor}: only a fragment can be stored",))
        width = registers_of(self.role.fragment(step.value.name))
        column = self.program.tensor(step.tensor).first_column
        yield Expected("", f"STTM x{width}", column, step.tensor)
