"""Who reads and writes each buffer of Tensor Memory, and what each has to wait for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..inputs import Emission


@dataclass(frozen=True, slots=True)
class Access:
    """One operation of the schedule on one buffer."""

    operation: str
    reads: bool
    writes: bool


@dataclass(frozen=True, slots=True)
class Need:
    """`target` uses the buffer after `source` of so many iterations before has done so."""

    buffer: str
    source: str
    target: str
    distance: int


def tensor_values(emission: Emission) -> dict[str, str]:
    """Values in Tensor Memory, each with its buffer."""
    return {
        value.name: value.buffer
        for value in emission.graph.values
        if value.place == "tensor_memory" and value.buffer is not None
    }


def accesses_of(emission: Emission) -> dict[str, tuple[Access, ...]]:
    """Of each buffer, in the order in which one iteration makes them."""
    values = tensor_values(emission)
    reads: dict[str, set[str]] = {buffer: set() for buffer in values.values()}
    writes: dict[str, set[str]] = {buffer: set() for buffer in values.values()}
    for value in emission.graph.values:
        if value.name in values:
            writes[values[value.name]].add(value.source)
    for flow in emission.graph.dependences:
        if flow.kind == "flow" and flow.value in values:
            reads[values[flow.value]].add(flow.target)
    issue_cycle = emission.schedule.issue_cycle
    return {
        buffer: tuple(
            Access(name, name in reads[buffer], name in writes[buffer])
            for name in sorted(reads[buffer] | writes[buffer], key=issue_cycle)
        )
        for buffer in reads
    }


def needs_of(emission: Emission) -> tuple[Need, ...]:
    """Each access after the last write before it, and a write after all reads since."""
    found: dict[Need, None] = {}
    for buffer, accesses in accesses_of(emission).items():
        for place in range(len(accesses)):
            found.update(dict.fromkeys(_before(buffer, accesses, place)))
    return tuple(found)


def _before(buffer: str, accesses: tuple[Access, ...], place: int) -> Iterator[Need]:
    own = accesses[place]
    for back in range(1, len(accesses) + 1):
        distance, index = (0, place - back) if back <= place else (1, place - back)
        earlier = accesses[index]
        if own.writes or earlier.writes:
            yield Need(buffer, earlier.operation, own.operation, distance)
        if earlier.writes:
            return
