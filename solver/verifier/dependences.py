"""C1, C6 and C9: who may issue no sooner than whom."""

from __future__ import annotations

from collections.abc import Iterator

from ...models.problem import Dependence
from .timeline import Timeline


def late_results(timeline: Timeline) -> Iterator[str]:
    """C1 and C6. A target issues no sooner than its operand has arrived in its warp group."""
    for dependence in timeline.problem.dependences:
        issued = timeline.issue(dependence.target, dependence.distance)
        ready = timeline.issue(dependence.source) + dependence.latency_cycles
        arrow = f"{dependence.source} -> {dependence.target}"
        if issued < ready:
            yield f"C1 {arrow}: issues at {issued}, ready at {ready}"
        elif timeline.crosses(dependence) and issued < ready + dependence.handoff_cycles:
            arrived = ready + dependence.handoff_cycles
            yield f"C6 {arrow}: issues at {issued}, handed over at {arrived}"


def early_overwrites(timeline: Timeline) -> Iterator[str]:
    """C9. What is taken over in place is not overwritten before its other readers are done."""
    for value in timeline.problem.values:
        if not value.registers and value.buffer is None:
            continue
        readers = timeline.problem.readers(value.name)
        for writer in (r for r in readers if r.release == "start"):
            for reader in (r for r in readers if r.release == "end" and r.target != writer.target):
                yield from _overwrite(timeline, value.name, writer, reader)


def _overwrite(
    timeline: Timeline, value: str, writer: Dependence, reader: Dependence
) -> Iterator[str]:
    overwritten = timeline.issue(writer.target, writer.distance)
    done = timeline.done(reader.target, reader.distance)
    if overwritten < done:
        yield (
            f"C9 {writer.target} overwrites {value} at {overwritten}, "
            f"{reader.target} reads it until {done}"
        )
