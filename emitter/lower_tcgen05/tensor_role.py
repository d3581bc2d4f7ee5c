"""One role, instance by instance: what it waits for, does, and tells others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ...models.barrier_step import Sync
from ...models.tensor_memory_step import (
    AwaitSignal,
    CommitProducts,
    CommitRelease,
    LoadTensor,
    Notify,
    ReadRows,
    StoreTensor,
    TensorFence,
    WaitTensorLoads,
    WaitTensorStores,
    WriteRows,
)
from ...models.warp_expression import FragmentElement
from ...models.warp_step import Acquire, Anchor, Boundary, Step
from ..inputs import Emission
from ..lower.chains import Chain, ChainSteps
from ..lower.demands import touched
from ..lower.plan import PlannedOperation
from ..lower.registers import Registers
from ..lower.storage import Storage
from ..lower.turns import Turn, pass_turn, wait_for_turn
from .accesses import Need
from .handoffs import Crossing, Handoffs, over
from .products import TensorProducts
from .tensors import buffer_of, loaded_tiles, stored_tiles


@dataclass(slots=True)
class TensorRole:
    """Writes the steps of a role, and knows what it has waited for."""

    emission: Emission
    chains: ChainSteps
    registers: Registers
    products: TensorProducts
    storage: Storage
    handoffs: Handoffs
    turns: tuple[Turn, ...]
    barrier: str  # of all its threads
    readers: dict[str, frozenset[str]]  # ring -> operations of this role that read it
    has_waited: bool = True  # since its last fence; all threads meet before the roles begin
    has_told: bool = False  # others, at the end of its last chain
    awaited: dict[str, int] = field(default_factory=dict)  # signal -> how often
    unfenced: set[tuple[str, int]] = field(default_factory=set)  # chains since the last barrier
    acquired: dict[str, int] = field(default_factory=dict)
    slots: dict[tuple[str, int], int] = field(default_factory=dict)  # (ring, iteration) -> ordinal
    unread: dict[tuple[str, int], set[str]] = field(default_factory=dict)

    def instance(self, operation: PlannedOperation, iteration: int) -> list[Step]:
        """The steps of one operation in one iteration."""
        if operation.kind == "matrix":
            return list(self._product(operation, iteration))
        return list(self._chain(operation, iteration))

    def drain(self) -> list[Step]:
        """Nothing: what follows the loop waits for all products."""
        return []

    # ---- products

    def _product(self, operation: PlannedOperation, iteration: int) -> Iterator[Step]:
        name, lag = operation.name, operation.lag
        rings = [r for r in self.products.rings(operation) if self.storage.rings[r].arrivals]
        yield from self._acquire(rings, operation, iteration)
        yield from self._await(self.handoffs.before(name, "signal"), operation, iteration)
        turns = list(wait_for_turn(self.turns, operation))
        if self._follows_a_chain(name, iteration):
            yield TensorFence(side="before", operation=name, lag=lag)
            # Waiting for a turn brings the threads of the group together as well.
            if not any(turn.skip_first == turn.skip_last == 0 for turn in turns):
                turns.insert(0, Sync(barrier=self.barrier, operation=name, lag=lag))
            self.unfenced.clear()
        self.has_waited |= bool(turns)
        yield from turns
        yield from self._fence_after(operation)
        yield self.products.step(operation, iteration, lambda ring: self._age(ring, iteration))
        for ring in rings:
            self.unread[ring, iteration].discard(name)
            if not self.unread[ring, iteration]:
                yield CommitRelease(
                    ring=ring, age=self._age(ring, iteration), operation=name, lag=lag
                )
        if self.handoffs.is_told(name):
            yield CommitProducts(signal=over(name), operation=name, lag=lag)
        yield from pass_turn(self.turns, operation)

    def _follows_a_chain(self, name: str, iteration: int) -> bool:
        """Whether threads of the group have stored what it reads, with no barrier since."""
        needs = self.handoffs.before(name, "barrier")
        return any((need.source, iteration - need.distance) in self.unfenced for need in needs)

    def _acquire(
        self, rings: Iterable[str], operation: PlannedOperation, iteration: int
    ) -> Iterator[Step]:
        for ring in rings:
            if (ring, iteration) not in self.slots:
                self.slots[ring, iteration] = self.acquired.get(ring, 0)
                self.acquired[ring] = self.acquired.get(ring, 0) + 1
                self.unread[ring, iteration] = set(self.readers[ring])
                self.has_waited = True
                yield Acquire(ring=ring, alone=True, operation=operation.name, lag=operation.lag)

    def _fence_after(self, operation: PlannedOperation) -> Iterator[Step]:
        """Before Tensor Memory is used, if the role has waited for anything since the last one."""
        if self.has_waited:
            yield TensorFence(side="after", operation=operation.name, lag=operation.lag)
        self.has_waited = False

    def _age(self, ring: str, iteration: int) -> int:
        if not self.storage.rings[ring].arrivals:
            return 0
        return self.acquired[ring] - 1 - self.slots[ring, iteration]

    def _await(
        self, needs: Iterable[Need], operation: PlannedOperation, iteration: int
    ) -> Iterator[Step]:
        """Every signal up to the iteration that is needed, from the first one on."""
        wanted = {over(n.source): iteration - n.distance + 1 for n in needs}
        yield from self._await_all(wanted, operation)

    def _await_all(self, wanted: dict[str, int], operation: PlannedOperation) -> Iterator[Step]:
        for signal, count in wanted.items():
            for _ in range(self.awaited.get(signal, 0), count):
                self.has_waited = True
                yield AwaitSignal(signal=signal, operation=operation.name, lag=operation.lag)
            self.awaited[signal] = max(self.awaited.get(signal, 0), count)

    # ---- chains

    def _chain(self, operation: PlannedOperation, iteration: int) -> Iterator[Step]:
        name, lag = operation.name, operation.lag
        loads, stores = loaded_tiles(self.emission, name), stored_tiles(self.emission, name)
        yield from self._await(self.handoffs.before(name, "signal"), operation, iteration)
        received = [c for c in self.handoffs.crossings if name in c.targets]
        yield from self._await_all({c.full: iteration + 1 for c in received}, operation)
        if loads or stores:
            yield from self._fence_after(operation)
        yield from self._load(loads, received, operation)
        steps = self.chains.steps(Chain(operation.members, name, lag))
        yield from self._anchor(steps, operation, anchored=bool(loads))
        yield from steps
        homes = (self.registers.homes.get(member, "") for member in operation.members)
        after = self.chains.rows(dict.fromkeys(home for home in homes if home))
        for tile in stores:
            element = FragmentElement(name=self.registers.homes[tile])
            yield StoreTensor(
                tensor=self._buffer(tile), value=element, after=after, operation=name, lag=lag
            )
        if stores:
            yield WaitTensorStores(operation=name, lag=lag)
        if loads or stores:
            self.unfenced.add((name, iteration))
        for crossing in self.handoffs.crossings:
            if crossing.source == name:
                yield from self._send(crossing, operation, iteration)
        if self.handoffs.is_told(name):
            yield TensorFence(side="before", operation=name, lag=lag)
            yield Notify(signal=over(name), operation=name, lag=lag)
            self.has_told = True

    def _anchor(
        self, steps: list[Step], operation: PlannedOperation, *, anchored: bool
    ) -> Iterator[Step]:
        """Keeps ptxas from doing a chain before the last one has told others of its results."""
        rows = self.chains.rows(sorted(touched(steps)[0]))
        if self.has_told and rows and not anchored:
            yield Anchor(fragments=rows, operation=operation.name, lag=operation.lag)
        self.has_told = False

    def _load(
        self, tiles: tuple[str, ...], received: list[Crossing], operation: PlannedOperation
    ) -> Iterator[Step]:
        """Vectors are read while the loads are on their way.

        A load is cut into instructions, and each is awaited by itself. ptxas would put off the
        later ones to save registers, until nothing is left to do while they are on their way.
        """
        name, lag = operation.name, operation.lag
        homes = self.registers.homes
        for tile in tiles:
            tensor = self._buffer(tile)
            yield LoadTensor(target=homes[tile], tensor=tensor, operation=name, lag=lag)
        for crossing in received:
            target = homes[crossing.tile]
            yield ReadRows(target=target, buffer=crossing.buffer, operation=name, lag=lag)
            yield Notify(signal=crossing.empty, operation=name, lag=lag)
        if tiles:
            settled = tuple(homes[tile] for tile in tiles)
            yield Boundary(operation=name, lag=lag)
            yield WaitTensorLoads(settled=settled, operation=name, lag=lag)

    def _send(
        self, crossing: Crossing, operation: PlannedOperation, iteration: int
    ) -> Iterator[Step]:
        """Into the one place that there is, once it was read.

        Who has waited for the readers themselves knows that already.
        """
        name, lag = operation.name, operation.lag
        if any(self.awaited.get(over(target), 0) < iteration for target in crossing.targets):
            yield from self._await_all({crossing.empty: iteration}, operation)
        value = FragmentElement(name=self.registers.homes[crossing.tile])
        yield WriteRows(buffer=crossing.buffer, value=value, operation=name, lag=lag)
        yield Notify(signal=crossing.full, operation=name, lag=lag)
        self.has_told = True

    def _buffer(self, tile: str) -> str:
        buffer = buffer_of(self.emission, tile)
        assert buffer is not None, f"{tile} lies in Tensor Memory"
        return buffer
