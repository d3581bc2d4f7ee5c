"""The graph document: operations, dependences and a machine, written out by a compiler engineer.

Times are cycles and quantities are integers, as in models/problem.py; a shorthand is given where
one value is usual. What stands in no shorthand can be written in full.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from .document import Count, Document, Name, Positive
from .problem import Distance, RegisterFile, Reservation

Text = Annotated[str, StringConstraints(max_length=2_000)]
RuleName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,62}/[0-9]{1,6}$")]
_OPERATION = r"[A-Za-z_][A-Za-z0-9_.\[\]'-]{0,95}"
_CHAIN = re.compile(rf" *{_OPERATION}( *-> *{_OPERATION})+ *")


def _is_chain(text: str) -> str:
    if not _CHAIN.fullmatch(text):
        raise ValueError(f"{text[:60]!r} is no dependence: write `SOURCE -> TARGET`")
    return text


Chain = Annotated[
    str,
    StringConstraints(max_length=4_000),
    AfterValidator(_is_chain),
    Field(json_schema_extra={"pattern": f"^{_CHAIN.pattern}$"}),
]
"""`S -> P`, or several in a row: `S -> P -> O`. Each has the source's latency and distance 0."""


class MemoryEntry(Document):
    """On-chip storage; see models.problem.Memory for the fields."""

    capacity: Count
    resident: Count = 0
    unit: Name = "bytes"
    allocation: Literal["ring", "pooled"] = "ring"


class MachineEntry(Document):
    """A machine written inline: what one streaming multiprocessor offers to one block."""

    name: Name = "inline"
    units: Annotated[Mapping[Name, Positive], Field(max_length=1000)] = {}  # name: capacity
    memories: Annotated[Mapping[Name, Count | MemoryEntry], Field(max_length=100)] = {}
    staging_memory: Name | None = None
    # At most, with group 0, which is kept for operations of variable latency.
    warp_groups: Annotated[int, Field(ge=1, le=16)] = 2
    registers: RegisterFile | None = None
    most_stages: Positive | None = None


class BufferEntry(Document):
    """One ring slot of storage; `opener` writes it first, and is left out inside an operation."""

    memory: Name
    size: Positive
    opener: Name | None = None


class ValueEntry(Document):
    """One of several results of an operation."""

    name: Name
    registers: Count = 0
    buffer: Name | None = None


class OperationEntry(Document):
    """One operation.

    `registers` or `buffer` give it one value of its own name; `values` lists several.
    """

    latency: Count
    issue: Count = 0
    wait: Count = 0
    # unit: cycles with quantity 1 from the issue cycle on, or reservations in full
    uses: (
        Annotated[Mapping[Name, Positive], Field(max_length=1000)]
        | Annotated[tuple[Reservation, ...], Field(max_length=1000)]
    ) = {}
    variable_latency: bool = False
    warps: Literal[1, 4] = 4
    queue: Name | None = None
    registers: Count | None = None  # per thread
    buffer: Name | BufferEntry | None = None  # a buffer of `buffers`, or one of its own
    values: Annotated[tuple[ValueEntry, ...], Field(max_length=100)] = ()
    summary: Text = ""


class DependenceEntry(Document):
    """One dependence; by default with the latency of its source and its source's only value."""

    source: Name = Field(alias="from")
    target: Name = Field(alias="to")
    latency: Count | None = None
    distance: Distance = 0
    value: Name | None = None
    order: bool = False  # true: the target waits, but reads nothing
    release: Literal["start", "end"] = "end"
    blocking: bool = False
    handoff: Count = 0
    staged_bytes: Count = 0
    send: Count = 0
    receive: Count = 0
    received_registers: Count = 0


class RuleEntry(Document):
    """Operations that must share a warp group, or of which no two may."""

    rule: RuleName = "graph/1"
    together: Annotated[tuple[Name, ...], Field(min_length=2, max_length=5000)] | None = None
    apart: Annotated[tuple[Name, ...], Field(min_length=2, max_length=5000)] | None = None

    @model_validator(mode="after")
    def _is_one_kind(self) -> Self:
        if (self.together is None) == (self.apart is None):
            raise ValueError("a rule has either `together:` or `apart:`")
        return self


class GraphDocument(Document):
    """A scheduling problem in the form that people write."""

    graph: Name
    summary: Text = ""
    machine: MachineEntry | None = None
    profile: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    operations: Annotated[Mapping[Name, OperationEntry], Field(min_length=1, max_length=5000)]
    buffers: Annotated[Mapping[Name, BufferEntry], Field(max_length=5000)] = {}
    dependences: Annotated[tuple[Chain | DependenceEntry, ...], Field(max_length=50_000)] = ()
    rules: Annotated[tuple[RuleEntry, ...], Field(max_length=5000)] = ()
    # Operations that exchange places under an automorphism (two equal sub-tiles): {S0: S1, P0: P1}.
    symmetries: Annotated[tuple[Mapping[Name, Name], ...], Field(max_length=100)] = ()
    notes: Annotated[tuple[Text, ...], Field(max_length=100)] = ()

    @model_validator(mode="after")
    def _has_at_most_one_machine(self) -> Self:
        if self.machine is not None and self.profile is not None:
            raise ValueError("a graph has either `machine:` or `profile:`")
        return self
