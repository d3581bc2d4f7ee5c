"""The scheduling problem: operations, values, dependences and a machine, in integers only.

Symbols of docs/constraints.md stand in brackets.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from .document import Count, Document, Name, Positive
from .problem_checks import check_problem

Distance = Annotated[int, Field(ge=0, le=1000)]


class FunctionalUnit(Document):
    """Hardware that operations share.

    Its quantity is whatever the reservations count: tiles, lanes, bytes per cycle.
    """

    name: Name
    capacity: Positive  # [cap(f)] quantity available in every cycle


class Memory(Document):
    """On-chip storage shared by all warp groups.

    Shared memory counts bytes, Tensor Memory columns.
    """

    name: Name
    capacity: Count  # [cap(m)]
    resident: Count = 0  # taken before the loop begins: loop-invariant tiles, barriers, alignment
    unit: Name = "bytes"
    # ring: every buffer has its own ring of whole slots at fixed addresses, as the emitter lowers.
    # pooled: only the sum of live copies in each cycle is limited (the paper's count, which ignores
    # fragmentation).
    allocation: Literal["ring", "pooled"] = "ring"

    @property
    def available(self) -> int:
        """What the loop may use; never below zero (a negative rest is caught where it is used)."""
        return self.capacity - self.resident


class RegisterFile(Document):
    """Registers per thread of 128-thread warp groups, and how many of them one block may hold."""

    step: Positive = 8  # budgets are multiples of this
    # The smallest legal budget; one-warp groups together take one budget of this size.
    least: Positive = 24
    most: Positive = 240  # the largest legal budget
    base: Count = 0  # per thread, not seen by the model: addresses, counters, what ptxas needs
    # pool[n-1]: registers per thread summed over the n aligned warp groups of a block, as allocated
    # at launch. Its length is the largest number of aligned warp groups of a block.
    pool: Annotated[tuple[Positive, ...], Field(min_length=1, max_length=16)]


class Machine(Document):
    """What one streaming multiprocessor offers to one block."""

    name: Name
    units: tuple[FunctionalUnit, ...] = ()
    memories: tuple[Memory, ...] = ()
    staging_memory: Name | None = None  # where values that move between warp groups are staged
    warp_groups: Annotated[int, Field(ge=1, le=16)] = 2  # [W] at most; group 0 is the producer
    registers: RegisterFile | None = None  # None: registers are not limited
    most_stages: Positive | None = None  # of what can be lowered; None: only the argued bound


class Reservation(Document):
    """A quantity of one unit, held from the issue cycle on."""

    unit: Name
    quantity: Positive = 1
    cycles: Positive
    # Cycles after issue; anything but 0 leaves the class in which feasibility is monotone.
    offset: Count = 0


class Operation(Document):
    """One tile-level operation of one iteration; issues once per iteration on one warp group."""

    name: Name
    latency_cycles: Count  # [lat(v)] issue until its result is usable and its operands are released
    issue_cycles: Count = 0  # [iss(v)] how long the issuing warp group is busy with it
    wait_cycles: Count = 0  # [wait(v)] issue cycles of its wait, if a dependence into it blocks
    reservations: tuple[Reservation, ...] = ()
    variable_latency: bool = False  # issues from the producer warp group 0; only such operations do
    warps: Literal[1, 4] = 4  # that must take part; a group is as wide as its widest operation
    # Asynchronous: retired oldest first among those of its queue in one warp group.
    queue: Name | None = None
    summary: str = ""
    line: int | None = None  # of the kernel document


class Value(Document):
    """A result: registers of its operation's warp group, a buffer, or neither (a token)."""

    name: Name
    source: Name  # the operation that produces it, at its issue cycle
    registers: Count = 0  # per thread of a 128-thread warp group
    buffer: Name | None = None


class Buffer(Document):
    """Storage in a shared memory that one iteration opens and the last reader releases."""

    name: Name
    memory: Name
    size: Positive  # units of the memory, one ring slot
    # The operation that writes it first; every other writer depends on it within the iteration.
    opener: Name


class Dependence(Document):
    """An order between two operations, and the value that it may carry.

    The target issues no sooner than `latency_cycles` after the source of `distance` iterations
    before.
    """

    source: Name
    target: Name
    latency_cycles: Count  # [lat(e)]
    distance: Distance = 0  # [delta] iterations
    value: Name | None = None  # what is read; None: order only
    # end: the target holds the value until it completes.
    # start: the target takes its storage over in place.
    release: Literal["start", "end"] = "end"
    blocking: bool = False  # the target's warp group waits for an asynchronous source
    # If source and target sit in different warp groups:
    handoff_cycles: Count = 0  # [x(e)] more latency
    staged_bytes: Count = 0  # [xs(e)] staged in the staging memory
    send_cycles: Count = 0  # issue cycles after the source
    receive_cycles: Count = 0  # issue cycles before the target
    received_registers: Count = 0  # per thread of the target's group, held while the target runs


class LegalityRule(Document):
    """Operations that must share a warp group, or of which no two may.

    `rule` is a versioned name.
    """

    rule: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*/[0-9]+$")]
    kind: Literal["together", "apart"]
    operations: Annotated[tuple[Name, ...], Field(min_length=2)]


Swap = tuple[tuple[Name, Name], ...]


OPERATION_TIMES = ("latency_cycles", "issue_cycles", "wait_cycles")
DEPENDENCE_TIMES = ("latency_cycles", "handoff_cycles", "send_cycles", "receive_cycles")
"""The fields that are durations, beside those of reservations."""


class SchedulingProblem(Document):
    """Everything that the backends and the verifier know. Checked at birth; never changed."""

    name: Name
    machine: Machine
    operations: Annotated[tuple[Operation, ...], Field(min_length=1, max_length=5000)]
    values: Annotated[tuple[Value, ...], Field(max_length=20000)] = ()
    buffers: Annotated[tuple[Buffer, ...], Field(max_length=20000)] = ()
    dependences: Annotated[tuple[Dependence, ...], Field(max_length=50000)] = ()
    rules: tuple[LegalityRule, ...] = ()
    # Pairs of operations that exchange places under an automorphism of the problem, such as those
    # of two equal sub-tiles.
    symmetries: tuple[Swap, ...] = ()
    notes: tuple[str, ...] = ()  # what of the model was chosen (granularity, lowering), in words

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        check_problem(self)
        return self

    def operation(self, name: str) -> Operation:
        """The operation of that name; KeyError if there is none."""
        return self._operations[name]

    def value(self, name: str) -> Value:
        """The value of that name; KeyError if there is none."""
        return self._values[name]

    def readers(self, value: str) -> tuple[Dependence, ...]:
        """The dependences that carry a value."""
        return self._readers.get(value, ())

    @cached_property
    def _operations(self) -> dict[str, Operation]:
        return {operation.name: operation for operation in self.operations}

    @cached_property
    def _values(self) -> dict[str, Value]:
        return {value.name: value for value in self.values}

    @cached_property
    def _readers(self) -> dict[str, tuple[Dependence, ...]]:
        found: dict[str, list[Dependence]] = {}
        for dependence in self.dependences:
            if dependence.value is not None:
                found.setdefault(dependence.value, []).append(dependence)
        return {name: tuple(reading) for name, reading in found.items()}
