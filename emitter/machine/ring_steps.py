"""Steps on rings: acquire, release, reserve, copy in."""

from __future__ import annotations

from ...models.shared_step import CopyElement, Publish
from ...models.warp_step import Acquire, CopyIn, Release, Reserve
from .block import RingState
from .hazards import Hazard
from .knowledge import DRAINED, FETCHED, MULTIPLIED, SETTLED, STAGED, nothing
from .role_run import Reservation, RoleRun
from .slots import Slot
from .waits import MBarrierWait


def acquire(run: RoleRun, step: Acquire) -> MBarrierWait:
    """Wait for the full barrier with the parity of the lap: 0 in the first."""
    tile = run.acquired.get(step.ring, 0)
    run.acquired[step.ring] = tile + 1
    state = run.block.rings[step.ring]
    lap, slot = divmod(tile, state.ring.depth)
    barrier = state.full[slot]

    def then() -> None:
        run.learn(barrier.published)
        if (run.role.name, step.ring) in run.block.plan.releases:
            state.holders[slot][run.role.name] = tile

    return MBarrierWait(barrier, lap & 1, then)


def release(run: RoleRun, step: Release) -> None:
    """Each warp arrives once on the empty barrier."""
    state, slot = held_slot(run, step.ring, step.age)
    tile, where = state.holders[slot][run.role.name], f"slot {slot} of ring {step.ring}"
    if run.ledger.slots.get((step.ring, tile), 0) > run.ledger.waited:
        raise Hazard(f"releases {where} while its product in flight may still read it")
    if run.leaving.get((step.ring, tile), 0) > run.drained:
        raise Hazard(f"releases {where} while its copy out may still read it")
    del state.holders[slot][run.role.name]
    state.empty[slot].arrive(1 if step.alone else run.warps, run.outgoing())


def held_slot(run: RoleRun, ring: str, age: int) -> tuple[RingState, int]:
    """The slot that a role releases; Hazard unless it holds it."""
    state = run.block.rings[ring]
    tile = run.acquired.get(ring, 0) - 1 - age
    if tile < 0:
        raise Hazard(f"releases a slot of ring {ring} that it has not acquired")
    slot = tile % state.ring.depth
    where = f"slot {slot} of ring {ring}"
    if state.ring.arrivals == 0:
        raise Hazard(f"releases {where}, which is filled once and never released")
    if state.holders[slot].get(run.role.name) != tile:
        raise Hazard(f"releases {where} a second time")
    return state, slot


def reserve(run: RoleRun, step: Reserve) -> MBarrierWait:
    """Wait for the empty barrier with the inverted parity; expect the bytes that copies bring."""
    ring = step.ring
    if ring in run.reservations:
        run.check_filled(ring)
    state = run.block.rings[ring]
    tile = run.reserved.get(ring, 0)
    lap, slot = divmod(tile, state.ring.depth)
    barrier = state.empty[slot]

    def then() -> None:
        run.learn(barrier.published)
        run.reserved[ring] = tile + 1
        run.reservations[ring] = Reservation()
        if not state.ring.writers:
            state.full[slot].arrive(1, run.knows(), state.ring.bytes)

    return MBarrierWait(barrier, lap & 1 ^ 1, then)


def publish(run: RoleRun, step: Publish) -> None:
    """Each warp arrives once on the full barrier."""
    state = run.block.rings[step.ring]
    reservation = run.reservations.get(step.ring)
    if reservation is None or reservation.published:
        raise Hazard(f"publishes a slot of ring {step.ring} that it has not reserved")
    if not reservation.ranges:
        raise Hazard(f"publishes a slot of ring {step.ring} to which it has staged nothing")
    reservation.published = True
    slot = (run.reserved[step.ring] - 1) % state.ring.depth
    state.full[slot].arrive(run.warps, run.outgoing())


def reserved_slot(run: RoleRun, ring: str, buffer: str) -> tuple[Slot, int]:
    """The slot that the role fills, and its tile; raises Hazard unless it may write there."""
    state = run.block.rings[ring]
    tile = run.reserved.get(ring, 0) - 1
    if tile < 0 or run.reservations[ring].published:
        raise Hazard(f"stages to ring {ring} without a reserved slot: a Reserve is missing")
    number = tile % state.ring.depth
    slot = run.block.slots[buffer][number]
    if slot.filling != tile:
        _check_free(run, slot, state.holders[number], run.index)
        slot.stage_anew(tile, run.iteration)
    run.reservations[ring].ranges.append((buffer, 0, 0))
    return slot, tile


