"""One block while it runs: its barriers, its slots, the copies in flight; data if there is any."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod

from ...models.kernel import ELEMENT_BYTES
from ...models.tensor_memory_step import AwaitSignal, CommitRelease
from ...models.tile_program import TensorParameter
from ...models.warp_expression import (
    Expression,
    StoredElement,
    fragments_in,
    stored_in,
    sums_above_in,
)
from ...models.warp_program import Ring, SharedBuffer, TensorMap, WarpProgram
from ...models.warp_program_checks import steps_of
from ...models.warp_step import Release
from .barriers import MBarrier, NamedBarrierState
from .block_data import BlockData
from .knowledge import nothing
from .slots import Slot
from .tensor_run import TensorRun
from .tensor_state import SignalState, TensorState
from .unrolled import Unrolled, unrolled


@dataclass(frozen=True, slots=True)
class Reads:
    """The fragments and the elements of shared memory that an expression reads."""

    fragments: tuple[str, ...]
    stored: tuple[StoredElement, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What all runs of a program share: its parts by name, and what its steps read."""

    program: WarpProgram
    roles: tuple[str, ...]
    rings: dict[str, Ring]
    buffers: dict[str, SharedBuffer]
    maps: dict[str, TensorMap]
    map_bytes: dict[str, int]
    releases: frozenset[tuple[str, str]]  # (role, ring)
    waiters: dict[str, tuple[str, ...]]  # signal -> roles that wait for it
    steps: dict[int, list[list[Unrolled]]] = field(default_factory=dict)  # trips -> role -> steps
    reads: dict[int, Reads] = field(default_factory=dict)  # by id(expression)

    def steps_for(self, trips: int) -> list[list[Unrolled]]:
        """The steps of each role for so many trips."""
        if trips not in self.steps:
            self.steps[trips] = [unrolled(role, trips) for role in self.program.roles]
        return self.steps[trips]

    def reads_of(self, value: Expression) -> Reads:
        """What an expression of the program reads."""
        # by identity: the program outlives the plan, and hashing an expression walks through it
        found = self.reads.get(id(value))
        if found is None:
            above = tuple(
                StoredElement(buffer=name, down="none", across="column")
                for name in sums_above_in(value)
            )
            found = Reads(fragments_in(value), (*stored_in(value), *above))
            self.reads[id(value)] = found
        return found


def plan_of(program: WarpProgram) -> Plan:
    """Look everything up once."""
    element = {p.name: p.dtype for p in program.parameters if isinstance(p, TensorParameter)}
    return Plan(
        program=program,
        roles=tuple(role.name for role in program.roles),
        rings={ring.name: ring for ring in program.rings},
        buffers={buffer.name: buffer for buffer in program.buffers},
        maps={tensor_map.name: tensor_map for tensor_map in program.tensor_maps},
        map_bytes={
            m.name: prod(m.box) * ELEMENT_BYTES[element[m.argument]] for m in program.tensor_maps
        },
        releases=frozenset(
            (role.name, step.ring)
            for role in program.roles
            for step in steps_of(role)
            if isinstance(step, Release | CommitRelease)
        ),
        waiters={
            signal.name: tuple(
                role.name
                for role in program.roles
                if any(
                    isinstance(s, AwaitSignal) and s.signal == signal.name for s in steps_of(role)
                )
            )
            for signal in program.signals
        },
    )


@dataclass(slots=True)
class RingState:
    """The barriers of a ring, and which roles hold which of its tiles."""

    ring: Ring
    full: list[MBarrier]
    empty: list[MBarrier]
    holders: list[dict[str, int]]  # slot -> role -> tile: acquired and not yet released


@dataclass(slots=True)
class Block:
    """The state that the roles of a block share."""

    plan: Plan
    data: BlockData | None = None  # of the tile that the current role is in
    rings: dict[str, RingState] = field(default_factory=dict)
    slots: dict[str, list[Slot]] = field(default_factory=dict)
    barriers: dict[str, NamedBarrierState] = field(default_factory=dict)
    copies: list[Callable[[], None]] = field(default_factory=list)  # in flight, in and out
    fenced: list[int] = field(default_factory=list)  # role -> writes before its last proxy fence
    signals: dict[str, SignalState] = field(default_factory=dict)
    tensors: dict[str, TensorState] = field(default_factory=dict)  # and row vectors that cross
    moves: list[TensorRun] = field(default_factory=list)  # by role
    is_freed: bool = False  # Tensor Memory was given back

    def __post_init__(self) -> None:
        width = len(self.plan.roles)
        self.fenced = [0] * width
        for ring in self.plan.program.rings:
            self.rings[ring.name] = _ring_state(ring, width)
        for buffer in self.plan.program.buffers:
            self.slots[buffer.name] = [
                Slot(buffer.name, n, buffer.rows) for n in range(buffer.slots)
            ]
            self.tensors[buffer.name] = TensorState(buffer.name)
        for tensor in self.plan.program.tensors:
            self.tensors[tensor.name] = TensorState(f"{tensor.name} in Tensor Memory")
        for signal in self.plan.program.signals:
            barrier = MBarrier(
                f"signal {signal.name}", signal.arrivals, nothing(width), nothing(width)
            )
            self.signals[signal.name] = SignalState(barrier, self.plan.waiters[signal.name])
        for named in self.plan.program.barriers:
            self.barriers[named.name] = NamedBarrierState(
                named.name, named.threads, nothing(width), nothing(width)
            )


def _ring_state(ring: Ring, width: int) -> RingState:
    def barriers(kind: str, count: int) -> list[MBarrier]:
        return [
            MBarrier(f"{kind}[{slot}] of ring {ring.name}", count, nothing(width), nothing(width))
            for slot in range(ring.depth)
        ]

    # a barrier of no arrivals cannot be made: nobody releases such a ring, so its phase never ends
    empty = barriers("empty", max(1, ring.arrivals))
    full = barriers("full", ring.filled)
    return RingState(ring, full, empty, [{} for _ in range(ring.depth)])
