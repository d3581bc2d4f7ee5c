"""The paper's input, read from a scheduling problem: what its formulation sees of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from twill.models.problem import Dependence, SchedulingProblem


@dataclass(frozen=True, slots=True)
class Vertex:
    """A tile operation: cycles, units held while it runs, and what its result takes."""

    name: str
    cycles: int
    held: Mapping[str, tuple[int, int]]  # unit -> quantity, cycles
    footprint: Mapping[str, int]  # memory -> size
    registers: int
    variable_latency: bool
    spill_cost: int


@dataclass(frozen=True, slots=True)
class Link:
    """The target of iteration i + distance issues at least `cycles` after the source of i."""

    source: str
    target: str
    cycles: int
    distance: int
    carries_value: bool
    blocking: bool


@dataclass(frozen=True, slots=True)
class LiteralProblem:
    """Graph and machine as in the paper's formulation."""

    vertices: tuple[Vertex, ...]
    links: tuple[Link, ...]
    units: Mapping[str, int]
    memories: Mapping[str, int]
    register_limit: int | None
    warps: int  # warp groups; the first is that of variable latency


def literal_problem(problem: SchedulingProblem) -> LiteralProblem:
    """What the paper's formulation can say of the problem.

    Loads without incoming dependences are streaming: latency 0 on their outgoing dependences.
    Issue cycles, waits, register budgets, staging and legality rules have no place in it.
    """
    targets = {d.target for d in problem.dependences}
    streaming = {o.name for o in problem.operations if o.variable_latency and o.name not in targets}
    registers = problem.machine.registers
    return LiteralProblem(
        vertices=tuple(_vertex(problem, name) for name in _names(problem)),
        links=tuple(_link(d, streaming) for d in problem.dependences),
        units={unit.name: unit.capacity for unit in problem.machine.units},
        memories={memory.name: memory.available for memory in problem.machine.memories},
        register_limit=None if registers is None else registers.most - registers.base,
        warps=problem.machine.warp_groups,
    )


def _names(problem: SchedulingProblem) -> tuple[str, ...]:
    return tuple(operation.name for operation in problem.operations)


def _vertex(problem: SchedulingProblem, name: str) -> Vertex:
    operation = problem.operation(name)
    buffers = {b.name: b for b in problem.buffers}
    values = [value for value in problem.values if value.source == name]
    footprint: dict[str, int] = {}
    for value in values:
        if value.buffer is not None and buffers[value.buffer].opener == name:
            memory = buffers[value.buffer].memory
            footprint[memory] = footprint.get(memory, 0) + buffers[value.buffer].size
    return Vertex(
        name=name,
        cycles=operation.latency_cycles,
        held={r.unit: (r.quantity, r.cycles) for r in operation.reservations},
        footprint=footprint,
        registers=sum(value.registers for value in values),
        variable_latency=operation.variable_latency,
        spill_cost=max(
            (d.handoff_cycles for d in problem.dependences if d.source == name), default=0
        ),
    )


def _link(dependence: Dependence, streaming: set[str]) -> Link:
    return Link(
        source=dependence.source,
        target=dependence.target,
        cycles=0 if dependence.source in streaming else dependence.latency_cycles,
        distance=dependence.distance,
        carries_value=dependence.value is not None,
        blocking=dependence.blocking,
    )
