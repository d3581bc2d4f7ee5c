"""What a role does in the steady state of a kernel without products, as machine code should.

Its events, as with Tensor Memory: where it waits, arrives, copies, reads or writes shared memory.
Loads that follow one another are one event, and so are stores.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..models.warp_expression import Expression, stored_in
from ..models.warp_program import Role, WarpProgram
from ..models.warp_step import Assign, ReduceColumns, Stage, Step
from .expected_event import BEGIN, Expected, Namer, Naming
from .row_work import sums_and_products, work_of

LOADS, STORES = "LDS", "STS"
SPECIAL = "MUFU"
_SILENT = frozenset({"pin", "demand", "assign", "reduce_columns"})


def elementwise_events(program: WarpProgram, role: Role) -> tuple[Expected, ...]:
    """The events of one period of the steady state, from its beginning on, without the work.

    Raises ProgramViolation for a step of which it is not known what it becomes.
    """
    found = [Expected(role.steady[0].operation, BEGIN)]
    naming = _Naming(program, role)
    for step in role.steady:
        for event in naming.events(step):
            if event.name not in (LOADS, STORES) or event.name != found[-1].name:
                found.append(event)
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


class _Naming(Naming):
    """What each step becomes."""

    def __init__(self, program: WarpProgram, role: Role) -> None:
        super().__init__(program, role)
        self.silent = _SILENT
        by_step: dict[str, Namer] = {
            "publish": lambda s: [self.barrier("ARRIVE", "full", s.ring)],
            "stage": lambda s: [Expected("", STORES)],
            "stage_vector": lambda s: [Expected("", STORES)],
            "proxy_fence": lambda s: [Expected("", "FENCE.VIEW.ASYNC.S")],
            "copy_out": self.copies_out,
            "wait_copies": lambda s: [Expected("", "DEPBAR.LE")],
        }
        self.by_step |= by_step

    def events(self, step: Step) -> Iterator[Expected]:
        """In the order in which they stand there; what is read from shared memory first."""
        value = getattr(step, "value", None)
        if value is not None and stored_in(value):
            yield Expected(step.operation, LOADS)
        yield from super().events(step)
