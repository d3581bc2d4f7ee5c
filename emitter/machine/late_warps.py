"""No warp may be so late at a barrier that it misses a phase: each in turn is as late as can be.

A wait tells phases by parity alone: a warp that looks when the phase after its own is over too
takes its own for one that is not, and waits for ever, or goes on with another tile.
"""

from __future__ import annotations

from ...models.errors import ProgramViolation
from ...models.warp_program import WarpProgram
from .block import Plan, plan_of
from .warps import Shared, Warp


def check_late_warps(program: WarpProgram) -> None:
    """Each warp of the block in turn goes on only when nothing else can, copies and products first.

    For short loops, and for one that goes round every ring three times; that one also behind a
    short one in a persistent program. Raises ProgramViolation where a warp misses a phase, or where
    all wait for ever.
    """
    plan = plan_of(program)
    warps = [(i, rank) for i, role in enumerate(program.roles) for rank in range(role.warps)]
    stages = max(role.stages for role in program.roles)
    long = stages + 3 * max(ring.depth for ring in program.rings)
    blocks: list[tuple[int, ...]] = [(trips,) for trips in (*range(stages + 2), long)]
    if program.persistent:
        blocks = [(trips, long) for trips in (0, 1, stages)]
    for tiles in blocks:
        for late in warps:
            _run(plan, tiles, late)


def _run(plan: Plan, trips: tuple[int, ...], late: tuple[int, int]) -> None:
    shared = Shared(plan)
    others = [
        Warp(role, index, rank, shared)
        for index, role in enumerate(plan.program.roles) for rank in range(role.warps)
    ]  # fmt: skip
    others.sort(key=lambda warp: (warp.index, warp.rank) == late)  # the late one is the last
    live = [(warp, warp.run(trips)) for warp in others]
    while live:
        while shared.flights:
            shared.flights.pop()()
        for place, (warp, steps) in enumerate(live):
            if warp.waiting is None or _is_ready(warp):
                warp.waiting = next(steps, None)
                if warp.waiting is None:
                    del live[place]
                break
        else:
            waits = (f"{warp} waits for {warp.waiting}" for warp, _ in live)
            raise ProgramViolation(("deadlock", *waits))


def _is_ready(warp: Warp) -> bool:
    assert warp.waiting is not None
    try:
        return warp.waiting.ready()
    except ProgramViolation as violation:
        raise ProgramViolation((f"{warp}: {violation.violations[0]}",)) from None
