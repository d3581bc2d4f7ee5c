"""Which operations depend on others within one iteration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .problem import SchedulingProblem


class Reach:
    """For each operation, from which of the given starts dependences of distance 0 lead to it.

    The starts that reach an operation are one integer, a bit each: thousands of starts cost little.
    """

    def __init__(self, problem: SchedulingProblem, starts: frozenset[str]) -> None:
        self._bit = {name: 1 << i for i, name in enumerate(sorted(starts))}
        self._onward: dict[str, list[str]] = {o.name: [] for o in problem.operations}
        for dependence in problem.dependences:
            if dependence.distance == 0:
                self._onward[dependence.source].append(dependence.target)
        self._reached_from = {name: self._bit.get(name, 0) for name in self._onward}
        if starts:
            self._spread()

    def leads(self, start: str, operation: str) -> bool:
        """Whether the operation depends on `start`, or is it."""
        return bool(self._reached_from[operation] & self._bit[start])

    def _spread(self) -> None:
        # In this order one pass is enough unless dependences of distance 0 form a circuit.
        order = list(self._backward())
        order.reverse()
        changed = True
        while changed:
            changed = False
            for source in order:
                for target in self._onward[source]:
                    joined = self._reached_from[target] | self._reached_from[source]
                    changed |= joined != self._reached_from[target]
                    self._reached_from[target] = joined

    def _backward(self) -> Iterator[str]:
        """Every operation after those that depend on it, circuits aside."""
        seen: set[str] = set()
        for root in self._onward:
            path = [] if root in seen else [(root, iter(self._onward[root]))]
            seen.add(root)
            while path:
                name, targets = path[-1]
                target = next((t for t in targets if t not in seen), None)
                if target is None:
                    path.pop()
                    yield name
                else:
                    seen.add(target)
                    path.append((target, iter(self._onward[target])))
