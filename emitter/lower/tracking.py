"""One role, instance by instance: which products are in flight, which slots are held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ...models.warp_expression import fragments_in
from ...models.warp_step import (
    Acquire,
    Anchor,
    Assign,
    Boundary,
    Pin,
    ReduceColumns,
    Release,
    Step,
    WaitProducts,
)
from .chains import ChainSteps
from .plan import PlannedOperation
from .products import Products
from .storage import Storage
from .turns import Turn, pass_turn, wait_for_turn


@dataclass(frozen=True, slots=True)
class Batch:
    """A product in flight."""

    operation: str
    iteration: int
    target: str
    left: str | None
    rings: tuple[str, ...]
    chains_before: int  # elementwise chains that the role had done when it was issued
    over: int  # cycle of the schedule at which it is over


@dataclass(slots=True)
class ComputeRole:
    """Writes the steps of a role that computes, and knows what is in flight after each."""

    chains: ChainSteps
    products: Products
    storage: Storage
    turns: tuple[Turn, ...]
    readers: dict[str, frozenset[str]]  # ring -> operations of this role that read it
    interval: int  # initiation interval, cycles
    flying: list[Batch] = field(default_factory=list)
    chains_done: int = 0
    period: int = 0  # of the instance that is written
    just_settled: frozenset[str] = frozenset()  # by a wait with no block boundary behind it yet
    acquired: dict[str, int] = field(default_factory=dict)
    slots: dict[tuple[str, int], int] = field(default_factory=dict)  # (ring, iteration) -> ordinal
    unread: dict[tuple[str, int], set[str]] = field(default_factory=dict)

    def instance(self, operation: PlannedOperation, iteration: int) -> list[Step]:
        """The steps of one operation in one iteration."""
        self.period = iteration + operation.lag
        now = operation.issue_cycle + iteration * self.interval
        steps = [*self._settle_what_is_over(now, operation)]
        if operation.kind == "matrix":
            return [*steps, *self._product(operation, iteration, now)]
        return [*steps, *self._chain(operation)]

    def drain(self) -> list[Step]:
        """Wait for everything that is still in flight."""
        return list(self._settle(len(self.flying), "", 0, release=False))

    # ---- products

    def _settle_what_is_over(self, now: int, operation: PlannedOperation) -> Iterator[Step]:
        """Wait for the products that the schedule has over by now, and give back their slots.

        So a load that waits for a slot waits for something earlier in the schedule, as every turn
        does, and they cannot wait for each other.
        """
        ended = [place for place, batch in enumerate(self.flying, 1) if batch.over <= now]
        yield from self._settle(max(ended, default=0), operation.name, operation.lag)

    def _product(self, operation: PlannedOperation, iteration: int, now: int) -> Iterator[Step]:
        operands = self.products.operands(operation)
        streamed = [r for r in operands.rings if self.storage.rings[r].arrivals]
        for ring in streamed:
            if (ring, iteration) not in self.slots:
                self.slots[ring, iteration] = self.acquired.get(ring, 0)
                self.acquired[ring] = self.acquired.get(ring, 0) + 1
                self.unread[ring, iteration] = set(self.readers[ring])
                yield Acquire(ring=ring, operation=operation.name, lag=operation.lag)
                self.just_settled = frozenset()
        yield from wait_for_turn(self.turns, operation)
        yield self.products.step(operation, lambda ring: self._age(ring, iteration))
        yield from pass_turn(self.turns, operation)
        self.flying.append(
            Batch(operation.name, iteration, operands.target, operands.left_fragment,
                  tuple(streamed), self.chains_done, now + operation.latency_cycles)
        )  # fmt: skip

    def _age(self, ring: str, iteration: int) -> int:
        if not self.storage.rings[ring].arrivals:
            return 0
        return self.acquired[ring] - 1 - self.slots[ring, iteration]

    # ---- chains

    def _chain(self, operation: PlannedOperation) -> Iterator[Step]:
        steps = list(self.chains.steps(operation.members, operation.name, operation.lag))
        read, written = touched(steps)
        last = 0
        for place, batch in enumerate(self.flying, 1):
            if batch.target in read | written or (batch.left is not None and batch.left in written):
                last = place
        yield from self._settle(last, operation.name, operation.lag)
        if self.just_settled and not self.just_settled & read:
            # Nothing else would keep ptxas from doing this chain before that wait.
            yield Boundary(operation=operation.name, lag=operation.lag)
            self.just_settled = frozenset()
            rows = self.chains.rows(sorted(read))
            if rows:
                yield Anchor(fragments=rows, operation=operation.name, lag=operation.lag)
        # Pinned at both ends, a chain stays where the schedule has it.
        inputs = self.chains.pinned(sorted(read))
        if inputs:
            yield Pin(fragments=inputs, operation=operation.name, lag=operation.lag)
        yield from steps
        self.chains_done += 1

    def _settle(self, count: int, name: str, lag: int, *, release: bool = True) -> Iterator[Step]:
        """Wait until the first `count` batches in flight are over, and give back their slots."""
        if not count:
            return
        over, self.flying = self.flying[:count], self.flying[count:]
        if self.chains_done > over[-1].chains_before:
            yield Boundary(operation=name, lag=lag)
        settled = dict.fromkeys(f for b in over for f in (b.target, b.left) if f is not None)
        busy = {f for b in self.flying for f in (b.target, b.left)}
        free = tuple(f for f in settled if f not in busy)
        yield WaitProducts(pending=len(self.flying), settled=free, operation=name, lag=lag)
        self.just_settled = frozenset(settled)
        if release:
            yield from self._release(over)

    def _release(self, over: Iterable[Batch]) -> Iterator[Step]:
        for batch in over:
            for ring in batch.rings:
                left = self.unread[ring, batch.iteration]
                left.discard(batch.operation)
                if not left:
                    age = self._age(ring, batch.iteration)
                    lag = self.period - batch.iteration
                    yield Release(ring=ring, age=age, operation=batch.operation, lag=lag)


def touched(steps: Iterable[Step]) -> tuple[set[str], set[str]]:
    """Fragments that elementwise steps read, and those that they write."""
    read: set[str] = set()
    written: set[str] = set()
    for step in steps:
        if isinstance(step, Assign | ReduceColumns):
            written.add(step.target)
            read.update(fragments_in(step.value))
    return read, written
