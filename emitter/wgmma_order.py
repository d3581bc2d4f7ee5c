"""What a role with wgmma does in its steady state, as machine code should have it.

Where it waits, arrives, issues, copies, and moves values to and from shared memory; and the
elementwise work that has to stand between one event and the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from ..models.kernel import ELEMENT_BYTES
from ..models.product_operand import SharedOperand
from ..models.warp_expression import Expression, stored_in, sums_above_in
from ..models.warp_program import Role, WarpProgram
from ..models.warp_program_checks import GROUP_THREADS
from ..models.warp_step import Assign, Product, ReduceColumns, Stage
from .descriptors import instruction_depth
from .expected_event import BEGIN, Expected, Naming
from .printer.staging_steps import LANES, MATRIX_COLUMNS
from .printer.storage import open_place
from .row_work import WORK, staged_work, sums_and_products, work_of

_SILENT = frozenset(
    {"pin", "demand", "assign", "reduce_columns", "scan_rows", "scan_lanes", "reduce_lanes"}
)
"""Steps on registers, shared memory read included."""

_ALL = frozenset(WORK)
_PASSED = ("TRYWAIT", "LDS", "STS", "STSM", "FENCE.VIEW.ASYNC.S")
"""Over these, and over slots given back, any work may move."""

_VECTOR_STORES = {"rows": 2, "scalar": 1}


def expected_events(program: WarpProgram, role: Role) -> tuple[Expected, ...]:
    """The events of one period of the steady state, from its beginning on.

    Raises ProgramViolation for a step of which it is not known what it becomes.
    """
    found = [Expected(role.steady[0].operation, BEGIN)]
    known = frozenset[Expression]()
    naming = _Naming(program, role)
    for step in role.steady:
        value: Expression | None = getattr(step, "value", None)
        if value is not None and (stored_in(value) or sums_above_in(value)):
            found.append(Expected(step.operation, "LDS"))
        if isinstance(step, Assign | ReduceColumns):
            found[-1] = found[-1].with_work(work_of(role, step, known))
            known |= sums_and_products(role, step.value)
        elif isinstance(step, Stage):
            found[-1] = found[-1].with_work(staged_work(program, role, step, known))
        found += naming.events(step)
    return tuple(_with_liberties(event) for event in found)


def _with_liberties(event: Expected) -> Expected:
    """What ptxas may move over an event: nobody waits longer, as far as the schedule goes.

    There every slot is full, or empty, when it is waited for. Numbers are packed where registers
    are free, which may be behind a wait or a turn. At a barrier of its own a role meets nobody.
    """
    alone = event.name.endswith(f" {GROUP_THREADS:#x}")
    if event.opcode in _PASSED or alone or event.of.endswith(".empty"):
        return replace(event, passed=_ALL)
    if event.opcode in ("ARRIVE", "WARPGROUP.DEPBAR", "BAR.SYNC"):
        return replace(event, passed=frozenset({"F2FP"}))
    return event


class _Naming(Naming):
    """What each step becomes."""

    def __init__(self, program: WarpProgram, role: Role) -> None:
        super().__init__(program, role)
        self.silent = _SILENT
        self.by_step |= {
            "publish": lambda s: [self.barrier("ARRIVE", "full", s.ring)],
            "product": self._product,
            "wait_products": lambda s: [Expected("", f"WARPGROUP.DEPBAR {s.pending}")],
            "boundary": self._boundary,
            "anchor": lambda s: [Expected("", "LDS")],
            "copy_element": self._copy_element,
            "copy_out": self._copy_out,
            "wait_copies": lambda s: [Expected("", f"DEPBAR {s.pending}")],
            "proxy_fence": lambda s: [Expected("", "FENCE.VIEW.ASYNC.S")],
            "stage": self._stage,
            "stage_vector": lambda s: [self._stores("STS", s, _vector_stores(s))],
            "reduce_rows": lambda s: [self._stores("STS", s, s.columns // 4)],
            "stage_last_rows": lambda s: [self._stores("STS", s, s.columns // 4)],
        }

    def _boundary(self, step: Any) -> Iterable[Expected]:
        return [Expected("", "TRYWAIT", open_place(self.program)[0], "no slot")]

    def _product(self, step: Product) -> Iterable[Expected]:
        depth = instruction_depth(step.dtype)
        opcode = "QGMMA" if ELEMENT_BYTES[step.dtype] == 1 else "HGMMA"
        sides = [("A", step.left), ("B", step.right)]
        turned = [f"tnsp{n}" for n, o in sides if isinstance(o, SharedOperand) and o.major == "mn"]
        left = "gdesc" if isinstance(step.left, SharedOperand) else "registers"
        onto = "onto" if step.accumulate else "over"
        words = [opcode, f"64x{step.columns}x{depth}", left, *turned, onto]
        return [Expected("", f"{' '.join(words)} x{step.depth // depth}", of=step.target)]

    def _copy_element(self, step: Any) -> Iterator[Expected]:
        yield Expected("", "LDGSTS", of=step.buffer)
        yield self.barrier("ARRIVES", "full", step.ring)

    def _copy_out(self, step: Any) -> Iterator[Expected]:
        yield from self.copies_out(step)
        yield Expected("", "UTMACMDFLUSH")

    def _stage(self, step: Stage) -> Iterator[Expected]:
        size = ELEMENT_BYTES[self.program.buffer(step.buffer).dtype]
        if size == 2 and not step.columns % MATRIX_COLUMNS:
            yield self._stores("STSM", step, step.columns // MATRIX_COLUMNS)
        else:
            yield self._stores("STS", step, step.columns // (2 if size == 4 else 4))

    def _stores(self, opcode: str, step: Any, count: int) -> Expected:
        return Expected("", f"{opcode} x{count}", of=step.buffer)


def _vector_stores(step: Any) -> int:
    each = {"columns": step.extent // 4, "lanes": step.extent // LANES}
    return _VECTOR_STORES.get(step.layout) or each[step.layout]
