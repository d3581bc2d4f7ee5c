import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twill.models.errors import Infeasible, InvalidGraph
from twill.models.problem import (
    Dependence,
    LegalityRule,
    Operation,
    Reservation,
    SchedulingProblem,
    Value,
)
from twill.solver.bounds import compute_bounds
from twill.solver.legality import build_legality
from twill.solver.recurrence import constraint_edges, earliest_issue_cycles
from twill.tests.support.placing import dependence, machine, on, operation, problem


def test_a_unit_is_as_busy_as_its_reservations() -> None:
    busy = problem(
        [
            operation("a", reservations=on("tc", 5)),
            operation("b", reservations=on("tc", 8)),
            operation("c", reservations=on("fma", 9, quantity=3)),
        ]
    )
    bounds = compute_bounds(busy)
    assert bounds.resource == bounds.minimum == 13
    assert [(u.unit, u.work, u.bound) for u in bounds.units[:2]] == [("tc", 13, 13), ("fma", 27, 7)]
    assert bounds.resource_attained_by[0].operations == ("a", "b")


def test_two_reservations_of_one_operation_add_up() -> None:
    twice = Operation(
        name="a",
        latency_cycles=9,
        reservations=(
            Reservation(unit="tc", cycles=2),
            Reservation(unit="tc", cycles=4, offset=5),
        ),
    )
    assert compute_bounds(problem([twice])).resource == 6


def test_every_unit_at_the_maximum_is_told() -> None:
    tied = problem([operation("a", issue=0, reservations=on("tc", 6) + on("fma", 24))])
    assert {u.unit for u in compute_bounds(tied).resource_attained_by} == {"tc", "fma"}


def test_issue_streams_count_as_units() -> None:
    loads = [operation(name, issue=7, variable_latency=True) for name in ("x", "y")]
    work = [operation(name, issue=9) for name in ("a", "b", "c")]
    bounds = compute_bounds(problem([*loads, *work], on_machine=machine(groups=3)))
    found = {u.unit: (u.work, u.capacity, u.bound) for u in bounds.units}
    assert found["issue[producer]"] == (14, 1, 14)
    assert found["issue[consumers]"] == (27, 2, 14)
    assert found["issue[operation]"] == (9, 1, 9)
    assert {u.unit for u in bounds.resource_attained_by} == {"issue[producer]", "issue[consumers]"}


def test_a_wait_counts_only_before_a_blocking_dependence() -> None:
    reader = operation("b", issue=5, wait_cycles=20)
    waiting = problem([operation("a"), reader], [dependence("a", "b", blocking=True)])
    free = problem([operation("a"), reader], [dependence("a", "b")])
    assert compute_bounds(waiting).resource == 25
    assert compute_bounds(free).resource == 5


def test_without_work_the_least_interval_is_one() -> None:
    bounds = compute_bounds(problem([operation("a", latency=0, issue=0)]))
    assert (bounds.resource, bounds.recurrence, bounds.minimum) == (1, 1, 1)
    assert bounds.resource_attained_by == ()
    assert bounds.recurrence_attained_by is None


def test_the_critical_recurrence_is_spelt_out() -> None:
    circuit = problem(
        [operation(name) for name in "abcd"],
        [
            dependence("a", "b", 4),
            dependence("b", "c", 5),
            dependence("c", "a", 4, distance=3),
            dependence("c", "b", 2, distance=2),
            dependence("d", "d", 4, distance=1),
        ],
    )
    critical = compute_bounds(circuit).recurrence_attained_by
    assert critical is not None
    assert (critical.latency_cycles, critical.distance, critical.bound) == (13, 3, 5)
    turned = critical.operations * 2
    assert "abc" in "".join(turned)
    assert len(critical.operations) == 3


def test_a_recurrence_without_latency_is_still_one() -> None:
    circuit = problem([operation("a")], [dependence("a", "a", 0, distance=2)])
    critical = compute_bounds(circuit).recurrence_attained_by
    assert critical is not None
    assert (critical.operations, critical.latency_cycles, critical.bound) == (("a",), 0, 1)


def test_a_forced_crossing_adds_its_handoff() -> None:
    """A gather whose address comes from the value gathered before."""
    chase = problem(
        [operation("gather", variable_latency=True), operation("next")],
        [
            dependence("gather", "next", 1, handoff_cycles=2),
            dependence("next", "gather", 1, distance=1, handoff_cycles=3),
        ],
    )
    assert compute_bounds(chase).recurrence == 7


def test_apart_operations_cross_and_so_do_those_kept_with_them() -> None:
    rules = (
        LegalityRule(rule="apart/1", kind="apart", operations=("a", "b")),
        LegalityRule(rule="pair/1", kind="together", operations=("b", "c")),
    )
    circuit = [
        dependence("a", "c", 3, handoff_cycles=10),
        dependence("c", "a", 4, distance=1, handoff_cycles=20),
        dependence("b", "c", 1, handoff_cycles=50),
    ]
    free = problem([operation(name) for name in "abc"], circuit)
    ruled = problem([operation(name) for name in "abc"], circuit, rules=rules)
    assert compute_bounds(free).recurrence == 7
    assert compute_bounds(ruled).recurrence == 37


def test_storage_taken_over_in_place_makes_a_recurrence() -> None:
    """b reads x of the iteration before, c overwrites x: b comes first, and c feeds b."""
    overwritten = problem(
        [operation("a"), operation("b", latency=6), operation("c", latency=2)],
        [
            dependence("a", "b", 1, value="x"),
            dependence("a", "c", 1, value="x", release="start"),
            dependence("c", "b", 2, distance=1),
        ],
        values=(Value(name="x", source="a", registers=8),),
    )
    critical = compute_bounds(overwritten).recurrence_attained_by
    assert critical is not None
    assert (critical.latency_cycles, critical.distance) == (8, 1)
    assert set(critical.operations) == {"b", "c"}


