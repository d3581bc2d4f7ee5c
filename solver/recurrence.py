"""RecMII: the circuit of dependences with the largest latency per iteration, found exactly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from ..models.certificate import RecurrenceBound
from ..models.errors import Infeasible
from ..models.problem import Dependence, SchedulingProblem
from .legality import Legality


@dataclass(frozen=True, slots=True)
class Edge:
    """t[target] + distance * II >= t[source] + latency; only for C9 is a distance below 0."""

    source: int
    target: int
    latency: int  # cycles
    distance: int  # iterations


def find_recurrence(problem: SchedulingProblem, legality: Legality) -> RecurrenceBound | None:
    """The critical recurrence, or None if the graph has no circuit that spans iterations.

    Raises Infeasible, with the circuit spelt out, where no initiation interval satisfies one.
    """
    names = [operation.name for operation in problem.operations]
    edges = tuple(constraint_edges(problem, legality))
    _refuse_unsatisfiable(names, edges)
    critical = steepest_circuit(len(names), edges)
    if not critical:
        return None
    latency, distance = around(critical)
    return RecurrenceBound(
        operations=tuple(names[edge.source] for edge in critical),
        latency_cycles=latency,
        distance=distance,
        bound=max(1, -(-latency // distance)),
    )


def critical_hops(
    problem: SchedulingProblem, legality: Legality
) -> tuple[tuple[str, str, int, int], ...]:
    """The critical recurrence step by step: source, target, latency (cycles), distance."""
    names = [operation.name for operation in problem.operations]
    edges = tuple(constraint_edges(problem, legality))
    return tuple(
        (names[edge.source], names[edge.target], edge.latency, edge.distance)
        for edge in steepest_circuit(len(names), edges)
    )


def steepest_circuit(count: int, edges: Sequence[Edge]) -> tuple[Edge, ...]:
    """The circuit with the largest latency per iteration; empty if none spans iterations.

    Circuits of distance 0 or less must have no latency.
    """
    steepest: tuple[Edge, ...] = ()
    # Each circuit found is steeper than the last; -1 admits circuits without any latency.
    latency, distance = -1, 1
    while circuit := _positive_circuit(count, edges, latency, distance):
        latency, distance = around(circuit)
        steepest = circuit
    return steepest


def around(circuit: Sequence[Edge]) -> tuple[int, int]:
    """Latency (cycles) and distance (iterations) summed over a circuit."""
    return sum(edge.latency for edge in circuit), sum(edge.distance for edge in circuit)


def constraint_edges(problem: SchedulingProblem, legality: Legality) -> Iterator[Edge]:
    """C1 with the hand-offs that C5 forces, and C9, as differences of issue cycles."""
    index = {operation.name: i for i, operation in enumerate(problem.operations)}
    for dependence in problem.dependences:
        yield Edge(
            index[dependence.source],
            index[dependence.target],
            legality.forced_latency(dependence),
            dependence.distance,
        )
    for reading, overwriting in overwritten_readers(problem):
        yield Edge(
            index[reading.target],
            index[overwriting.target],
            problem.operation(reading.target).latency_cycles,
            overwriting.distance - reading.distance,
        )


def overwritten_readers(problem: SchedulingProblem) -> Iterator[tuple[Dependence, Dependence]]:
    """Pairs of C9: a reader of a value, and the one that takes the storage over in place."""
    for value in problem.values:
        if value.registers or value.buffer is not None:
            readers = problem.readers(value.name)
            for reading, overwriting in product(readers, readers):
                in_place = reading.release == "end" and overwriting.release == "start"
                if in_place and reading.target != overwriting.target:
                    yield reading, overwriting


def earliest_issue_cycles(count: int, edges: Sequence[Edge], initiation_interval: int) -> list[int]:
    """Longest paths from cycle 0; only defined from RecMII on, where no circuit is positive."""
    earliest = [0] * count
    changed = True
    while changed:
        changed = False
        for edge in edges:
            ready = earliest[edge.source] + edge.latency - edge.distance * initiation_interval
            if ready > earliest[edge.target]:
                earliest[edge.target] = ready
                changed = True
    return earliest


def _refuse_unsatisfiable(names: Sequence[str], edges: Sequence[Edge]) -> None:
    """Beyond the sum of all latencies, only circuits of distance 0 or less are positive."""
    beyond = 1 + sum(edge.latency for edge in edges)
    circuit = _positive_circuit(len(names), edges, beyond, 1)
    if circuit is None:
        return
    latency, distance = around(circuit)
    names_around = " -> ".join(
        [*(names[edge.source] for edge in circuit), names[circuit[0].source]]
    )
    overwritten = any(edge.distance < 0 for edge in circuit) or distance < 0
    cause = (
        " (its storage is taken over in place while it is still read: C9)" if overwritten else ""
    )
    raise Infeasible(
        f"no initiation interval satisfies the circuit {names_around}: "
        f"{latency} cycles around it at distance {distance}{cause}"
    )


def _positive_circuit(
    count: int, edges: Sequence[Edge], latency: int, distance: int
) -> tuple[Edge, ...] | None:
    """A circuit whose latency per iteration exceeds latency / distance, or None if there is none.

    Bellman-Ford on `distance * lat(e) - latency * dist(e)`, in integers. Longest paths from
    everywhere grow for ever exactly if such a circuit exists; it shows among the predecessors.
    """
    weighted = [(e, e.latency * distance - e.distance * latency) for e in edges]
    height = [0] * count
    entered: list[Edge | None] = [None] * count
    changed = True
    while changed:
        changed = False
        for edge, weight in weighted:
            reached = height[edge.source] + weight
            if reached > height[edge.target]:
                height[edge.target] = reached
                entered[edge.target] = edge
                changed = True
        circuit = _circuit_of(entered) if changed else None
        if circuit:
            return circuit
    return None


def _circuit_of(entered: Sequence[Edge | None]) -> tuple[Edge, ...] | None:
    """A circuit among the edges through which each operation was reached last."""
    seen_from = [-1] * len(entered)
    for start in range(len(entered)):
        node = start
        while seen_from[node] < 0:
            seen_from[node] = start
            edge = entered[node]
            if edge is None:
                break
            node = edge.source
        else:
            if seen_from[node] == start:
                return _walk_back(entered, node)
    return None


def _walk_back(entered: Sequence[Edge | None], end: int) -> tuple[Edge, ...]:
    backwards: list[Edge] = []
    node = end
    while not backwards or node != end:
        edge = entered[node]
        assert edge is not None
        backwards.append(edge)
        node = edge.source
    return tuple(reversed(backwards))