def copy_in(run: RoleRun, step: CopyIn) -> None:
    """Issue a copy; it lands at any later time."""
    state = run.block.rings[step.ring]
    tile = run.reserved.get(step.ring, 0) - 1
    if tile < 0:
        raise Hazard(f"copies into ring {step.ring} without a reserved slot: a Reserve is missing")
    if step.buffer not in state.ring.buffers:
        raise Hazard(f"copies into {step.buffer}, which is no buffer of ring {step.ring}")
    number = tile % state.ring.depth
    slot = run.block.slots[step.buffer][number]
    amount = run.block.plan.map_bytes[step.tensor_map]
    _account(run, step, slot, amount)
    _check_free(run, slot, state.holders[number])
    slot.fill(tile, run.iteration)
    data = run.block.data
    land = data.copy_in(step, number, run.here) if data else None
    full = state.full[number]

    def landed() -> None:
        if land is not None:
            land()
        slot.land(tile)
        full.complete(amount)

    run.block.copies.append(landed)


def copy_element(run: RoleRun, step: CopyElement) -> None:
    """Issue a copy of one element; it lands at any later time."""
    state = run.block.rings[step.ring]
    tile = run.reserved.get(step.ring, 0) - 1
    if tile < 0:
        raise Hazard(f"copies into ring {step.ring} without a reserved slot: a Reserve is missing")
    number, reservation = tile % state.ring.depth, run.reservations[step.ring]
    slot = run.block.slots[step.buffer][number]
    if (step.buffer, 0, 0) in reservation.ranges:
        raise Hazard(f"copies into {slot} again: a Reserve is missing")
    reservation.ranges.append((step.buffer, 0, 0))
    reservation.elements += 1
    _check_free(run, slot, state.holders[number])
    slot.fill(tile, run.iteration)
    data = run.block.data
    land = data.copy_element(step, number, run.here) if data else None

    def landed() -> None:
        if land is not None:
            land()
        slot.land(tile)
        state.full[number].arrive(1, nothing(len(run.block.plan.roles)))

    run.block.copies.append(landed)


def _account(run: RoleRun, step: CopyIn, slot: Slot, amount: int) -> None:
    """Each part of a reserved slot is copied once, and no more than its barrier expects."""
    reservation = run.reservations[step.ring]
    begin, end = step.panel_offset, step.panel_offset + amount
    if end > run.block.plan.buffers[step.buffer].slot_bytes:
        raise Hazard(f"copies {amount} bytes to byte {begin} of {slot}, past its end")
    for buffer, first, last in reservation.ranges:
        if buffer == step.buffer and first < end and begin < last:
            raise Hazard(
                f"copies into {slot} again, which ring {step.ring} reserved for an earlier copy: "
                "a Reserve is missing"
            )
    reservation.ranges.append((step.buffer, begin, end))
    reservation.bytes += amount
    expected = run.block.plan.rings[step.ring].bytes
    if reservation.bytes > expected:
        raise Hazard(
            f"{slot} of ring {step.ring} expects {expected} bytes, {reservation.bytes} are "
            "copied to it"
        )


def _check_free(run: RoleRun, slot: Slot, holders: dict[str, int], but: int = -1) -> None:
    if holders:
        who = ", ".join(sorted(holders))
        raise Hazard(f"writes to {slot} while {who} may still read it: acquired, not released")
    rows, roles = (0, slot.rows), run.block.plan.roles
    kinds = (SETTLED, MULTIPLIED, DRAINED, STAGED, FETCHED)
    slot.check_known("writes to", kinds, rows, run.knows(), roles, but=but)


def acquired_slot(run: RoleRun, ring: str, buffer: str, age: int = 0) -> tuple[Slot, int]:
    """The slot that a role reads, and its tile; raises Hazard unless it holds what it should."""
    state = run.block.rings[ring]
    tile = run.acquired.get(ring, 0) - 1 - age
    if tile < 0:
        raise Hazard(f"reads a slot of ring {ring} that it has not acquired")
    number = tile % state.ring.depth
    slot = run.block.slots[buffer][number]
    releases = (run.role.name, ring) in run.block.plan.releases
    if releases and state.holders[number].get(run.role.name) != tile:
        raise Hazard(f"reads {slot} of ring {ring} after it released it")
    if slot.landing:
        raise Hazard(f"reads {slot} while a copy into it is still in flight")
    if slot.holds != tile:
        raise Hazard(f"reads tile {tile} of ring {ring} in {slot}, which holds tile {slot.holds}")
    if None not in (slot.iteration, run.iteration) and slot.iteration != run.iteration:
        raise Hazard(f"reads the tile of iteration {slot.iteration} in {slot}: wrong age")
    return slot, tile
