"""Longest paths over differences of issue cycles: what every schedule keeps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_FOR_CLOSURE = 400
"""Operations up to which the longest path between every two of them is worth its time."""

UNREACHED = -(2**50)


@dataclass(frozen=True, slots=True)
class Difference:
    """t[target] - t[source] >= cycles in every schedule."""

    source: str
    target: str
    cycles: int


class LongestPaths:
    """Earliest and latest issue cycles, and the least distance from one operation to another."""

    def __init__(
        self, names: Sequence[str], latest: Sequence[int], differences: Iterable[Difference]
    ) -> None:
        """`latest`: the last issue cycle that the window allows each operation."""
        self._index = {name: number for number, name in enumerate(names)}
        edges = {(self._index[d.source], self._index[d.target], d.cycles) for d in differences}
        table = np.array(sorted(edges), dtype=np.int64).reshape(len(edges), 3)
        self._table = table
        upward = _relax(np.zeros(len(names), np.int64), table[:, 0], table[:, 1], table[:, 2])
        downward = _relax(-np.array(latest, np.int64), table[:, 1], table[:, 0], table[:, 2])
        self.contradictory = upward is None or downward is None
        self._earliest = upward
        self._latest = None if downward is None else -downward
        small = len(names) <= MOST_FOR_CLOSURE and not self.contradictory
        self._closure = _close(len(names), table) if small else None

    @property
    def excluded(self) -> bool:
        """Whether a circuit or the window alone excludes every schedule."""
        if self._earliest is None or self._latest is None:
            return True
        return bool((self._earliest > self._latest).any())

    def earliest(self, name: str) -> int:
        """The first issue cycle that the paths into the operation allow."""
        assert self._earliest is not None
        return int(self._earliest[self._index[name]])

    def latest(self, name: str) -> int:
        """The last issue cycle that the window and the paths out of the operation allow."""
        assert self._latest is not None
        return int(self._latest[self._index[name]])

    def least(self, source: str, target: str) -> int | None:
        """t[target] - t[source] is at least this in every schedule; None if no path tells."""
        if source == target:
            return 0
        if self._closure is None:
            return None
        cycles = int(self._closure[self._index[source], self._index[target]])
        return cycles if cycles > UNREACHED // 2 else None


def _relax(
    start: NDArray[np.int64],
    sources: NDArray[np.int64],
    targets: NDArray[np.int64],
    cycles: NDArray[np.int64],
) -> NDArray[np.int64] | None:
    """Longest paths from the given starts; None if they grow for ever (Bellman-Ford)."""
    reached = start.copy()
    for _ in range(len(start) + 1):
        before = reached.copy()
        np.maximum.at(reached, targets, before[sources] + cycles)
        if (reached == before).all():
            return reached
    return None


def _close(count: int, table: NDArray[np.int64]) -> NDArray[np.int64]:
    """Longest paths between all pairs (Floyd-Warshall); there is no positive circuit."""
    closure = np.full((count, count), UNREACHED, np.int64)
    np.maximum.at(closure, (table[:, 0], table[:, 1]), table[:, 2])
    np.fill_diagonal(closure, 0)
    for middle in range(count):
        through = closure[:, middle, None] + closure[None, middle, :]
        np.maximum(closure, np.maximum(through, UNREACHED), out=closure)
    return closure
