"""Which operations share a warp group in every schedule, which never do, and which may."""

from __future__ import annotations

from itertools import combinations

from ...models.problem import SchedulingProblem

PRODUCER = 0
"""The class of the variable-latency operations, whose warp group is group 0."""


class GroupClasses:
    """Operations merged by C5: a class sits in one warp group as a whole.

    Class 0 holds the operations of variable latency and may be empty; the others are numbered by
    their first operation in the order of the problem.
    """

    def __init__(self, problem: SchedulingProblem) -> None:
        self._problem = problem
        self.of = self._number(self._merge())
        self.count = 1 + max(self.of.values())
        self.members = tuple(
            tuple(name for name, number in self.of.items() if number == index)
            for index in range(self.count)
        )
        self.apart = {
            frozenset((self.of[u], self.of[v]))
            for rule in problem.rules
            if rule.kind == "apart"
            for u, v in combinations(rule.operations, 2)
        }
        # Group 0 is the producer's; no more other groups are needed than there are classes.
        self.groups = range(1, min(problem.machine.warp_groups, self.count))

    @property
    def contradict(self) -> bool:
        """Whether the rules ask two operations to share a group and not to."""
        mixed = any(
            self._problem.operation(name).variable_latency != (number == PRODUCER)
            for name, number in self.of.items()
        )
        return mixed or any(len(pair) == 1 for pair in self.apart)

    def share(self, u: str, v: str) -> bool | None:
        """Whether two operations sit in one group; None if schedules differ in it."""
        first, second = self.of[u], self.of[v]
        if first == second:
            return True
        if PRODUCER in (first, second) or frozenset((first, second)) in self.apart:
            return False
        return True if len(self.groups) == 1 else None

    def _merge(self) -> dict[str, str]:
        representative = {o.name: o.name for o in self._problem.operations}

        def find(name: str) -> str:
            while representative[name] != name:
                representative[name] = representative[representative[name]]
                name = representative[name]
            return name

        producers = tuple(o.name for o in self._problem.operations if o.variable_latency)
        rules = [rule.operations for rule in self._problem.rules if rule.kind == "together"]
        for names in (producers, *rules):
            for name in names[1:]:
                representative[find(name)] = find(names[0])
        return {name: find(name) for name in representative}

    def _number(self, representative: dict[str, str]) -> dict[str, int]:
        number = {
            representative[o.name]: PRODUCER for o in self._problem.operations if o.variable_latency
        }
        for operation in self._problem.operations:
            number.setdefault(representative[operation.name], 1 + len(set(number.values()) - {0}))
        return {o.name: number[representative[o.name]] for o in self._problem.operations}
