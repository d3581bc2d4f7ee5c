"""What a role does in the steady state of a kernel without products, as machine code should.

Its events, as with Tensor Memory: where it waits, arrives, copies, reads or writes shared memory.
Loads that follow one another are one event, and so are stores.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..models.errors import ProgramViolation
from ..models.kernel import ELEMENT_BYTES
from ..models.warp_expression import Expression, stored_in
from ..models.warp_program import Role, WarpProgram
from ..models.warp_step import Assign, CopyOut, ReduceColumns, Stage, Step
from .printer.storage import offsets
from .row_work import sums_and_products, work_of
from .tensor_order import BEGIN, Expected

LOADS, STORES = "LDS", "STS"
SPECIAL = "MUFU"
_SILENT = frozenset({"pin", "assign", "reduce_columns"})


def elementwise_events(program: WarpProgram, role: Role) -> tuple[Expected, ...]:
    """The events of one period of the steady state, from its beginning on, without the work.

    Raises ProgramViolation for a step of which it is not known what it becomes.
    """
    found = [Expected(role.steady[0].operation, BEGIN)]
    naming = _Naming(program, role)
    for step in role.steady:
        for event in naming.events(step):
            if event.name not in (LOADS, STORES) or event.name != found[-1].name:
                found.append(replace(event, operation=step.operation))
    return tuple(found)


def work_of_period(role: Role) -> dict[str, int]:
    """What the role is sure to compute in one period, by opcode."""
    found: dict[str, int] = {}
    known = frozenset[Expression]()
    computed = set[Expression]()  # what is summed up may have been staged before
    for step in role.steady:
        if isinstance(step, Assign | ReduceColumns | Stage):
            for opcode, count in work_of(role, step, known).items():
                if not (step.value in computed and opcode.startswith(SPECIAL)):
                    found[opcode] = found.get(opcode, 0) + count
            known |= sums_and_products(role, step.value)
            computed.add(step.value)
    return found


class _Naming:
    """What each step becomes."""

    def __init__(self, program: WarpProgram, role: Role) -> None:
        self._program, self._role = program, role
        self._offsets = offsets(program)
        self._by_step: Mapping[str, Callable[[Any], Iterable[Expected]]] = {
            "acquire": lambda s: [self._barrier("TRYWAIT", "full", s.ring)],
            "reserve": self._reserve,
            "release": lambda s: [self._barrier("ARRIVE", "empty", s.ring)],
            "publish": lambda s: [self._barrier("ARRIVE", "full", s.ring)],
            "stage": lambda s: [Expected("", STORES)],
            "stage_vector": lambda s: [Expected("", STORES)],
            "proxy_fence": lambda s: [Expected("", "FENCE.VIEW.ASYNC.S")],
            "copy_in": lambda s: [Expected("", f"UTMALDG {len(s.index)}D", of=s.buffer)],
            "copy_out": self._copy_out,
            "wait_copies": lambda s: [Expected("", "DEPBAR.LE")],
        }

    def events(self, step: Step) -> Iterator[Expected]:
        """In the order in which they stand there."""
        value = getattr(step, "value", None)
        if value is not None and stored_in(value):
            yield Expected("", LOADS)
        if step.step in _SILENT:
            return
        if step.step not in self._by_step:
            reason = f"{step.step}: it is not known what it becomes in machine code"
            raise ProgramViolation((f"{self._role.name}: {reason}",))
        yield from self._by_step[step.step](step)

    def _barrier(self, name: str, kind: str, ring: str) -> Expected:
        return Expected("", name, self._offsets[kind, ring], f"{ring}.{kind}")

    def _reserve(self, step: Any) -> Iterator[Expected]:
        ring = self._program.ring(step.ring)
        if ring.arrivals:
            yield self._barrier("TRYWAIT", "empty", step.ring)
        if not ring.writers:
            yield self._barrier("ARRIVE", "full", step.ring)

    def _copy_out(self, step: CopyOut) -> Iterator[Expected]:
        buffer = self._program.buffer(step.buffer)
        row = buffer.swizzle or buffer.columns * ELEMENT_BYTES[buffer.dtype]
        opcode = "UTMAREDG" if step.add else "UTMASTG"
        for _ in range(buffer.columns * ELEMENT_BYTES[buffer.dtype] // row):
            yield Expected("", f"{opcode} {len(step.index)}D", of=step.buffer)
