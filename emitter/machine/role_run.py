"""A role while it runs: a coroutine over its steps, with its cursors and what it knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...models.errors import ProgramViolation
from ...models.warp_expression import StoredElement
from ...models.warp_program import Role
from ...models.warp_step import Step
from .block import Block
from .block_data import BlockData
from .hazards import Hazard
from .here import Here
from .knowledge import (
    DRAINED,
    EXCHANGED,
    FETCHED,
    KINDS,
    MOVED,
    SETTLED,
    STAGED,
    WRITTEN,
    Knowledge,
    joined,
)
from .ledger import Ledger
from .registers import Registers
from .tensor_run import TensorRun
from .unrolled import Unrolled
from .waits import Wait

# Steps on registers alone, which no other role and no copy can tell from a single one.
_LOCAL = frozenset(
    {"assign", "reduce_columns", "sum_quads", "pin", "demand", "anchor", "boundary", "load_vector"}
)

Handler = Callable[["RoleRun", Any], Wait | None]


@dataclass(slots=True)
class Reservation:
    """The slot that a role fills: how many bytes of it were copied, and to where."""

    bytes: int = 0
    elements: int = 0
    published: bool = False
    ranges: list[tuple[str, int, int]] = field(default_factory=list)  # buffer, from, to


@dataclass(frozen=True, slots=True)
class TileRun:
    """One tile of a block: the steps of each role, the trips of its loop, and its data."""

    steps: Sequence[list[Unrolled]]
    trips: int
    data: BlockData | None


@dataclass(slots=True)
class RoleRun:
    """What one role has done. A role of 4 warps acts as its 128 threads in step."""

    role: Role
    index: int
    block: Block
    tiles: Sequence[TileRun]
    known: Knowledge
    registers: Registers | None  # None where no data is computed
    ledger: Ledger = field(default_factory=Ledger)
    tensor: TensorRun = field(default_factory=TensorRun)
    acquired: dict[str, int] = field(default_factory=dict)  # ring -> how often
    reserved: dict[str, int] = field(default_factory=dict)
    reservations: dict[str, Reservation] = field(default_factory=dict)
    staged: int = 0  # writes to shared memory
    fetched: int = 0  # reads of shared memory
    copied: int = 0  # copies out issued
    over: set[int] = field(default_factory=set)  # copies out that are over
    leaving: dict[tuple[str, int], int] = field(default_factory=dict)  # (ring, tile) -> last copy
    drained: int = 0  # copies out known to have read
    written: int = 0  # copies out known to have written
    tile: int = 0  # number of the current tile, of those of the block
    steps: Sequence[Unrolled] = ()  # of that tile
    trips: int = 0
    number: int = 0  # of the current step
    iteration: int | None = None
    waiting: Wait | None = None

    @property
    def warps(self) -> int:
        """Arrivals of a release."""
        return self.role.warps

    @property
    def threads(self) -> int:
        """How many threads of a named barrier the role is."""
        return 32 * self.role.warps

    def run(self, handlers: Mapping[str, Handler]) -> Iterator[Wait | None]:
        """Do all steps; yields what it waits for, or None where others may go first."""
        for number, tile in enumerate(self.tiles):
            self.tile, self.steps, self.trips = number, tile.steps[self.index], tile.trips
            yield from self._do_steps(handlers, tile.data)
        self.steps = [(step, None) for step in self.role.last]
        yield from self._do_steps(handlers, None)
        self._end()

    def _do_steps(
        self, handlers: Mapping[str, Handler], data: BlockData | None
    ) -> Iterator[Wait | None]:
        for number, (step, iteration) in enumerate(self.steps):
            self.number, self.iteration = number, iteration
            self.block.data = data  # roles may be in different tiles
            handler = handlers[step.step]
            try:
                wait = handler(self, step)
            except Hazard as hazard:
                raise self.violation(str(hazard)) from None
            if wait is not None or step.step not in _LOCAL:
                yield wait
            if wait is not None:
                try:
                    wait.passed()
                except Hazard as hazard:
                    raise self.violation(str(hazard)) from None

    def outgoing(self) -> Knowledge:
        """What an arrival of all its warps tells others: its own doings included."""
        own = list(self.known)
        place = KINDS * self.index
        own[place + STAGED] = self.block.fenced[self.index]
        own[place + DRAINED] = self.drained
        own[place + SETTLED] = self.ledger.waited
        own[place + WRITTEN] = self.staged
        own[place + FETCHED] = self.fetched
        own[place + MOVED] = self.tensor.fenced
        own[place + EXCHANGED] = self.tensor.exchanged
        return own

    def knows(self) -> Knowledge:
        """What all its threads know. One elected thread knows what it did itself."""
        return self.outgoing() if self.warps == 1 else self.known

    def learn(self, published: Knowledge) -> None:
        """After a barrier."""
        self.known = joined(self.known, published)
        self.tensor.is_stale = True

    @property
    def here(self) -> Here:
        """Where the current step stands."""
        return Here(self.registers, self.iteration, self.slot_of)

    def slot_of(self, stored: StoredElement) -> int:
        """The number of the slot that an element is read from."""
        if stored.ring is None:
            return 0
        tile = self.acquired.get(stored.ring, 0) - 1 - stored.age
        return tile % self.block.plan.rings[stored.ring].depth

    def place(self) -> str:
        """The role and its step, as reports name it."""
        if self.number >= len(self.steps):
            return f"{self.role.name}, at its end"
        return self.place_of(self.steps[self.number][0])

    def place_of(self, step: Step) -> str:
        """The role and the current step."""
        of = f" of {step.operation}" if step.operation else ""
        when = "" if self.iteration is None else f" in iteration {self.iteration}"
        when += f" of tile {self.tile}" if len(self.tiles) > 1 else ""
        return f"{self.role.name}, step {self.number} ({step.step}{of}{when})"

    def violation(self, sentence: str) -> ProgramViolation:
        """The error that says where it happened."""
        return ProgramViolation((f"{self.place()}: {sentence}",))

    def _end(self) -> None:
        self.number = len(self.steps)
        for name in self.reservations:
            try:
                self.check_filled(name)
            except Hazard as hazard:
                raise self.violation(str(hazard)) from None
        if self.ledger.issued > self.ledger.waited:
            raise self.violation(
                "ends while its products may be in flight: a WaitProducts is missing"
            )
        fault = self.tensor.fault_at_end(self.known, self.index)
        if fault:
            raise self.violation(fault)
        if self.copied > self.written:
            raise self.violation(
                "ends while its copies out may be in flight: no WaitCopies at its end"
            )

    def check_filled(self, ring: str) -> None:
        """Raise Hazard unless the last reservation of the ring got all that it expects."""
        if self.block.plan.rings[ring].writers:
            if not self.reservations[ring].published:
                raise Hazard(f"leaves a reserved slot of ring {ring}: a Publish is missing")
            return
        expected = self.block.plan.rings[ring].bytes
        got = self.reservations[ring].bytes
        if self.reservations[ring].elements < self.block.plan.rings[ring].elements:
            raise Hazard(f"leaves a reserved slot of ring {ring} without one of its elements")
        if got != expected:
            slot = (self.reserved[ring] - 1) % self.block.plan.rings[ring].depth
            raise Hazard(
                f"slot {slot} of ring {ring} expects {expected} bytes, {got} are copied to it"
            )
