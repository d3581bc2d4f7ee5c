"""A program warp by warp: what each does at barriers, with nothing computed.

The rest of the machine moves the warps of a role together; on hardware they drift apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...models.barrier_step import Arrive, Sync
from ...models.errors import ProgramViolation
from ...models.shared_step import CopyElement, Publish
from ...models.tensor_memory_step import AwaitSignal, CommitProducts, CommitRelease, Notify
from ...models.warp_program import Role
from ...models.warp_step import Acquire, CopyIn, Product, Release, Reserve, Step, WaitProducts
from .block import Plan
from .memory_steps import takes_part

THREADS = 32


@dataclass(slots=True)
class WarpBarrier:
    """An mbarrier, or the turns of a named barrier: how many phases are over."""

    name: str
    count: int
    missing: int = field(init=False)
    bytes: int = 0
    over: int = 0

    def __post_init__(self) -> None:
        self.missing = self.count

    def arrive(self, arrivals: int = 1, *, expected: int = 0, landed: int = 0) -> None:
        """So many arrivals, bytes that are to come, and bytes that have."""
        self.missing -= arrivals
        self.bytes += expected - landed
        if not (self.missing or self.bytes):
            self.missing, self.over = self.count, self.over + 1


@dataclass(frozen=True, slots=True)
class _Wait:
    """For phase `number` of a barrier, from 1 on; for 0 nobody waits.

    An mbarrier is asked for the parity of the phase. A named barrier lets those go that have come.
    """

    barrier: WarpBarrier
    number: int
    by_parity: bool = True

    def ready(self) -> bool:
        """Whether the phase is over; ProgramViolation where the parity does not tell it."""
        if self.by_parity and self.barrier.over > self.number:
            raise ProgramViolation(
                (f"a warp that is late misses phase {self.number} of {self.barrier.name}",)
            )
        return self.barrier.over >= self.number

    def __str__(self) -> str:
        return f"phase {self.number} of {self.barrier.name}"


@dataclass(frozen=True, slots=True)
class _Products:
    """For all but the last batches of a warp group."""

    shared: Shared
    role: int
    number: int

    def ready(self) -> bool:
        """Whether they are over."""
        return self.shared.settled[self.role] >= self.number

    def __str__(self) -> str:
        return f"product {self.number}"


_Waits = Iterator[_Wait | _Products]


@dataclass(slots=True)
class Shared:
    """What the warps of a block share; `flights` end at any time."""

    plan: Plan
    full: dict[tuple[str, int], WarpBarrier] = field(default_factory=dict)
    empty: dict[tuple[str, int], WarpBarrier] = field(default_factory=dict)
    signals: dict[str, WarpBarrier] = field(default_factory=dict)
    named: dict[str, WarpBarrier] = field(default_factory=dict)
    flights: list[Callable[[], None]] = field(default_factory=list)
    issued: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    settled: dict[int, int] = field(default_factory=lambda: defaultdict(int))  # by role

    def __post_init__(self) -> None:
        program = self.plan.program
        for ring in program.rings:
            for slot in range(ring.depth):
                place = f"[{slot}] of ring {ring.name}"
                self.full[ring.name, slot] = WarpBarrier(f"full{place}", ring.filled)
                self.empty[ring.name, slot] = WarpBarrier(f"empty{place}", max(1, ring.arrivals))
        for signal in program.signals:
            self.signals[signal.name] = WarpBarrier(f"signal {signal.name}", signal.arrivals)
        for barrier in program.barriers:
            self.named[barrier.name] = WarpBarrier(f"barrier {barrier.name}", barrier.threads)

    def settle(self, role: int) -> None:
        """The oldest batch of a role is over."""
        self.settled[role] += 1


@dataclass(slots=True)
class Warp:
    """One warp of a role, with its cursors. The first one acts where one thread does."""

    role: Role
    index: int
    rank: int
    shared: Shared
    counts: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    trips: int = 0
    iteration: int | None = None
    waiting: _Wait | _Products | None = None

    def run(self, each_trips: Iterable[int]) -> _Waits:
        """What it waits for, tile after tile, with what it does between."""
        for trips in each_trips:
            self.trips = trips
            for step, iteration in self.shared.plan.steps_for(trips)[self.index]:
                yield from self._do(step, iteration)
        for step in self.role.last:
            yield from self._do(step, None)

    def _do(self, step: Step, iteration: int | None) -> _Waits:
        self.iteration = iteration
        handler = HANDLERS.get(step.step)
        if handler is not None:
            yield from handler(self, step)

    def next(self, kind: str, name: str) -> int:
        """How often the warp did that before."""
        count = self.counts[kind, name]
        self.counts[kind, name] = count + 1
        return count

    def slot(self, kind: str, ring: str, age: int = 0) -> tuple[str, int]:
        """The slot acquired or reserved last, or `age` before."""
        return ring, (self.counts[kind, ring] - 1 - age) % self.shared.plan.rings[ring].depth

    def __str__(self) -> str:
        return f"{self.role.name}, warp {self.rank}"


def _acquire(warp: Warp, step: Acquire) -> _Waits:
    lap, _ = divmod(warp.next("acquired", step.ring), warp.shared.plan.rings[step.ring].depth)
    if warp.rank == 0 or not step.alone:
        yield _Wait(warp.shared.full[warp.slot("acquired", step.ring)], lap + 1)


def _release(warp: Warp, step: Release) -> _Waits:
    if warp.rank == 0 or not step.alone:
        warp.shared.empty[warp.slot("acquired", step.ring, step.age)].arrive()
    yield from ()


def _reserve(warp: Warp, step: Reserve) -> _Waits:
    ring = warp.shared.plan.rings[step.ring]
    lap, _ = divmod(warp.next("reserved", step.ring), ring.depth)
    slot = warp.slot("reserved", step.ring)
    if ring.arrivals:
        yield _Wait(warp.shared.empty[slot], lap)
    if warp.rank == 0 and not ring.writers:
        warp.shared.full[slot].arrive(expected=ring.bytes)


def _publish(warp: Warp, step: Publish) -> _Waits:
    warp.shared.full[warp.slot("reserved", step.ring)].arrive()
    yield from ()


def _copy_in(warp: Warp, step: CopyIn) -> _Waits:
    barrier = warp.shared.full[warp.slot("reserved", step.ring)]
    landed = warp.shared.plan.map_bytes[step.tensor_map]
    if warp.rank == 0:
        warp.shared.flights.append(lambda: barrier.arrive(0, landed=landed))
    yield from ()


def _copy_element(warp: Warp, step: CopyElement) -> _Waits:
    if warp.rank == 0:
        warp.shared.flights.append(warp.shared.full[warp.slot("reserved", step.ring)].arrive)
    yield from ()


def _notify(warp: Warp, step: Notify) -> _Waits:
    warp.shared.signals[step.signal].arrive()
    yield from ()


def _await_signal(warp: Warp, step: AwaitSignal) -> _Waits:
    yield _Wait(warp.shared.signals[step.signal], warp.next("awaited", step.signal) + 1)


def _commit_products(warp: Warp, step: CommitProducts) -> _Waits:
    if warp.rank == 0:
        warp.shared.flights.append(warp.shared.signals[step.signal].arrive)
    yield from ()


def _commit_release(warp: Warp, step: CommitRelease) -> _Waits:
    if warp.rank == 0:
        slot = warp.slot("acquired", step.ring, step.age)
        warp.shared.flights.append(warp.shared.empty[slot].arrive)
    yield from ()


def _arrive(warp: Warp, step: Arrive) -> _Waits:
    if takes_part(step, warp.iteration, warp.trips):
        warp.shared.named[step.barrier].arrive(THREADS)
    yield from ()


def _sync(warp: Warp, step: Sync) -> _Waits:
    if takes_part(step, warp.iteration, warp.trips):
        barrier = warp.shared.named[step.barrier]
        turn = barrier.over + 1
        barrier.arrive(THREADS)
        yield _Wait(barrier, turn, by_parity=False)


def _product(warp: Warp, step: Product) -> _Waits:
    """Wgmma takes all four warps; batches end in order, so it does not matter which one ends."""
    batch = warp.index, warp.next("issued", "")
    warp.shared.issued[batch] += 1
    if warp.shared.issued[batch] == warp.role.warps:
        warp.shared.flights.append(lambda: warp.shared.settle(warp.index))
    yield from ()


def _wait_products(warp: Warp, step: WaitProducts) -> _Waits:
    yield _Products(warp.shared, warp.index, warp.counts["issued", ""] - step.pending)


HANDLERS: Mapping[str, Callable[[Warp, Any], _Waits]] = {
    "acquire": _acquire,
    "release": _release,
    "reserve": _reserve,
    "publish": _publish,
    "copy_in": _copy_in,
    "copy_element": _copy_element,
    "notify": _notify,
    "await_signal": _await_signal,
    "commit_products": _commit_products,
    "commit_release": _commit_release,
    "arrive": _arrive,
    "sync": _sync,
    "product": _product,
    "wait_products": _wait_products,
}
