"""Steps on rings: acquire, release, reserve, and copies into reserved slots."""

from __future__ import annotations

from ...models.shared_step import Publish
from ...models.warp_step import Acquire, CopyIn, Release, Reserve
from .scope import Scope
from .text import guarded


def print_acquire(step: Acquire, scope: Scope) -> list[str]:
    """Advance, then wait for the bytes of the slot.

    One thread that copies waits beside its copies. One that issues products waits with its warp,
    the lanes of which meet before it is elected: no other guard is needed.
    """
    phase = scope.names.of("phase", step.ring)
    wait = f"mbar_wait({scope.barrier('full', step.ring)}, {phase});"
    alone = scope.leading_warp if scope.program.tensors else scope.leader
    waiting = guarded(alone if step.alone else "", [wait])
    return [*_advance(step.ring, scope, filled=False), *waiting]


def print_release(step: Release, scope: Scope) -> list[str]:
    """One arrival of each warp, or of the one thread that copied."""
    arrive = f"mbar_arrive({scope.barrier('empty', step.ring, step.age)});"
    if step.alone:
        return guarded(scope.leader, [arrive])
    meet = ["__syncwarp();"] if step.by_threads and not scope.is_alone else []
    return [*meet, *guarded(scope.once_per_warp, [arrive])]


def print_publish(step: Publish, scope: Scope) -> list[str]:
    """One arrival of each warp, when all its lanes have written."""
    arrive = f"mbar_arrive({scope.barrier('full', step.ring, filled=True)});"
    return ["__syncwarp();", *guarded(scope.once_per_warp, [arrive])]


def print_reserve(step: Reserve, scope: Scope) -> list[str]:
    """Advance, wait until the slot is empty, announce the bytes.

    The first round passes at once: the phase before the first one counts as over.
    """
    ring = scope.program.ring(step.ring)
    phase = scope.names.of("filled phase", step.ring)
    lines = _advance(step.ring, scope, filled=True)
    if ring.arrivals:
        empty = scope.barrier("empty", step.ring, filled=True)
        lines.append(f"mbar_wait({empty}, {phase} ^ 1);")
    if ring.writers:
        return lines
    expect = f"mbar_expect({scope.barrier('full', step.ring, filled=True)}, {ring.bytes});"
    return [*lines, *guarded(scope.leader, [expect])]


def print_copy_in(step: CopyIn, scope: Scope) -> list[str]:
    """One tensor copy; it completes on the full barrier."""
    target = scope.address(step.buffer, scope.slot(step.ring, filled=True), step.panel_offset)
    where = scope.coordinates(step.index, step.tile, (step.first_column,))
    source = scope.names.of("map", step.tensor_map)
    bar = scope.barrier("full", step.ring, filled=True)
    call = f"tma_load_{len(step.index)}d({target}, &{source}, {bar}, {where});"
    return guarded(scope.leader, [call])


def _advance(ring: str, scope: Scope, *, filled: bool) -> list[str]:
    kind, depth = "filled " if filled else "", scope.program.ring(ring).depth
    phase = scope.names.of(f"{kind}phase", ring)
    if depth == 1:
        return [f"{phase} ^= 1;"]
    slot = scope.names.of(f"{kind}slot", ring)
    return [f"if (++{slot} == {depth}) {{ {slot} = 0; {phase} ^= 1; }}"]
