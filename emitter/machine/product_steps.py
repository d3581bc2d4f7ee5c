"""Steps of products and of fragments: issue, wait, assign, reduce."""

from __future__ import annotations

from ...models.errors import ProgramViolation
from ...models.warp_step import (
    Anchor,
    Assign,
    Boundary,
    FragmentOperand,
    Pin,
    Product,
    ReduceColumns,
    SharedOperand,
    WaitProducts,
)
from .hazards import Hazard
from .knowledge import SETTLED
from .ring_steps import operand_slot
from .role_run import RoleRun
from .waits import ProductsWait

ROWS = 64  # of every product


def product(run: RoleRun, step: Product) -> None:
    """Issue a batch; it reads and writes at any later time, after the batches before it."""
    if run.warps != 4:
        raise Hazard("issues a product from one warp; it takes all four of a warp group")
    operands = [o for o in (step.left, step.right) if isinstance(o, SharedOperand)]
    slots = [operand_slot(run, operand) for operand in operands]
    left = step.left.name if isinstance(step.left, FragmentOperand) else None
    number = run.ledger.issue(step.target, left, accumulate=step.accumulate)
    for operand, (slot, tile) in zip(operands, slots, strict=True):
        rows = _rows(operand, ROWS if operand is step.left else step.columns, step.depth)
        written = slot.staged_by(rows)
        if written:
            by = run.block.plan.roles[written[0][0]]
            raise Hazard(f"reads {slot} of ring {operand.ring}, which {by} has staged over")
        run.ledger.slots[operand.ring, tile] = number
        slot.note(SETTLED, run.index, rows, number)
    data, registers = run.block.data, run.registers
    place = run.place() if data is not None else ""

    def over() -> None:
        if data is not None and registers is not None:
            try:
                data.multiply(step, [slot.number for slot, _ in slots], registers)
            except Hazard as hazard:
                raise ProgramViolation((f"{place}: {hazard}",)) from None

    run.ledger.queue.append(over)


def _rows(operand: SharedOperand, across: int, depth: int) -> tuple[int, int]:
    """The rows of the stored tile that a product reads."""
    return operand.first_row, operand.first_row + (across if operand.major == "k" else depth)


def wait_products(run: RoleRun, step: WaitProducts) -> ProductsWait:
    """Wait, then the fragments named can be used."""
    ledger = run.ledger
    return ProductsWait(ledger, step.pending, lambda: ledger.wait(step.pending, step.settled))


def boundary(run: RoleRun, step: Boundary) -> None:
    """Means something to ptxas only."""


def pin(run: RoleRun, step: Pin | Anchor) -> None:
    """Touches the registers, so no product in flight may; computes nothing that is not there."""
    run.ledger.check_read(step.fragments)
    for name in step.fragments:
        run.ledger.write(name)


def assign(run: RoleRun, step: Assign) -> None:
    """Compute every register of the target."""
    run.ledger.check_read(run.block.plan.fragments_of(step.value))
    run.ledger.write(step.target)
    if run.block.data is not None and run.registers is not None:
        run.block.data.assign(step, run.registers, run.iteration)


def reduce_columns(run: RoleRun, step: ReduceColumns) -> None:
    """Reduce within each thread, then over each quad."""
    run.ledger.check_read(run.block.plan.fragments_of(step.value))
    run.ledger.write(step.target)
    if run.block.data is not None and run.registers is not None:
        run.block.data.reduce_columns(step, run.registers, run.iteration)
