"""Which operation may be said to stand at slot 0, as every schedule may be shifted."""

from __future__ import annotations

from collections import Counter

from ..models.problem import Operation, SchedulingProblem


def anchor_of(problem: SchedulingProblem) -> str:
    """The operation that takes most of the busiest unit; the first of them, if several do."""
    capacity = {unit.name: unit.capacity for unit in problem.machine.units}
    load: Counter[str] = Counter()
    for operation in problem.operations:
        for block in operation.reservations:
            load[block.unit] += block.quantity * block.cycles
    busiest = max(load, key=lambda unit: load[unit] / capacity[unit], default="")

    def share(operation: Operation) -> int:
        blocks = operation.reservations
        return sum(block.quantity * block.cycles for block in blocks if block.unit == busiest)

    return max(problem.operations, key=share).name
