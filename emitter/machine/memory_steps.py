"""Steps on memory, and on the barriers that order them: load, store, stage, copy out, sync."""

from __future__ import annotations

from ...models.warp_step import (
    Arrive,
    CopyOut,
    LoadVector,
    ProxyFence,
    Stage,
    StoreRows,
    Sync,
    WaitCopies,
)
from .hazards import Hazard
from .knowledge import DRAINED, KINDS, SETTLED, STAGED
from .role_run import RoleRun
from .slots import Slot
from .waits import BarrierWait, CopiesWait

ROWS = 64  # that a role of four warps stages at once


def load_vector(run: RoleRun, step: LoadVector) -> None:
    """Read global memory into a fragment."""
    run.ledger.write(step.target)
    if run.block.data is not None and run.registers is not None:
        run.block.data.load_vector(step, run.registers, run.iteration)


def store_rows(run: RoleRun, step: StoreRows) -> None:
    """Write rows to global memory."""
    run.ledger.check_read(run.block.plan.fragments_of(step.value))
    if run.block.data is not None and run.registers is not None:
        run.block.data.store_rows(step, run.registers, run.iteration)


def stage(run: RoleRun, step: Stage) -> None:
    """Write to shared memory, where nobody may still read or write."""
    run.ledger.check_read(run.block.plan.fragments_of(step.value))
    slot = _slot(run, step.buffer, step.slot)
    rows = step.first_row, step.first_row + ROWS
    if rows[1] > slot.rows:
        raise Hazard(f"stages rows {rows[0]} to {rows[1]} of {slot}, which has {slot.rows}")
    if slot.landing:
        raise Hazard(f"stages to {slot} while a copy into it is still in flight")
    kinds, roles = (SETTLED, DRAINED, STAGED), run.block.plan.roles
    slot.check_known("stages to", kinds, rows, run.knows(), roles, but=run.index)
    run.staged += 1
    slot.note(STAGED, run.index, rows, run.staged)
    if run.block.data is not None and run.registers is not None:
        run.block.data.stage(step, run.registers, run.iteration)


def proxy_fence(run: RoleRun, step: ProxyFence) -> None:
    """What was staged so far can be read by copies, once a barrier told of it."""
    run.block.fenced[run.index] = run.staged


def copy_out(run: RoleRun, step: CopyOut) -> None:
    """Issue a copy; it reads and writes at any later time."""
    slot = _slot(run, step.buffer, step.slot)
    # every panel is one box, and all have the rows of the box
    box = run.block.plan.maps[step.tensor_map].box
    rows = step.first_row, step.first_row + (box[-2] if len(box) > 1 else 1)
    _check_staged(run, slot, rows)
    run.copied += 1
    slot.note(DRAINED, run.index, rows, run.copied)
    data = run.block.data
    move = data.copy_out(step, run.registers, run.iteration) if data else None

    def over() -> None:
        if move is not None:
            move()
        run.over += 1

    run.block.copies.append(over)


def _check_staged(run: RoleRun, slot: Slot, rows: tuple[int, int]) -> None:
    written = slot.staged_by(rows)
    if not written:
        raise Hazard(f"copies out rows {rows[0]} to {rows[1]} of {slot}, which nobody has staged")
    known = run.knows()
    for role, number in written:
        if known[KINDS * role + STAGED] >= number:
            continue
        who = run.block.plan.roles[role]
        # its own fence may be behind it, or not have been reached at all
        fenced = run.block.fenced[role] >= number
        missing = "barrier since their proxy fence" if fenced else "proxy fence"
        raise Hazard(f"copies {slot} out, to which {who} has staged rows: no {missing}")


def _slot(run: RoleRun, buffer: str, number: int) -> Slot:
    slots = run.block.slots[buffer]
    if number >= len(slots):
        raise Hazard(f"names slot {number} of {buffer}, which has {len(slots)}")
    return slots[number]


def wait_copies(run: RoleRun, step: WaitCopies) -> CopiesWait:
    """Wait for all copies out of the role; one that only reads leaves the writes in flight."""

    def then() -> None:
        run.drained = run.copied
        if not step.read_only:
            run.written = run.copied

    return CopiesWait(lambda: run.copied - run.over, then)


def arrive(run: RoleRun, step: Arrive) -> None:
    """Arrive and go on."""
    if _takes_part(run, step):
        barrier = run.block.barriers[step.barrier]
        barrier.arrive(run.role.name, run.threads, run.outgoing())


def sync(run: RoleRun, step: Sync) -> BarrierWait | None:
    """Arrive and wait."""
    if not _takes_part(run, step):
        return None
    barrier = run.block.barriers[step.barrier]
    turns = barrier.turns
    barrier.arrive(run.role.name, run.threads, run.outgoing())
    return BarrierWait(barrier, turns, lambda: run.learn(barrier.published))


def _takes_part(run: RoleRun, step: Arrive | Sync) -> bool:
    """Outside the loop always; there, not in the iterations that are left out."""
    iteration = run.iteration
    return iteration is None or step.skip_first <= iteration < run.trips - step.skip_last
