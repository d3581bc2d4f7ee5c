"""C7: rings, pools and what is staged between warp groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ...models.problem import Memory
from .timeline import Span, Timeline


@dataclass(frozen=True, slots=True)
class Tenant:
    """What one iteration holds of a memory: a buffer, or a value staged between warp groups."""

    memory: str
    life: Span  # its holder is the name under which the schedule states the depth


def overfull_memories(timeline: Timeline) -> Iterator[str]:
    """C7. Each ring is deep enough, and what all rings or all live copies take fits each memory."""
    tenants = (*_buffers(timeline), *_staged(timeline))
    stated = {ring.buffer: ring.depth for ring in timeline.schedule.rings}
    yield from _misnamed(timeline, {tenant.life.holder for tenant in tenants})
    for tenant in tenants:
        yield from _shallow(timeline, tenant.life, stated.get(tenant.life.holder))
    for memory in timeline.problem.machine.memories:
        lives = [tenant.life for tenant in tenants if tenant.memory == memory.name]
        if memory.allocation == "ring":
            yield from _overfull_rings(timeline, memory, lives, stated)
        else:
            yield from _overfull_pool(timeline, memory, lives)


def _buffers(timeline: Timeline) -> Iterator[Tenant]:
    for buffer in timeline.problem.buffers:
        kept = [value.name for value in timeline.problem.values if value.buffer == buffer.name]
        start = timeline.issue(buffer.opener)
        end = max((timeline.end(name) for name in kept), default=start)
        yield Tenant(buffer.memory, Span(start, end, buffer.size, buffer.name))


def _staged(timeline: Timeline) -> Iterator[Tenant]:
    staging = timeline.problem.machine.staging_memory
    for value in timeline.problem.values:
        readers = timeline.problem.readers(value.name)
        if staging is not None and any(r.staged_bytes and timeline.crosses(r) for r in readers):
            size = max(reader.staged_bytes for reader in readers)
            start, end = timeline.issue(value.source), timeline.end(value.name)
            yield Tenant(staging, Span(start, end, size, f"staged({value.name})"))


def _misnamed(timeline: Timeline, names: set[str]) -> Iterator[str]:
    for name, times in Counter(ring.buffer for ring in timeline.schedule.rings).items():
        if name not in names:
            yield f"C7 {name}: a depth is stated, and nothing is kept there"
        elif times > 1:
            yield f"C7 {name}: its depth is stated {times} times"


def _shallow(timeline: Timeline, life: Span, depth: int | None) -> Iterator[str]:
    """The ring slot that an iteration takes is free: `depth` iterations before, it was taken."""
    if depth is None:
        yield f"C7 {life.holder}: no depth is stated"
    elif life.start + depth * timeline.interval < life.stop:
        yield (
            f"C7 {life.holder}: held for {life.stop - life.start} cycles, "
            f"more than {depth} x {timeline.interval} of its ring"
        )


def _overfull_rings(
    timeline: Timeline, memory: Memory, lives: list[Span], stated: dict[str, int]
) -> Iterator[str]:
    taken = 0
    for life in lives:
        depth = stated.get(life.holder, 1)
        taken += depth * life.amount
    if taken > memory.available:
        rings = ", ".join(f"{stated.get(x.holder, 1)} x {x.amount} {x.holder}" for x in lives)
        yield f"C7 {memory.name} over capacity ({taken} of {memory.available}): {rings}"


def _overfull_pool(timeline: Timeline, memory: Memory, lives: list[Span]) -> Iterator[str]:
    peak = timeline.peak(lives)
    if peak.amount > memory.available:
        yield (
            f"C7 {memory.name} over capacity at slot {peak.slot} "
            f"({peak.amount} of {memory.available}): {', '.join(peak.holders)}"
        )
