"""Steps on memory, and on the barriers that order them: load, store, stage, copy out, sync."""

from __future__ import annotations

from ...models.barrier_step import Arrive, Sync
from ...models.shared_step import StageVector
from ...models.warp_expression import Expression
from ...models.warp_program_checks import GROUP_THREADS
from ...models.warp_step import CopyOut, LoadVector, ProxyFence, Stage, StoreRows, WaitCopies
from .hazards import Hazard
from .knowledge import DRAINED, FETCHED, KINDS, MULTIPLIED, SETTLED, STAGED, WRITTEN
from .products import ROWS
from .ring_steps import acquired_slot, reserved_slot
from .role_run import RoleRun
from .shared_data import stage_vector_data
from .slots import Slot
from .waits import BarrierWait, CopiesWait


def load_vector(run: RoleRun, step: LoadVector) -> None:
    """Read global memory into a fragment."""
    run.ledger.write(step.target)
    if run.block.data is not None:
        run.block.data.load_vector(step, run.here)


def store_rows(run: RoleRun, step: StoreRows) -> None:
    """Write rows to global memory."""
    fetch(run, step.value)
    if run.block.data is not None:
        run.block.data.store_rows(step, run.here)


def stage(run: RoleRun, step: Stage) -> None:
    """Write to shared memory, where nobody may still read or write."""
    fetch(run, step.value)
    slot = _staging_slot(run, step)
    row_threads = run.role.row_threads
    own = GROUP_THREADS // row_threads if row_threads else ROWS
    rows = step.first_row, step.first_row + own
    if rows[1] > slot.rows:
        raise Hazard(f"stages rows {rows[0]} to {rows[1]} of {slot}, which has {slot.rows}")
    _check_below(run, step.buffer)
    write(run, slot, rows)
    if run.block.data is not None:
        run.block.data.stage(step, slot.number, run.here)


def stage_vector(run: RoleRun, step: StageVector) -> None:
    """Write a vector to the slot that is reserved."""
    fetch(run, step.value)
    slot = _staging_slot(run, step)
    write(run, slot, (0, 1))
    if run.block.data is not None:
        stage_vector_data(run.block.data, step, slot.number, run.here)


def _staging_slot(run: RoleRun, step: Stage | StageVector) -> Slot:
    if step.ring is None:
        return run.block.slots[step.buffer][0]
    return reserved_slot(run, step.ring, step.buffer)[0]


def write(run: RoleRun, slot: Slot, rows: tuple[int, int]) -> None:
    """Note a write of rows by all threads; raises Hazard where others may still use them."""
    if slot.landing:
        raise Hazard(f"stages to {slot} while a copy into it is still in flight")
    kinds, roles = (SETTLED, MULTIPLIED, DRAINED, STAGED, FETCHED), run.block.plan.roles
    slot.check_known("stages to", kinds, rows, run.knows(), roles, but=run.index)
    run.staged += 1
    slot.note(STAGED, run.index, rows, run.staged)


def _check_below(run: RoleRun, buffer: str) -> None:
    """Nobody may still use what the buffer lies over."""
    kinds, roles = (SETTLED, MULTIPLIED, DRAINED, STAGED, FETCHED), run.block.plan.roles
    for below in run.block.plan.buffers[buffer].over:
        for slot in run.block.slots[below]:
            if slot.landing:
                raise Hazard(f"stages over {slot} while a copy into it is still in flight")
            slot.check_known("stages over", kinds, (0, slot.rows), run.knows(), roles)


def fetch(run: RoleRun, value: Expression) -> None:
    """Read what an expression reads; raises Hazard where it is not there, or may not be yet."""
    reads = run.block.plan.reads_of(value)
    run.ledger.check_read(reads.fragments)
    for stored in reads.stored:
        if stored.ring is None:
            slot = run.block.slots[stored.buffer][0]
        else:
            slot, _ = acquired_slot(run, stored.ring, stored.buffer, stored.age)
        every, roles = (0, slot.rows), run.block.plan.roles
        for role, number in slot.staged_by(every):
            if run.known[KINDS * role + WRITTEN] < number:
                raise Hazard(f"reads {slot}, which {roles[role]} wrote with no barrier since")
        run.fetched += 1
        slot.note(FETCHED, run.index, every, run.fetched)


def proxy_fence(run: RoleRun, step: ProxyFence) -> None:
    """What was staged so far can be read by copies, once a barrier told of it."""
    run.block.fenced[run.index] = run.staged


def copy_out(run: RoleRun, step: CopyOut) -> None:
    """Issue a copy; it reads and writes at any later time."""
    if step.ring is None:
        slot = run.block.slots[step.buffer][0]
    else:
        slot, tile = acquired_slot(run, step.ring, step.buffer)
        run.leaving[step.ring, tile] = run.copied + 1
    # every panel is one box, and all have the rows of the box
    box = run.block.plan.maps[step.tensor_map].box
    rows = step.from_row, step.from_row + (box[-2] if len(box) > 1 else 1)
    if not (step.ring and _is_filled_by_copies(run, step.ring)):
        check_staged(run, slot, rows, f"copies {slot} out")
    run.copied += 1
    number = run.copied
    slot.note(DRAINED, run.index, rows, number)
    data = run.block.data
    move = data.copy_out(step, slot.number, run.here) if data else None

    def over() -> None:
        if move is not None:
            move()
        run.over.add(number)

    run.block.copies.append(over)


def _is_filled_by_copies(run: RoleRun, ring: str) -> bool:
    """Whether what lies in a slot came by copies, which its full barrier says are over."""
    return not run.block.plan.rings[ring].writers


def check_staged(run: RoleRun, slot: Slot, rows: tuple[int, int], what: str) -> None:
    """Raise Hazard unless rows were written, fenced for asynchronous readers, and told of."""
    written = slot.staged_by(rows)
    if not written:
        raise Hazard(f"{what}, of which nobody has staged rows {rows[0]} to {rows[1]}")
    known = run.knows()
    for role, number in written:
        if known[KINDS * role + STAGED] >= number:
            continue
        who = run.block.plan.roles[role]
        # its own fence may be behind it, or not have been reached at all
        fenced = run.block.fenced[role] >= number
        missing = "barrier since their proxy fence" if fenced else "proxy fence"
        raise Hazard(f"{what}, to which {who} has staged rows: no {missing}")


def wait_copies(run: RoleRun, step: WaitCopies) -> CopiesWait:
    """Wait for the oldest copies out; one that only reads leaves the writes in flight."""
    oldest = range(1, run.copied - step.pending + 1)

    def then() -> None:
        run.drained = max(run.drained, oldest.stop - 1)
        if not step.read_only:
            run.written = run.drained

    return CopiesWait(lambda: sum(number not in run.over for number in oldest), then)


def arrive(run: RoleRun, step: Arrive) -> None:
    """Arrive and go on."""
    if takes_part(step, run.iteration, run.trips):
        barrier = run.block.barriers[step.barrier]
        barrier.arrive(run.role.name, run.threads, run.outgoing())


def sync(run: RoleRun, step: Sync) -> BarrierWait | None:
    """Arrive and wait."""
    if not takes_part(step, run.iteration, run.trips):
        return None
    barrier = run.block.barriers[step.barrier]
    turns = barrier.turns
    barrier.arrive(run.role.name, run.threads, run.outgoing())
    return BarrierWait(barrier, turns, lambda: run.learn(barrier.published))


def takes_part(step: Arrive | Sync, iteration: int | None, trips: int) -> bool:
    """Outside the loop always; there, not in the iterations that are left out."""
    return iteration is None or step.skip_first <= iteration < trips - step.skip_last
