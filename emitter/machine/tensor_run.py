"""What a role has in flight in Tensor Memory: its products, and the moves of its threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from .knowledge import KINDS, MULTIPLIED, Knowledge

Action = Callable[[], None]


@dataclass(slots=True)
class Commit:
    """An arrival that waits for the products issued before it."""

    waits_for: set[int]
    arrive: Action


@dataclass(slots=True)
class TensorRun:
    """Products and moves are counted from 1 in the order of issue."""

    is_stale: bool = False  # a wait since the last tcgen05.fence::after_thread_sync
    products: int = 0
    queues: dict[str, deque[Action]] = field(default_factory=dict)  # tensor -> in flight
    outstanding: set[int] = field(default_factory=set)  # products that are not over
    commits: list[Commit] = field(default_factory=list)
    moves: int = 0
    unwaited: dict[int, str] = field(default_factory=dict)  # move -> load or store
    flying: dict[str, int] = field(default_factory=lambda: {"load": 0, "store": 0})
    fenced: int = 0  # moves before the last tcgen05.fence::before_thread_sync
    exchanged: int = 0  # reads and writes of row vectors
    awaited: dict[str, int] = field(default_factory=dict)  # signal -> how often

    @property
    def over(self) -> int:
        """Moves up to this one were waited for."""
        return min(self.unwaited, default=self.moves + 1) - 1

    def begin_move(self, kind: str) -> int:
        """Count a load or a store that is in flight from now on."""
        self.moves += 1
        self.unwaited[self.moves] = kind
        self.flying[kind] += 1
        return self.moves

    def settle_moves(self, kind: str) -> None:
        """All loads, or all stores, were waited for."""
        self.unwaited = {move: own for move, own in self.unwaited.items() if own != kind}

    def end_product(self, number: int, ready: list[Action]) -> None:
        """A product is over; the arrivals that waited for it alone are on their way."""
        self.outstanding.discard(number)
        for commit in self.commits:
            commit.waits_for.discard(number)
        ready += [commit.arrive for commit in self.commits if not commit.waits_for]
        self.commits = [commit for commit in self.commits if commit.waits_for]

    def fault_at_end(self, known: Knowledge, index: int) -> str:
        """What a role must not leave behind; empty if there is nothing."""
        if self.unwaited:
            return "ends while its loads or stores of Tensor Memory are not waited for"
        if known[KINDS * index + MULTIPLIED] < self.products:
            return "ends while its products may be in flight: no wait for their commit"
        return ""
