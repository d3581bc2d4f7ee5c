"""What values and buffers take of memories and registers, as far as the problem alone tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...models.problem import Dependence, Memory, SchedulingProblem, Value


@dataclass(frozen=True, slots=True)
class Use:
    """A cycle until which a value is held: [t(operation) + cycles], of the source's iteration."""

    operation: str
    cycles: int


def uses(problem: SchedulingProblem, value: Value, initiation_interval: int) -> Iterator[Use]:
    """The terms whose maximum is end(x): ready, and released by each reader."""
    yield Use(value.source, problem.operation(value.source).latency_cycles)
    for reader in problem.readers(value.name):
        held = problem.operation(reader.target).latency_cycles if reader.release == "end" else 0
        yield Use(reader.target, reader.distance * initiation_interval + held)


def buffer_uses(problem: SchedulingProblem, buffer: str, initiation_interval: int) -> list[Use]:
    """The terms whose maximum is end(b), over all values kept in the buffer."""
    kept = (value for value in problem.values if value.buffer == buffer)
    return [use for value in kept for use in uses(problem, value, initiation_interval)]


def memory_named(problem: SchedulingProblem, name: str | None) -> Memory:
    """The memory of that name; KeyError if the machine has none."""
    for memory in problem.machine.memories:
        if memory.name == name:
            return memory
    raise KeyError(name)


def staging_readers(problem: SchedulingProblem, value: Value) -> tuple[Dependence, ...]:
    """The readers for which the value is staged if they sit in another warp group."""
    return tuple(d for d in problem.readers(value.name) if d.staged_bytes)


def staged_size(problem: SchedulingProblem, value: Value) -> int:
    """[bytes(x)] What one staged copy of the value takes; 0 if it is never staged."""
    return max((d.staged_bytes for d in problem.readers(value.name)), default=0)


def most_copies(memory: Memory, size: int) -> int:
    """How many copies of that size the memory holds."""
    return max(0, memory.available) // size