def test_a_circuit_within_one_iteration_is_infeasible() -> None:
    circle = problem(
        [operation("a"), operation("b")], [dependence("a", "b", 2), dependence("b", "a", 3)]
    )
    with pytest.raises(Infeasible, match=r"5 cycles around it at distance 0") as caught:
        compute_bounds(circle)
    assert "a -> b -> a" in str(caught.value) or "b -> a -> b" in str(caught.value)


def test_a_circuit_without_latency_within_one_iteration_is_no_recurrence() -> None:
    level = problem(
        [operation("a"), operation("b")], [dependence("a", "b", 0), dependence("b", "a", 0)]
    )
    assert compute_bounds(level).recurrence_attained_by is None


def test_overwriting_before_the_last_reader_is_infeasible() -> None:
    """b reads x two iterations later, c overwrites it at once."""
    late = problem(
        [operation("a"), operation("b", latency=0), operation("c")],
        [
            dependence("a", "b", 0, distance=2, value="x"),
            dependence("a", "c", 0, value="x", release="start"),
            dependence("c", "b", 0, distance=1),
        ],
        values=(Value(name="x", source="a", registers=8),),
    )
    with pytest.raises(Infeasible, match="taken over in place"):
        compute_bounds(late)


def test_contradicting_rules_are_infeasible() -> None:
    load = operation("load", variable_latency=True)
    together = LegalityRule(rule="pair/1", kind="together", operations=("a", "load"))
    with pytest.raises(Infeasible, match="pair/1 puts a into the warp group of load"):
        build_legality(problem([load, operation("a")], rules=(together,)))
    both = LegalityRule(rule="pair/1", kind="together", operations=("a", "b"))
    apart = LegalityRule(rule="apart/1", kind="apart", operations=("a", "b"))
    with pytest.raises(Infeasible, match="apart/1 keeps a and b apart"):
        build_legality(problem([operation("a"), operation("b")], rules=(both, apart)))
    loads = LegalityRule(rule="apart/1", kind="apart", operations=("load", "other"))
    other = operation("other", variable_latency=True)
    with pytest.raises(Infeasible, match="both have variable latency"):
        build_legality(problem([load, other, operation("a")], rules=(loads,)))
    crowd = LegalityRule(rule="apart/1", kind="apart", operations=("a", "b", "c"))
    with pytest.raises(Infeasible, match="2 warp groups besides the producer"):
        build_legality(problem([operation(name) for name in "abc"], rules=(crowd,)))


def test_one_group_is_the_producer_and_holds_nothing_else() -> None:
    alone = problem([operation("a")], on_machine=machine(groups=1))
    with pytest.raises(Infeasible, match="a may not sit in the producer"):
        build_legality(alone)


def test_durations_beyond_what_is_handled_are_refused() -> None:
    long = problem([operation(name, latency=600_000_000) for name in "ab"])
    with pytest.raises(InvalidGraph, match="add up to"):
        compute_bounds(long)


Drawn = tuple[int, int, int, int]
EDGES = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 9), st.integers(0, 2)),
    max_size=9,
)


def _graph(drawn: list[Drawn]) -> SchedulingProblem:
    edges = [
        Dependence(source=f"v{u}", target=f"v{v}", latency_cycles=latency, distance=distance)
        for u, v, latency, distance in drawn
        if u != v or distance
    ]
    return problem([operation(f"v{i}", issue=0) for i in range(5)], edges)


def _circuits(of: SchedulingProblem) -> list[tuple[int, int]]:
    """Latency and distance of every simple circuit, parallel dependences told apart."""
    split: nx.DiGraph[str | int] = nx.DiGraph()
    for number, e in enumerate(of.dependences):
        split.add_edge(e.source, number, latency=e.latency_cycles, distance=e.distance)
        split.add_edge(number, e.target, latency=0, distance=0)
    found = []
    for circuit in nx.simple_cycles(split):
        steps = list(zip(circuit, [*circuit[1:], circuit[0]], strict=True))
        latency = sum(split.edges[step]["latency"] for step in steps)
        found.append((latency, sum(split.edges[step]["distance"] for step in steps)))
    return found


@given(EDGES)
def test_the_recurrence_bound_is_that_of_all_circuits(drawn: list[Drawn]) -> None:
    graph = _graph(drawn)
    circuits = _circuits(graph)
    if any(distance == 0 and latency > 0 for latency, distance in circuits):
        with pytest.raises(Infeasible):
            compute_bounds(graph)
        return
    spanning = [(latency, distance) for latency, distance in circuits if distance]
    critical = compute_bounds(graph).recurrence_attained_by
    if not spanning:
        assert critical is None
        return
    assert critical is not None
    best = max(latency / distance for latency, distance in spanning)
    assert critical.latency_cycles / critical.distance == best
    assert critical.bound == max(1, *(-(-latency // distance) for latency, distance in spanning))
    assert (critical.latency_cycles, critical.distance) in spanning


@given(EDGES)
def test_the_recurrence_bound_is_the_least_interval_dependences_admit(drawn: list[Drawn]) -> None:
    graph = _graph(drawn)
    try:
        least = compute_bounds(graph).recurrence
    except Infeasible:
        return
    edges = tuple(constraint_edges(graph, build_legality(graph)))
    cycles = earliest_issue_cycles(5, edges, least)
    assert all(cycles[e.target] + e.distance * least >= cycles[e.source] + e.latency for e in edges)
