"""A block that does tile after tile: what a warp program of one tile needs for that.

docs/decisions/0011-persistent-blocks.md says why each step stands where it does.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...models.barrier_step import Arrive, Sync
from ...models.errors import Unsupported
from ...models.tile_order import plain_order
from ...models.warp_expression import stored_in
from ...models.warp_program import NamedBarrier, Ring, Role, WarpProgram
from ...models.warp_program_checks import (
    BARRIER_BYTES,
    GROUP_THREADS,
    MOST_BARRIERS,
    steps_of,
)
from ...models.warp_step import Acquire, CopyOut, Release, Stage, Step, WaitCopies
from .persistent_memory import with_room_between_tiles

TILE_BARRIER = "tile"
WARPS = 4


def made_persistent(program: WarpProgram, shared_capacity: int) -> WarpProgram:
    """The same kernel with as many blocks as the GPU has multiprocessors.

    Raises Unsupported for copies in the loop out of no ring, and where barriers or shared memory
    (`shared_capacity` bytes of a block) are not enough.
    """
    residents = {ring.name: ring for ring in program.rings if not ring.arrivals}
    # The mbarrier of boundaries and the zero of anchors lay with a ring that was filled once.
    extra = 2 * BARRIER_BYTES if residents else 0
    program = with_room_between_tiles(program, shared_capacity - extra)
    turning = [role.name for role in program.roles if _takes_turns(role, program)]
    barriers = program.barriers
    if turning:
        barriers = (*barriers, _tile_barrier(program, len(turning)))
    rings = tuple(_released(ring, program) for ring in program.rings)
    shared_bytes = program.shared_bytes + extra
    if shared_bytes > shared_capacity:
        raise Unsupported(
            f"{shared_bytes:,} bytes of shared memory as a persistent kernel; "
            f"a block has {shared_capacity:,}"
        )
    roles = tuple(
        _over_tiles(role, residents, takes_turns=role.name in turning) for role in program.roles
    )
    return WarpProgram(
        **{
            **dict(program), "order": program.order or plain_order(program.grid),
            "persistent": True, "rings": rings, "barriers": barriers,
            "shared_bytes": shared_bytes, "roles": roles,
        }
    )  # fmt: skip


def _takes_turns(role: Role, program: WarpProgram) -> bool:
    return any(
        isinstance(step, Arrive | Sync) and program.barrier(step.barrier).threads > GROUP_THREADS
        for step in steps_of(role)
    )


def _tile_barrier(program: WarpProgram, groups: int) -> NamedBarrier:
    number = 1 + max(barrier.number for barrier in program.barriers)
    if number > MOST_BARRIERS:
        raise Unsupported("a persistent kernel needs one more named barrier than there are")
    return NamedBarrier(name=TILE_BARRIER, number=number, threads=groups * GROUP_THREADS)


def _released(ring: Ring, program: WarpProgram) -> Ring:
    """A resident tile becomes a ring of one slot, which all its readers give back."""
    if ring.arrivals:
        return ring
    readers = sum(ring.name in _acquired(role) for role in program.roles)
    return ring.model_copy(update={"arrivals": WARPS * readers})


def _acquired(role: Role) -> tuple[str, ...]:
    acquired = (step.ring for step in steps_of(role) if isinstance(step, Acquire))
    return tuple(dict.fromkeys(acquired))


def _over_tiles(role: Role, residents: dict[str, Ring], *, takes_turns: bool) -> Role:
    loop = role.model_copy(update={"setup": (), "finish": ()})
    if any(isinstance(step, CopyOut) and step.ring is None for step in steps_of(loop)):
        raise Unsupported(f"{role.name} copies out of no ring within the loop: a persistent kernel")
    # Turns of a tile are complete when the tile is; without this, one group could begin the next
    # tile with a turn that the other has not taken yet.
    together = (Sync(barrier=TILE_BARRIER),) if takes_turns else ()
    copies = any(isinstance(step, CopyOut) for step in role.finish)
    return role.model_copy(
        update={
            "setup": (*together, *role.setup),
            "finish": tuple(_finish(role, residents)),
            "last": (WaitCopies(),) if copies else (),
        }
    )


def _finish(role: Role, residents: dict[str, Ring]) -> Iterator[Step]:
    """The steps after a loop, for a next tile to follow.

    A resident tile is given back as soon as nothing of this role uses it: before the results are
    written, or where they are staged over it once their copies have read it.
    """
    own = [name for name in _acquired(role) if name in residents]
    late = [name for name in own if any(_uses(step, residents[name]) for step in role.finish)]
    over = {buffer for name in late for buffer in residents[name].buffers}
    apart = [s for s in role.finish if isinstance(s, Stage) and s.buffer not in over]
    yield from (_release(role, residents[name]) for name in own if name not in late)
    for step in role.finish:
        if isinstance(step, WaitCopies):
            continue
        if apart and step is apart[0]:
            yield from _copies_are_read(role, step.operation)
        yield step
    if late:
        yield from _copies_are_read(role, role.finish[-1].operation)
        yield from (_release(role, residents[name]) for name in late)


def _copies_are_read(role: Role, operation: str) -> Iterator[Step]:
    """The thread that copies out waits for its copies, and all four warps for that thread."""
    barriers = [step.barrier for step in role.finish if isinstance(step, Sync)]
    if barriers:
        yield WaitCopies(read_only=True, operation=operation)
        yield Sync(barrier=barriers[0], operation=operation)


def _release(role: Role, ring: Ring) -> Release:
    by_threads = any(_reads(step, ring) for step in steps_of(role))
    return Release(ring=ring.name, by_threads=by_threads)


def _uses(step: Step, ring: Ring) -> bool:
    return (isinstance(step, Stage) and step.buffer in ring.buffers) or _reads(step, ring)


def _reads(step: Step, ring: Ring) -> bool:
    """Whether threads read the tile element by element."""
    value = getattr(step, "value", None)
    return value is not None and any(part.buffer in ring.buffers for part in stored_in(value))
