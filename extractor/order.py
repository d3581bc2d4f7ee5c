"""Which operations of the schedule stand before which within one iteration."""

from __future__ import annotations

from .reads import Reads


class IterationOrder:
    """Reachability through reads of distance 0, between operations of the schedule."""

    def __init__(self, reads: Reads) -> None:
        onward: dict[str, set[str]] = {}
        for read in reads.all:
            source, target = reads.owner[read.producer], reads.owner[read.reader]
            if read.distance == 0 and source != target:
                onward.setdefault(source, set()).add(target)
        self._onward = onward
        self._reached: dict[str, frozenset[str]] = {}

    def reaches(self, first: str, second: str) -> bool:
        """Whether the second depends on the first in the same iteration, or is the same."""
        return first == second or second in self._after(first)

    def _after(self, name: str) -> frozenset[str]:
        if name not in self._reached:
            seen: set[str] = set()
            waiting = [name]
            while waiting:
                for target in self._onward.get(waiting.pop(), ()):
                    if target not in seen:
                        seen.add(target)
                        waiting.append(target)
            self._reached[name] = frozenset(seen)
        return self._reached[name]
