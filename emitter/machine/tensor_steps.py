"""Steps on Tensor Memory: products, loads, stores, the waits and fences between them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from ...models.errors import ProgramViolation
from ...models.product_operand import SharedOperand, TensorOperand
from ...models.tensor_memory_step import (
    FreeTensors,
    LoadTensor,
    StoreTensor,
    TensorFence,
    TensorProduct,
    WaitTensorLoads,
    WaitTensorStores,
)
from .hazards import Hazard
from .knowledge import MOVED, MULTIPLIED
from .ring_steps import acquired_slot
from .role_run import RoleRun
from .row_data import fill
from .slots import Slot
from .tensor_state import Use

ROWS = 128  # of every product


def tensor_product(run: RoleRun, step: TensorProduct) -> None:
    """Issue it; products into other tensors may be over before it, or after later ones."""
    operands = [o for o in (step.left, step.right) if isinstance(o, SharedOperand)]
    slots = [acquired_slot(run, o.ring, o.buffer, o.age)[0] for o in operands]
    _check_product(run, step.tensor, writes=True)
    if isinstance(step.left, TensorOperand):
        _check_product(run, step.left.tensor, writes=False)
    if step.accumulate and not run.block.tensors[step.tensor].uses:
        raise Hazard(f"adds to {step.tensor} before anything was written to it")
    run.tensor.products += 1
    number = run.tensor.products
    for operand, slot in zip(operands, slots, strict=True):
        across = ROWS if operand is step.left else step.columns
        _check_not_staged(run, slot, operand, rows := _rows(operand, across, step.depth))
        slot.note(MULTIPLIED, run.index, rows, number)
    run.block.tensors[step.tensor].note(MULTIPLIED, run.index, number, writes=True)
    if isinstance(step.left, TensorOperand):
        run.block.tensors[step.left.tensor].note(MULTIPLIED, run.index, number, writes=False)
    run.tensor.outstanding.add(number)
    queue = run.tensor.queues.setdefault(step.tensor, deque())
    queue.append(_product_over(run, step, [slot.number for slot in slots], number))


def _product_over(
    run: RoleRun, step: TensorProduct, slots: list[int], number: int
) -> Callable[[], None]:
    data, place = run.block.data, run.place()

    def over() -> None:
        if data is not None:
            try:
                data.tensors.multiply(step, slots)
            except Hazard as hazard:
                raise ProgramViolation((f"{place}: {hazard}",)) from None
        run.tensor.end_product(number, run.block.copies)

    return over


def _rows(operand: SharedOperand, across: int, depth: int) -> tuple[int, int]:
    """The rows of the stored tile that a product reads."""
    return operand.first_row, operand.first_row + (across if operand.major == "k" else depth)


def _check_not_staged(
    run: RoleRun, slot: Slot, operand: SharedOperand, rows: tuple[int, int]
) -> None:
    written = slot.staged_by(rows)
    if written:
        by = run.block.plan.roles[written[0][0]]
        raise Hazard(f"reads {slot} of ring {operand.ring}, which {by} has staged over")


def _check_product(run: RoleRun, tensor: str, *, writes: bool) -> None:
    """Products of the same thread into the same tensor come one after the other."""

    def but(use: Use, number: int) -> bool:
        return writes and use == (MULTIPLIED, run.index, True)

    _check(run, tensor, but, writes=writes)


def _check_move(run: RoleRun, tensor: str, *, writes: bool) -> None:
    """Threads keep to their own lanes, so their own moves need only be waited for."""

    def but(use: Use, number: int) -> bool:
        if use[:2] != (MOVED, run.index):
            return False
        if number > run.tensor.over:
            raise Hazard(f"uses {tensor} before a tcgen05.wait for its own load or store of it")
        return True

    _check(run, tensor, but, writes=writes)


def _check(run: RoleRun, tensor: str, but: Callable[[Use, int], bool], *, writes: bool) -> None:
    state = run.block.tensors[tensor]
    if run.block.is_freed:
        raise Hazard(f"uses {state.name} after it was given back")

    def missing(role: int, number: int) -> str:
        moves = run.block.moves[role]
        if number > moves.over:
            return "no tcgen05.wait since"
        if number > moves.fenced:
            return "no tcgen05.fence::before_thread_sync since"
        return "no signal or barrier since"

    state.check(run.known, run.block.plan.roles, missing, writes=writes, but=but)
    if run.tensor.is_stale:
        raise Hazard(f"uses {state.name} after a wait: no tcgen05.fence::after_thread_sync between")


def tensor_fence(run: RoleRun, step: TensorFence) -> None:
    """before: moves that were waited for can be told of. after: what was waited for holds."""
    if step.side == "before":
        run.tensor.fenced = run.tensor.over
    else:
        run.tensor.is_stale = False


def load_tensor(run: RoleRun, step: LoadTensor) -> None:
    """Issue it; it reads and writes at any time until it is waited for."""
    run.ledger.write(step.target)
    if step.otherwise is not None and run.trips == 0:
        if run.block.data is not None:
            fill(run.block.data, step, run.here)
        return
    _check_move(run, step.tensor, writes=False)
    if not any(wrote for _, _, wrote in run.block.tensors[step.tensor].uses):
        raise Hazard(f"loads {step.tensor} before anything was written to it")
    number = run.tensor.begin_move("load")
    run.block.tensors[step.tensor].note(MOVED, run.index, number, writes=False)
    run.ledger.loading.add(step.target)
    data, registers = run.block.data, run.registers

    def over() -> None:
        if data is not None and registers is not None:
            data.tensors.load(step, registers)
        run.tensor.flying["load"] -= 1

    run.block.copies.append(over)


def store_tensor(run: RoleRun, step: StoreTensor) -> None:
    """Issue it; what the registers hold now arrives at any time until it is waited for."""
    run.ledger.check_read((*run.block.plan.reads_of(step.value).fragments, *step.after))
    _check_move(run, step.tensor, writes=True)
    number = run.tensor.begin_move("store")
    run.block.tensors[step.tensor].note(MOVED, run.index, number, writes=True)
    data = run.block.data
    land = None
    if data is not None and run.registers is not None:
        land = data.tensors.store(step, run.registers)

    def over() -> None:
        if land is not None:
            land()
        run.tensor.flying["store"] -= 1

    run.block.copies.append(over)


@dataclass(frozen=True, slots=True)
class MovesWait:
    """Until no load, or no store, of a role is in flight."""

    run: RoleRun
    kind: str
    settled: tuple[str, ...] = ()

    def ready(self) -> bool:
        """Whether none is in flight."""
        return not self.run.tensor.flying[self.kind]

    def passed(self) -> None:
        """The fragments named can be used."""
        self.run.tensor.settle_moves(self.kind)
        self.run.ledger.loading.difference_update(self.settled)

    def __str__(self) -> str:
        return f"{self.kind}s of Tensor Memory: {self.run.tensor.flying[self.kind]} in flight"


def wait_tensor_loads(run: RoleRun, step: WaitTensorLoads) -> MovesWait:
    """Wait for all loads."""
    return MovesWait(run, "load", step.settled)


def wait_tensor_stores(run: RoleRun, step: WaitTensorStores) -> MovesWait:
    """Wait for all stores."""
    return MovesWait(run, "store")


def free_tensors(run: RoleRun, step: FreeTensors) -> None:
    """Nobody may use any of it, now or later; one warp frees what all have used."""
    for tensor in run.block.plan.program.tensors:
        _check(run, tensor.name, lambda use, number: False, writes=True)
    run.block.is_freed = True
