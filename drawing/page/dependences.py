"""The dependences of a problem for the page: a table, the critical recurrence, and a drawing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...models.certificate import Bounds
from ...models.problem import SchedulingProblem
from ...models.schedule import Schedule
from .layers import lay_out

MOST_NODES = 150
MOST_EDGES = 500
"""What is larger is listed and not drawn."""

CHARACTER = 7.3  # pixels of one character of a node's name, on the wide side
Fields = dict[str, Any]


def dependence_rows(
    problem: SchedulingProblem, schedule: Schedule | None, bounds: Bounds | None
) -> list[Fields]:
    """Every dependence in the order of the problem, operations by their number."""
    index = {operation.name: at for at, operation in enumerate(problem.operations)}
    critical = critical_dependences(problem, bounds)
    return [
        {
            "source": index[each.source],
            "target": index[each.target],
            "latency": each.latency_cycles,
            "distance": each.distance,
            "value": each.value,
            "blocking": each.blocking,
            "in_place": each.release == "start",
            "crosses": schedule is not None and schedule.crosses(each.source, each.target),
            "handoff": each.handoff_cycles,
            "staged": each.staged_bytes,
            "critical": at in critical,
        }
        for at, each in enumerate(problem.dependences)
    ]


def critical_dependences(problem: SchedulingProblem, bounds: Bounds | None) -> frozenset[int]:
    """Numbers of the dependences that the critical recurrence of the bounds runs along.

    Of several between the same operations it is the one with the most latency, less distance times
    the latency of one iteration. A hop of the recurrence that is no dependence but a
    write-after-read (C9) has none.
    """
    found = _along_recurrence(problem, bounds).values()
    return frozenset(at for at in found if at is not None)


def overwriting_hops(
    problem: SchedulingProblem, bounds: Bounds | None
) -> tuple[tuple[str, str], ...]:
    """Hops of the critical recurrence that are no dependences: C9, storage taken over in place."""
    found = _along_recurrence(problem, bounds)
    return tuple(hop for hop, number in found.items() if number is None)


def _along_recurrence(
    problem: SchedulingProblem, bounds: Bounds | None
) -> dict[tuple[str, str], int | None]:
    """For each hop, source and target, the number of its dependence."""
    recurrence = bounds.recurrence_attained_by if bounds is not None else None
    if recurrence is None:
        return {}
    names = recurrence.operations
    between: dict[tuple[str, str], list[tuple[int, int]]] = {
        hop: [] for hop in zip(names, (*names[1:], names[0]), strict=True)
    }
    for at, each in enumerate(problem.dependences):
        if (each.source, each.target) in between:
            weight = each.latency_cycles * recurrence.distance
            weight -= each.distance * recurrence.latency_cycles
            between[each.source, each.target].append((weight, -at))
    return {hop: -max(found)[1] if found else None for hop, found in between.items()}


def drawing(problem: SchedulingProblem, bounds: Bounds | None) -> Fields | None:
    """Nodes and edges with their places in pixels; None if there is too much to draw.

    Dependences between the same operations at the same distance are one edge; an edge without
    dependences is a write-after-read (C9) of the critical recurrence.
    """
    index = {operation.name: at for at, operation in enumerate(problem.operations)}
    joined = _joined(problem, index)
    for source, target in overwriting_hops(problem, bounds):
        joined.setdefault((index[source], index[target], 0), [])
    if len(index) > MOST_NODES or len(joined) > MOST_EDGES:
        return None
    widths = [max(56.0, len(name) * CHARACTER + 42) for name in index]
    layout = lay_out(widths, [(u, v, distance == 0) for u, v, distance in joined])
    if layout is None:
        return None
    critical = critical_dependences(problem, bounds)
    return {
        "width": round(layout.width, 1),
        "height": round(layout.height, 1),
        "nodes": [
            [round(x, 1), round(y, 1), round(width, 1)]
            for (x, y), width in zip(layout.nodes, widths, strict=True)
        ],
        "edges": [
            {
                "dependences": numbers,
                "source": source,
                "target": target,
                "distance": distance,
                "critical": not numbers or any(number in critical for number in numbers),
                "points": [[round(x, 1), round(y, 1)] for x, y in points],
            }
            for ((source, target, distance), numbers), points in zip(
                joined.items(), layout.edges, strict=True
            )
        ],
    }


def _joined(
    problem: SchedulingProblem, index: Mapping[str, int]
) -> dict[tuple[int, int, int], list[int]]:
    found: dict[tuple[int, int, int], list[int]] = {}
    for at, each in enumerate(problem.dependences):
        key = index[each.source], index[each.target], each.distance
        found.setdefault(key, []).append(at)
    return found
