"""Steps of products and of fragments: issue, wait, assign, reduce."""

from __future__ import annotations

import numpy as np

from ...models.errors import ProgramViolation
from ...models.quad_step import SumQuads
from ...models.warp_step import (
    Anchor,
    Assign,
    Boundary,
    Demand,
    FragmentOperand,
    Pin,
    Product,
    ReduceColumns,
    SharedOperand,
    WaitProducts,
)
from .hazards import Hazard
from .knowledge import SETTLED
from .layouts import over_quads
from .memory_steps import check_staged, fetch
from .ring_steps import acquired_slot
from .role_run import RoleRun
from .slots import Slot
from .waits import ProductsWait

ROWS = 64  # of every product


def product(run: RoleRun, step: Product) -> None:
    """Issue a batch; it reads and writes at any later time, after the batches before it."""
    if run.warps != 4:
        raise Hazard("issues a product from one warp; it takes all four of a warp group")
    operands = [o for o in (step.left, step.right) if isinstance(o, SharedOperand)]
    slots = [acquired_slot(run, o.ring, o.buffer, o.age) for o in operands]
    left = step.left.name if isinstance(step.left, FragmentOperand) else None
    number = run.ledger.issue(step.target, left, accumulate=step.accumulate)
    for operand, (slot, tile) in zip(operands, slots, strict=True):
        rows = _rows(operand, ROWS if operand is step.left else step.columns, step.depth)
        _check_written(run, operand, slot, rows)
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


def _check_written(run: RoleRun, operand: SharedOperand, slot: Slot, rows: tuple[int, int]) -> None:
    """Threads that wrote the rows fenced them, and a barrier told of it."""
    if run.block.plan.rings[operand.ring].writers:
        check_staged(run, slot, rows, f"reads {slot}")
    elif written := slot.staged_by(rows):
        by = run.block.plan.roles[written[0][0]]
        raise Hazard(f"reads {slot} of ring {operand.ring}, which {by} has staged over")


def _rows(operand: SharedOperand, across: int, depth: int) -> tuple[int, int]:
    """The rows of the stored tile that a product reads."""
    return operand.first_row, operand.first_row + (across if operand.major == "k" else depth)


def wait_products(run: RoleRun, step: WaitProducts) -> ProductsWait:
    """Wait, then the fragments named can be used."""
    ledger = run.ledger
    return ProductsWait(ledger, step.pending, lambda: ledger.wait(step.pending, step.settled))


def boundary(run: RoleRun, step: Boundary) -> None:
    """Means something to ptxas only."""


def pin(run: RoleRun, step: Pin | Demand | Anchor) -> None:
    """Touches the registers, so no product in flight may; computes nothing that is not there."""
    run.ledger.check_read(step.fragments)
    for name in step.fragments:
        run.ledger.write(name)


def assign(run: RoleRun, step: Assign) -> None:
    """Compute every register of the target."""
    fetch(run, step.value)
    run.ledger.write(step.target)
    if run.block.data is not None:
        run.block.data.assign(step, run.here)


def reduce_columns(run: RoleRun, step: ReduceColumns) -> None:
    """Reduce within each thread, then over each quad."""
    fetch(run, step.value)
    run.ledger.write(step.target)
    if run.block.data is not None:
        run.block.data.reduce_columns(step, run.here)


def sum_quads(run: RoleRun, step: SumQuads) -> None:
    """Add up what the threads of each quad hold."""
    run.ledger.check_read((step.target,))
    run.ledger.write(step.target)
    if run.registers is not None:
        run.registers.write(step.target, over_quads(run.registers.read(step.target), np.add))
