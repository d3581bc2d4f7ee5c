import pytest

from twill.benchmarks.random_graphs import random_graph
from twill.models.errors import Infeasible
from twill.models.problem import Buffer, LegalityRule, Value
from twill.solver.backends import check_schedule
from twill.solver.bounds import compute_bounds
from twill.solver.greedy import place_greedily
from twill.solver.question import Question
from twill.tests.support.placing import dependence, machine, memory, on, operation, problem
from twill.tests.support.random_problems import random_problem


def test_a_chain_is_folded_to_the_bound() -> None:
    chain = problem(
        [operation(name, 5, 0, reservations=on("tc", 5)) for name in "abcd"],
        [dependence("a", "b", 5), dependence("b", "c", 7), dependence("c", "d", 5)],
    )
    placed = place_greedily(chain, 20, 8)
    assert placed is not None
    check_schedule(Question(chain, 20, 8), placed)


def test_too_few_slots_give_nothing() -> None:
    full = problem([operation(name, 5, 0, reservations=on("tc", 5)) for name in "ab"])
    assert place_greedily(full, 9, 8) is None


def test_too_few_stages_give_nothing() -> None:
    long = problem([operation("a", 9, 0), operation("b", 9, 0)], [dependence("a", "b", 9)])
    assert place_greedily(long, 6, 3) is not None
    assert place_greedily(long, 6, 2) is None


def test_loads_are_issued_late() -> None:
    """Issued at once, the tile of the second load would live three intervals."""
    loads = [operation(name, 4, 1, variable_latency=True) for name in ("x", "y")]
    work = [operation(name, 10, 0, reservations=on("tc", 10)) for name in ("a", "b", "c")]
    late = problem(
        [*loads, *work],
        [
            dependence("x", "a", 4, value="tile"),
            dependence("a", "b", 10),
            dependence("b", "c", 10),
            dependence("y", "c", 4, value="other"),
        ],
        machine(memories=(memory(3),)),
        values=(
            Value(name="tile", source="x", buffer="first"),
            Value(name="other", source="y", buffer="second"),
        ),
        buffers=(
            Buffer(name="first", memory="smem", size=1, opener="x"),
            Buffer(name="second", memory="smem", size=1, opener="y"),
        ),
    )
    assert place_greedily(late, 30, 8) is not None


def test_rules_are_kept() -> None:
    rules = (
        LegalityRule(rule="pair/1", kind="together", operations=("a", "b")),
        LegalityRule(rule="apart/1", kind="apart", operations=("a", "c")),
    )
    ruled = problem([operation(name) for name in "abc"], rules=rules)
    placed = place_greedily(ruled, 5, 4)
    assert placed is not None
    assert placed.warp_group("a") == placed.warp_group("b") != placed.warp_group("c")


@pytest.mark.parametrize("seed", range(80))
def test_what_is_placed_keeps_every_constraint(seed: int) -> None:
    drawn = random_problem(seed)
    try:
        minimum = compute_bounds(drawn).minimum
    except Infeasible:
        return
    for interval in (minimum, minimum + 1, 2 * minimum + 3):
        placed = place_greedily(drawn, interval, 4)
        if placed is not None:
            check_schedule(Question(drawn, interval, 4), placed)


@pytest.mark.parametrize(("operations", "seed"), [(20, 0), (40, 1), (60, 0), (100, 0)])
def test_large_loops_reach_the_bound(operations: int, seed: int) -> None:
    large = random_graph(operations, seed)
    minimum = compute_bounds(large).minimum
    placed = place_greedily(large, minimum, 40)
    assert placed is not None
    assert placed.initiation_interval == minimum
