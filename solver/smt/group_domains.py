"""What the rules of C5 say of warp groups before anything is solved."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from ...models.problem import SchedulingProblem


@dataclass(frozen=True, slots=True)
class GroupDomains:
    """Operations that must share a warp group have one representative; it has a set of groups."""

    _representative: dict[str, str]
    _groups: dict[str, tuple[int, ...]]
    _apart: frozenset[tuple[str, str]]

    @staticmethod
    def of(problem: SchedulingProblem, legal: bool) -> GroupDomains:
        """The domains by C5, or every group for every operation if C5 does not hold."""
        representative = {operation.name: operation.name for operation in problem.operations}
        every = range(problem.machine.warp_groups)
        if not legal:
            return GroupDomains(
                representative, dict.fromkeys(representative, (*every,)), frozenset()
            )
        for rule in problem.rules:
            if rule.kind == "together":
                merged = {representative[name] for name in rule.operations}
                first = min(merged)
                representative = {n: first if r in merged else r for n, r in representative.items()}
        groups: dict[str, set[int]] = {name: set(every) for name in representative.values()}
        for operation in problem.operations:
            legal_groups = every[:1] if operation.variable_latency else every[1:]
            groups[representative[operation.name]] &= set(legal_groups)
        return GroupDomains(
            representative,
            {name: tuple(sorted(found)) for name, found in groups.items()},
            frozenset(_pairs_apart(problem, representative)),
        )

    @property
    def representatives(self) -> tuple[str, ...]:
        """One operation for each set of operations that share a group; in the problem's order."""
        return tuple(dict.fromkeys(self._representative.values()))

    @property
    def contradictory(self) -> bool:
        """Whether the rules leave an operation no group, or keep it apart from itself."""
        alone = any(left == right for left, right in self._apart)
        return alone or not all(self._groups.values())

    def representative(self, operation: str) -> str:
        """The operation whose group stands for that of the given one."""
        return self._representative[operation]

    def groups(self, representative: str) -> tuple[int, ...]:
        """The groups in which a representative may sit."""
        return self._groups[representative]

    def share(self, left: str, right: str) -> bool | None:
        """Whether two representatives share a group; None if the schedule decides."""
        if left == right:
            return True
        one, other = self._groups[left], self._groups[right]
        if not {*one} & {*other} or (left, right) in self._apart:
            return False
        return True if one == other and len(one) == 1 else None

    @property
    def apart(self) -> frozenset[tuple[str, str]]:
        """Pairs of representatives, in both orders, that rules keep in different groups."""
        return self._apart


def _pairs_apart(
    problem: SchedulingProblem, representative: dict[str, str]
) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for rule in problem.rules:
        if rule.kind == "apart":
            members = [representative[name] for name in rule.operations]
            for left, right in combinations(members, 2):
                found |= {(left, right), (right, left)}
    return found
