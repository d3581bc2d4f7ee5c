"""Shared memory that a persistent kernel has left, spent so that tiles overlap at their ends.

Results that were staged over a resident tile get memory of their own, so that the tile is given
back before they are written; then resident tiles get a second slot, filled a whole tile ahead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...models.barrier_step import Sync
from ...models.warp_program import Ring, Role, SharedBuffer, WarpProgram
from ...models.warp_program_checks import BARRIER_BYTES
from ...models.warp_step import CopyOut, Stage, Step

STAGED = ".staged"


def with_room_between_tiles(program: WarpProgram, shared_capacity: int) -> WarpProgram:
    """The same program with as much of both as a block has memory for."""
    residents = [ring for ring in program.rings if not ring.arrivals]
    for ring in residents:
        for name in ring.buffers:
            buffer = program.buffer(name)
            if _is_staged_over(program, name) and _fits(
                program, buffer.slot_bytes, shared_capacity
            ):
                program = _staged_apart(program, buffer)
    for ring in residents:
        more = sum(program.buffer(name).slot_bytes for name in ring.buffers) + 2 * BARRIER_BYTES
        over = any(_is_staged_over(program, name) for name in ring.buffers)
        if not over and _fits(program, more, shared_capacity):
            program = _with_second_slot(program, ring)
    return program


def _fits(program: WarpProgram, more: int, capacity: int) -> bool:
    return program.shared_bytes + more <= capacity


def _is_staged_over(program: WarpProgram, buffer: str) -> bool:
    return any(
        isinstance(step, Stage) and step.buffer == buffer
        for role in program.roles
        for step in role.finish
    )


def _staged_apart(program: WarpProgram, buffer: SharedBuffer) -> WarpProgram:
    """Results lie behind all other buffers instead of over the tile."""
    own = buffer.model_copy(
        update={"name": buffer.name + STAGED, "offset": program.barrier_offset, "slots": 1}
    )
    roles = tuple(_moved(role, buffer.name, own.name) for role in program.roles)
    return WarpProgram(
        **{
            **dict(program), "buffers": (*program.buffers, own), "roles": roles,
            "barrier_offset": program.barrier_offset + own.slot_bytes,
            "shared_bytes": program.shared_bytes + own.slot_bytes,
        }
    )  # fmt: skip


def _moved(role: Role, old: str, new: str) -> Role:
    return role.model_copy(update={"finish": tuple(_elsewhere(role.finish, old, new))})


def _elsewhere(steps: Iterable[Step], old: str, new: str) -> Iterator[Step]:
    """The same steps on another buffer; nobody has to be done with reading that one before."""
    steps = tuple(steps)
    for place, step in enumerate(steps):
        following = steps[place + 1] if place + 1 < len(steps) else None
        if isinstance(step, Sync) and isinstance(following, Stage) and following.buffer == old:
            continue
        moved = isinstance(step, Stage | CopyOut) and step.buffer == old
        yield step.model_copy(update={"buffer": new}) if moved else step


def _with_second_slot(program: WarpProgram, ring: Ring) -> WarpProgram:
    """One slot more in each buffer of the ring; what lies behind a buffer moves on."""
    buffers, moved = [], 0
    for buffer in sorted(program.buffers, key=lambda buffer: buffer.offset):
        grows = buffer.name in ring.buffers
        update = {"offset": buffer.offset + moved, "slots": buffer.slots + grows}
        buffers.append(buffer.model_copy(update=update))
        moved += buffer.slot_bytes if grows else 0
    deeper = ring.model_copy(update={"depth": ring.depth + 1})
    return WarpProgram(
        **{
            **dict(program), "buffers": tuple(buffers),
            "rings": tuple(deeper if r.name == ring.name else r for r in program.rings),
            "barrier_offset": program.barrier_offset + moved,
            "shared_bytes": program.shared_bytes + moved + 2 * BARRIER_BYTES,
        }
    )  # fmt: skip
