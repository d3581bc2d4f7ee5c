"""C2: functional units."""

from __future__ import annotations

from collections.abc import Iterator

from .timeline import Span, Timeline


def overfull_units(timeline: Timeline) -> Iterator[str]:
    """C2. In every cycle the reservations that hold a unit fit its capacity."""
    held: dict[str, list[Span]] = {unit.name: [] for unit in timeline.problem.machine.units}
    for operation in timeline.problem.operations:
        issued = timeline.issue(operation.name)
        for block in operation.reservations:
            start = issued + block.offset
            held[block.unit].append(
                Span(start, start + block.cycles, block.quantity, operation.name)
            )
    for unit in timeline.problem.machine.units:
        peak = timeline.peak(held[unit.name])
        if peak.amount > unit.capacity:
            yield (
                f"C2 {unit.name} over capacity at slot {peak.slot} "
                f"({peak.amount} of {unit.capacity}): {', '.join(peak.holders)}"
            )
