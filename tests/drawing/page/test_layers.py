"""Layered drawings: edges point down, nothing overlaps, anything can be drawn."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from twill.drawing.page.layers import Layout, Sizes, lay_out

WIDTH = 80.0


def drawn(count: int, edges: list[tuple[int, int, bool]]) -> Layout:
    layout = lay_out([WIDTH] * count, edges)
    assert layout is not None
    return layout


def overlaps(places: list[tuple[float, float]]) -> bool:
    rows: dict[float, list[float]] = {}
    for x, y in places:
        rows.setdefault(y, []).append(x)
    return any(b - a < WIDTH for row in rows.values() for a, b in pairwise(sorted(row)))


def test_a_chain_stands_in_one_column() -> None:
    layout = drawn(3, [(0, 1, True), (1, 2, True)])
    (x0, y0), (x1, y1), (x2, y2) = layout.nodes
    assert x0 == x1 == x2
    assert y1 - y0 == y2 - y1 == Sizes().node_height + Sizes().layer_gap


def test_two_chains_do_not_cross() -> None:
    layout = drawn(4, [(0, 3, True), (1, 2, True)])
    (x0, _), (x1, _), (x2, _), (x3, _) = layout.nodes
    assert (x0 < x1) == (x3 < x2)


def test_a_loop_carried_edge_points_up() -> None:
    layout = drawn(2, [(0, 1, True), (1, 0, False)])
    down, up = layout.edges
    assert down[0][1] < down[-1][1]
    assert up[0][1] > up[-1][1]
    assert down[0][0] != up[-1][0]  # they meet the node beside each other


def test_a_circuit_of_forward_edges_is_drawn_all_the_same() -> None:
    layout = drawn(3, [(0, 1, True), (1, 0, True), (1, 2, True), (2, 2, True)])
    assert len(layout.edges) == 4


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.booleans()), max_size=24))
def test_whatever_the_edges_nodes_keep_apart_and_inside(edges: list[tuple[int, int, bool]]) -> None:
    layout = drawn(10, edges)
    assert not overlaps(list(layout.nodes))
    for x, y in layout.nodes:
        assert WIDTH / 2 <= x <= layout.width - WIDTH / 2
        assert 0 < y < layout.height
    for at, (source, target, _) in enumerate(edges):
        assert len(layout.edges[at]) >= 2
        for x, _ in layout.edges[at]:
            assert 0 <= x <= layout.width
        if source != target:
            ends = (layout.edges[at][0][1], layout.edges[at][-1][1])
            for end, node in zip(ends, (source, target), strict=True):
                assert abs(end - layout.nodes[node][1]) == Sizes().node_height / 2


def test_too_many_long_edges_are_not_drawn() -> None:
    chain = [(at, at + 1, True) for at in range(119)]
    long = [(at, 119, True) for at in range(118)]
    assert lay_out([WIDTH] * 120, chain) is not None
    assert lay_out([WIDTH] * 120, [*chain, *long]) is None
