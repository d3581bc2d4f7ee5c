"""One role, instance by instance: which products are in flight, which slots are held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from ...models.shared_step import Publish
from ...models.warp_step import (
    Acquire,
    Anchor,
    Boundary,
    Demand,
    Pin,
    Release,
    Step,
    WaitCopies,
    WaitProducts,
)
from .chains import Chain, ChainSteps
from .copies import Copies
from .demands import demanded, touched
from .number_anchors import anchored_numbers
from .places import ReadKind
from .plan import PlannedOperation
from .products import Products
from .turns import Turn, close_turns, pass_turn, wait_for_turn

Common = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RingUse:
    """How one role uses a ring: its operations that read it; `alone`: copies out only."""

    readers: frozenset[str]
    is_released: bool  # a ring that is filled once is not
    alone: bool = False
    by_threads: bool = False  # chains are among them


@dataclass(frozen=True, slots=True)
class Batch:
    """An operation in flight: a product, or a copy out."""

    operation: str
    iteration: int
    kind: ReadKind
    targets: tuple[str, ...]
    lefts: tuple[str, ...]
    commits: int  # batches of the hardware
    chains_before: int  # elementwise chains that the role had done when it was issued
    over: int  # cycle of the schedule at which it is over


@dataclass(slots=True)
class TrackedRole:
    """Writes the steps of a role, and knows what is in flight after each."""

    chains: ChainSteps
    products: Products
    copies: Copies
    turns: tuple[Turn, ...]
    rings: dict[str, RingUse]
    interval: int  # initiation interval, cycles
    left_alone: frozenset[str] = frozenset()  # fragments that no chain demands
    goes_on: bool = False  # another tile may follow: it needs the slots of the last iterations too
    flying: list[Batch] = field(default_factory=list)  # products, oldest first
    leaving: list[Batch] = field(default_factory=list)  # copies out, oldest first
    chains_done: int = 0
    period: int = 0  # of the instance that is written
    newest: int = 0  # iteration that was written
    multiplying: dict[str, PlannedOperation] = field(default_factory=dict)
    just_settled: frozenset[str] = frozenset()  # by a wait with no block boundary behind it yet
    just_issued: bool = False  # a product, with no block boundary behind it yet
    just_acted: Literal["issued", "published"] | None = None  # with no wait behind it either
    acquired: dict[str, int] = field(default_factory=dict)
    slots: dict[tuple[str, int], int] = field(default_factory=dict)  # (ring, iteration) -> ordinal
    unread: dict[tuple[str, int], set[str]] = field(default_factory=dict)

    def instance(self, operation: PlannedOperation, iteration: int) -> list[Step]:
        """The steps of one operation in one iteration."""
        self.period, self.newest = iteration + operation.lag, max(self.newest, iteration)
        now = operation.issue_cycle + iteration * self.interval
        steps = [*self._settle_what_is_over(now, operation)]
        if operation.kind == "matrix":
            return [*steps, *self._product(operation, iteration, now)]
        if operation.kind == "vector":
            return [*steps, *self._chain(operation, iteration)]
        if operation.kind == "load":
            return [*steps, *self.copies.load(operation)]
        return [*steps, *self._copy_out(operation, iteration, now)]

    def drain(self) -> list[Step]:
        """Wait for everything that is still in flight, and for turns that nobody has taken."""
        steps = [*self._settle(len(self.flying), "", 0, release=self.goes_on)]
        lag = max(self.period - self.newest, 1)
        for operation in self.multiplying.values():
            steps += close_turns(self.turns, operation, lag)
        if self.leaving:
            over, self.leaving = self.leaving, []
            steps.append(WaitCopies())
            if self.goes_on:
                steps += (s for b in over for s in self._have_read(b.operation, b.iteration))
        return steps

    def _settle_what_is_over(self, now: int, operation: PlannedOperation) -> Iterator[Step]:
        """Wait for what the schedule has over by now, and give back its slots.

        So an operation that waits for a slot waits for something earlier in the schedule, as every
        turn does, and they cannot wait for each other.
        """
        ended = [place for place, batch in enumerate(self.flying, 1) if batch.over <= now]
        yield from self._settle(max(ended, default=0), operation.name, operation.lag)
        read = [place for place, batch in enumerate(self.leaving, 1) if batch.over <= now]
        yield from self._settle_copies(max(read, default=0))

    # ---- rings

    def _read_by(self, operation: PlannedOperation) -> tuple[str, ...]:
        """The rings whose slots an operation acquires and gives back."""
        return tuple(
            ring for ring, use in self.rings.items()
            if use.is_released and operation.name in use.readers
        )  # fmt: skip

    def _acquire(
        self, operation: PlannedOperation, iteration: int, rings: Iterable[str]
    ) -> list[Step]:
        """Slots of the rings, where no operation of the role has acquired them yet."""
        steps: list[Step] = []
        for ring in rings:
            use = self.rings[ring]
            if not use.is_released or (ring, iteration) in self.slots:
                continue
            self.slots[ring, iteration] = self.acquired.get(ring, 0)
            self.acquired[ring] = self.acquired.get(ring, 0) + 1
            self.unread[ring, iteration] = set(use.readers)
            steps.append(
                Acquire(ring=ring, alone=use.alone, operation=operation.name, lag=operation.lag)
            )
        if steps:
            self._begin_block()
        return steps

    def _age(self, ring: str, iteration: int) -> int:
        if not self.rings[ring].is_released:
            return 0
        return self.acquired[ring] - 1 - self.slots[ring, iteration]

    def _have_read(self, operation: str, iteration: int) -> Iterator[Step]:
        """Give back the slots that nobody else of the role has still to read."""
        for key in [
            k for k, left in self.unread.items() if k[1] == iteration and operation in left
        ]:
            self.unread[key].discard(operation)
            if not self.unread[key]:
                del self.unread[key]
                ring, use = key[0], self.rings[key[0]]
                age, lag = self._age(ring, iteration), self.period - iteration
                yield Release(
                    ring=ring, age=age, alone=use.alone, by_threads=use.by_threads,
                    operation=operation, lag=lag,
                )  # fmt: skip

    # ---- products

    def _product(self, operation: PlannedOperation, iteration: int, now: int) -> Iterator[Step]:
        operands = self.products.operands(operation, iteration)
        self.multiplying[operation.name] = operation
        yield from self._acquire(operation, iteration, operands.rings)
        yield from wait_for_turn(self.turns, operation)
        steps = list(
            self.products.steps(operation, iteration, lambda ring: self._age(ring, iteration))
        )
        yield from steps
        yield from pass_turn(self.turns, operation, closed=True)
        self.just_issued, self.just_acted = True, "issued"
        self.flying.append(
            Batch(operation.name, iteration, "product", operands.targets, operands.left_fragments,
                  len(steps), self.chains_done, now + operation.latency_cycles)
        )  # fmt: skip

    def _settle(self, count: int, name: str, lag: int, *, release: bool = True) -> Iterator[Step]:
        """Wait until the first `count` products in flight are over, and give back their slots."""
        if not count:
            return
        over, self.flying = self.flying[:count], self.flying[count:]
        if self.chains_done > over[-1].chains_before:
            yield Boundary(operation=name, lag=lag)
        settled = dict.fromkeys(f for b in over for f in (*b.targets, *b.lefts))
        busy = {f for b in self.flying for f in (*b.targets, *b.lefts)}
        free = tuple(f for f in settled if f not in busy)
        pending = sum(batch.commits for batch in self.flying)
        yield WaitProducts(pending=pending, settled=free, operation=name, lag=lag)
        self.just_settled, self.just_acted = frozenset(settled), None
        if release:
            for batch in over:
                yield from self._have_read(batch.operation, batch.iteration)

    # ---- chains

    def _chain(self, operation: PlannedOperation, iteration: int) -> Iterator[Step]:
        rings = self._read_by(operation)
        acquired = self._acquire(operation, iteration, rings)
        ages = {ring: self._age(ring, iteration) for ring in rings}
        steps = self.chains.steps(
            Chain(operation.members, operation.name, operation.lag, ages, iteration)
        )
        read, written = touched(steps)
        last = 0
        for place, batch in enumerate(self.flying, 1):
            if set(batch.targets) & (read | written) or set(batch.lefts) & written:
                last = place
        yield from self._settle(last, operation.name, operation.lag)
        yield from acquired
        before, steps = self._held_back(operation, steps, read, bounded=bool(acquired))
        yield from before
        # Pinned at both ends, a chain stays where the schedule has it.
        inputs = self.chains.pinned(sorted(read))
        if inputs:
            yield Pin(fragments=inputs, operation=operation.name, lag=operation.lag)
        yield from steps
        wanted = () if self._may_drift else demanded(steps, self.chains, self.left_alone)
        if wanted:
            yield Demand(fragments=wanted, operation=operation.name, lag=operation.lag)
        yield from self._have_read(operation.name, iteration)
        self.chains_done += 1
        if any(isinstance(step, Publish) for step in steps) and not self._may_drift:
            self.just_acted = "published"

    def _begin_block(self) -> None:
        self.just_settled, self.just_issued = frozenset(), False
        self.just_acted = None

    def _held_back(
        self, operation: PlannedOperation, steps: list[Step], read: set[str], *, bounded: bool
    ) -> tuple[list[Step], list[Step]]:
        """What keeps ptxas from doing a chain too early stands before it, or is in its formulas."""
        rows = self.chains.rows(sorted(read))
        if not self._could_come_too_early(read, has_rows=bool(rows)):
            return [], steps
        self._begin_block()
        common: Common = {"operation": operation.name, "lag": operation.lag}
        before: list[Step] = [] if bounded else [Boundary(**common)]
        if rows:
            return [*before, Anchor(fragments=rows, **common)], steps
        if self._has_versions:
            steps = anchored_numbers(steps, read, self.chains.registers)
        return before, steps

    def _could_come_too_early(self, read: set[str], *, has_rows: bool) -> bool:
        """Whether ptxas might do a chain before a wait whose results it does not read.

        Or between the instructions of a product that is just issued, for which row vectors can be
        anchored, or before a tile is handed on. What waits in a version of its own for its turn,
        and is worked on alone, it would also do before products that have been awaited since.
        """
        after_wait = self.just_settled and not self.just_settled & read
        alone = self._has_versions and not has_rows
        acted = self.just_acted == "published" or (self.just_acted == "issued" and has_rows)
        return bool(after_wait) or (self.just_issued and alone) or acted

    @property
    def _may_drift(self) -> bool:
        """Whether nothing runs beside chains: by stripes there is no product anywhere."""
        return bool(self.chains.registers.layouts.stripe_rows)

    @property
    def _has_versions(self) -> bool:
        return bool(self.chains.registers.versions)

    # ---- copies out

    def _copy_out(self, operation: PlannedOperation, iteration: int, now: int) -> Iterator[Step]:
        yield from map(optional, self._acquire(operation, iteration, self._read_by(operation)))
        yield from map(optional, self.copies.store(operation))
        self.leaving.append(
            Batch(operation.name, iteration, "copy", (), (), 1, self.chains_done,
                  now + operation.latency_cycles)
        )  # fmt: skip

    def _settle_copies(self, count: int) -> Iterator[Step]:
        if not count:
            return
        over, self.leaving = self.leaving[:count], self.leaving[count:]
        pending = sum(batch.commits for batch in self.leaving)
        last = over[-1]
        yield WaitCopies(
            read_only=True, pending=pending, operation=last.operation,
            lag=self.period - last.iteration, optional=True,
        )  # fmt: skip
        for batch in over:
            yield from map(optional, self._have_read(batch.operation, batch.iteration))


def optional(step: Step) -> Step:
    """The step, to be left out where its iteration does not exist: copies are no wgmma."""
    return step.model_copy(update={"optional": True})
