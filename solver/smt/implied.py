"""Differences that follow from the capacities of storage and narrow the domains."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ...models.problem import SchedulingProblem, Value
from .labelled import Labelled
from .longest_paths import Difference
from .variables import Variables


def implied_constraints(variables: Variables) -> Iterator[Labelled]:
    """C7i, C8i. What is assumed of every schedule when ends of lives are left out is stated too."""
    problem, interval = variables.problem, variables.interval
    for d in implied_differences(problem, interval, variables.families):
        formula = variables.follows(d.source, d.target, d.cycles)
        yield Labelled(f"{d.source} -> {d.target}", formula)


def implied_differences(
    problem: SchedulingProblem, interval: int, families: Collection[str]
) -> Iterator[Difference]:
    """C7i and C8i, as far as their families hold."""
    if "C7" in families:
        yield from memory_differences(problem, interval)
    if "C8" in families:
        yield from register_differences(problem, interval)


def memory_differences(problem: SchedulingProblem, interval: int) -> Iterator[Difference]:
    """C7i. A buffer of which C copies fit its memory is released within C·II of its opening."""
    available = {memory.name: memory.available for memory in problem.machine.memories}
    buffers = {buffer.name: buffer for buffer in problem.buffers}
    for value in problem.values:
        if value.buffer is not None:
            buffer = buffers[value.buffer]
            copies = available[buffer.memory] // buffer.size
            yield from _released_within(problem, value, buffer.opener, copies, interval)


def register_differences(problem: SchedulingProblem, interval: int) -> Iterator[Difference]:
    """C8i. A value of which C copies fit the largest budget is released within C·II."""
    registers = problem.machine.registers
    if registers is None:
        return
    most = max(0, registers.most - registers.base)
    for value in problem.values:
        if value.registers:
            copies = most // value.registers
            yield from _released_within(problem, value, value.source, copies, interval)


def _released_within(
    problem: SchedulingProblem, value: Value, start: str, copies: int, interval: int
) -> Iterator[Difference]:
    ready = problem.operation(value.source).latency_cycles
    yield Difference(value.source, start, ready - copies * interval)
    for e in problem.readers(value.name):
        held = problem.operation(e.target).latency_cycles if e.release == "end" else 0
        yield Difference(e.target, start, e.distance * interval + held - copies * interval)
