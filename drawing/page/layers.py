"""A layered layout: every node on a layer below those it depends on, few crossings of edges."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import networkx

SWEEPS = 12
MOST_PASSINGS = 6000  # ends of edges, and layers that they pass
Point = tuple[float, float]
Node = int | tuple[int, int]  # a number, or (edge, layer): where an edge passes a layer


@dataclass(frozen=True, slots=True)
class Sizes:
    """Pixels of the drawing."""

    node_height: float = 34
    layer_gap: float = 40
    node_gap: float = 22
    passing: float = 12  # room for an edge that passes a layer
    loop: float = 44  # more room for a node with an edge to itself
    margin: float = 16


@dataclass(frozen=True, slots=True)
class Layout:
    """Where nodes and edges lie; y grows downwards."""

    width: float
    height: float
    nodes: tuple[Point, ...]  # centres
    edges: tuple[tuple[Point, ...], ...]  # from the source's border to the target's


def lay_out(widths: Sequence[float], edges: Sequence[tuple[int, int, bool]]) -> Layout | None:
    """Nodes of those widths, edges as (source, target, forward); None for too many long edges.

    Forward edges point downwards, but for those of a circuit. The others point upwards where the
    forward ones put their source below their target; an edge from a node to itself is a loop at
    its right side.
    """
    layer_of = _layers(len(widths), edges)
    chains = [_chain(number, edge, layer_of) for number, edge in enumerate(edges)]
    if sum(map(len, chains)) > MOST_PASSINGS:
        return None
    rows = _rows(len(widths), layer_of, chains)
    neighbours = _neighbours(chains)
    _order(rows, neighbours)
    sizes = Sizes()
    loops = {source for source, target, _ in edges if source == target}
    rooms = [width + sizes.loop * (node in loops) for node, width in enumerate(widths)]
    x = _horizontal(rows, neighbours, rooms, sizes)
    return _placed(rows, x, widths, edges, chains, sizes)


def _layers(count: int, edges: Iterable[tuple[int, int, bool]]) -> list[int]:
    graph: networkx.DiGraph[int] = networkx.DiGraph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from((source, target) for source, target, forward in edges if forward)
    circuits = {
        node: number
        for number, nodes in enumerate(networkx.strongly_connected_components(graph))
        for node in nodes
    }
    graph.remove_edges_from([(u, v) for u, v in graph.edges if circuits[u] == circuits[v]])
    layer_of = [0] * count
    for layer, nodes in enumerate(networkx.topological_generations(graph)):
        for node in nodes:
            layer_of[node] = layer
    # A node without sources sinks towards its first target, so that edges stay short.
    for node in range(count):
        targets = [layer_of[target] for target in graph.successors(node)]
        if targets and graph.in_degree(node) == 0:
            layer_of[node] = min(targets) - 1
    return layer_of


def _chain(number: int, edge: tuple[int, int, bool], layer_of: Sequence[int]) -> list[Node]:
    """The nodes along an edge, from its upper end to its lower one."""
    source, target, _ = edge
    upper, lower = (source, target) if layer_of[source] <= layer_of[target] else (target, source)
    between: list[Node] = [(number, at) for at in range(layer_of[upper] + 1, layer_of[lower])]
    return [upper, *between, lower]


def _rows(count: int, layer_of: Sequence[int], chains: Iterable[list[Node]]) -> list[list[Node]]:
    rows: list[list[Node]] = [[] for _ in range(1 + max(layer_of, default=0))]
    for node in range(count):
        rows[layer_of[node]].append(node)
    for chain in chains:
        for passing in chain:
            if isinstance(passing, tuple):
                rows[passing[1]].append(passing)
    return rows


def _neighbours(chains: Iterable[list[Node]]) -> dict[Node, list[Node]]:
    found: dict[Node, list[Node]] = {}
    for chain in chains:
        for above, below in pairwise(chain):
            if above != below:
                found.setdefault(above, []).append(below)
                found.setdefault(below, []).append(above)
    return found


def _order(rows: list[list[Node]], neighbours: Mapping[Node, list[Node]]) -> None:
    """Sort every row by the mean place of its neighbours, down and up; keep the best order seen."""
    best, fewest = [list(row) for row in rows], _crossings(rows, neighbours)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        indices = range(1, len(rows)) if down else range(len(rows) - 2, -1, -1)
        for index in indices:
            fixed = {node: at for at, node in enumerate(rows[index - 1 if down else index + 1])}
            here = {node: at for at, node in enumerate(rows[index])}
            rows[index].sort(key=lambda n: _mean(neighbours.get(n, []), fixed, here[n]))
        crossings = _crossings(rows, neighbours)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    rows[:] = best


def _mean(around: Iterable[Node], places: Mapping[Node, float], otherwise: float) -> float:
    found = [places[node] for node in around if node in places]
    return sum(found) / len(found) if found else otherwise


def _crossings(rows: Sequence[Sequence[Node]], neighbours: Mapping[Node, list[Node]]) -> int:
    count = 0
    for upper, lower in pairwise(rows):
        below = {node: at for at, node in enumerate(lower)}
        seen: list[int] = []  # lower ends of the edges from further left
        for node in upper:
            mine = [below[end] for end in neighbours.get(node, ()) if end in below]
            count += sum(len(seen) - bisect_right(seen, end) for end in mine)
            for end in mine:
                insort(seen, end)
    return count


def _horizontal(
    rows: Sequence[Sequence[Node]],
    neighbours: Mapping[Node, list[Node]],
    widths: Sequence[float],
    sizes: Sizes,
) -> dict[Node, float]:
    """Centres: each row is drawn towards its neighbours, without changing its order."""

    def width(node: Node) -> float:
        return widths[node] if isinstance(node, int) else sizes.passing

    x: dict[Node, float] = {}
    for row in rows:
        at = 0.0
        for node in row:
            x[node] = at + width(node) / 2
            at += width(node) + sizes.node_gap
    for sweep in range(SWEEPS):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wanted = [_mean(neighbours.get(node, []), x, x[node]) for node in row]
            x.update(_apart(row, wanted, [width(n) for n in row], sizes.node_gap))
    left = min(x[n] - width(n) / 2 for row in rows for n in row)
    return {node: at - left + sizes.margin for node, at in x.items()}


def _apart(
    row: Sequence[Node], wanted: Sequence[float], widths: Sequence[float], gap: float
) -> dict[Node, float]:
    """As near to the wanted centres as order and widths allow: the mean of both packings."""
    right: list[float] = []
    for index, at in enumerate(wanted):
        least = right[-1] + (widths[index - 1] + widths[index]) / 2 + gap if index else at
        right.append(max(at, least))
    left = list(wanted)
    for index in range(len(row) - 2, -1, -1):
        most = left[index + 1] - (widths[index + 1] + widths[index]) / 2 - gap
        left[index] = min(left[index], most)
    return {node: (a + b) / 2 for node, a, b in zip(row, left, right, strict=True)}


def _placed(
    rows: Sequence[Sequence[Node]],
    x: Mapping[Node, float],
    widths: Sequence[float],
    edges: Sequence[tuple[int, int, bool]],
    chains: Sequence[list[Node]],
    sizes: Sizes,
) -> Layout:
    step = sizes.node_height + sizes.layer_gap
    y: dict[Node, float] = {
        node: sizes.margin + sizes.node_height / 2 + layer * step
        for layer, row in enumerate(rows)
        for node in row
    }
    ports = _ports(x, widths, chains)
    found: list[tuple[Point, ...]] = []
    for number, (source, target, _) in enumerate(edges):
        if source == target:
            found.append(_loop(x[source] + widths[source] / 2, y[source]))
            continue
        chain = chains[number]
        inner = [(x[node], y[node]) for node in chain[1:-1]]
        half = sizes.node_height / 2
        top, bottom = y[chain[0]] + half, y[chain[-1]] - half
        if y[chain[0]] == y[chain[-1]]:  # both on one layer: from the lower side to the lower side
            bottom = top
        points = [(ports[number, 0], top), *inner, (ports[number, 1], bottom)]
        found.append(tuple(points if chain[0] == source else reversed(points)))
    every = [x[node] + widths[node] / 2 for node in range(len(widths))]
    every += [point[0] for edge in found for point in edge]
    return Layout(
        width=max(every, default=0) + sizes.margin,
        height=2 * sizes.margin + len(rows) * step - sizes.layer_gap,
        nodes=tuple((x[node], y[node]) for node in range(len(widths))),
        edges=tuple(found),
    )


def _loop(right: float, y: float) -> tuple[Point, ...]:
    return ((right, y - 7), (right + 20, y), (right, y + 7))


def _ports(
    x: Mapping[Node, float], widths: Sequence[float], chains: Sequence[list[Node]]
) -> dict[tuple[int, int], float]:
    """Where each edge meets the lower side of its upper end (0) and the upper side of the other."""
    meeting: dict[tuple[int, int], list[tuple[float, int]]] = {}
    for number, chain in enumerate(chains):
        for side, (end, towards) in enumerate(((chain[0], chain[1]), (chain[-1], chain[-2]))):
            assert isinstance(end, int)
            meeting.setdefault((end, side), []).append((x[towards], number))
    found: dict[tuple[int, int], float] = {}
    for (node, side), edges in meeting.items():
        room = min(widths[node] - 20, 26.0 * (len(edges) - 1))
        for index, (_, number) in enumerate(sorted(edges)):
            share = index / (len(edges) - 1) - 0.5 if len(edges) > 1 else 0
            found[number, side] = x[node] + share * room
    return found
