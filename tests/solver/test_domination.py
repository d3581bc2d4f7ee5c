"""Longer durations and larger quantities only take schedules away (docs/constraints.md)."""

from random import Random

import pytest

from twill.analysis.durations import Place, with_durations
from twill.models.errors import Infeasible
from twill.models.problem import SchedulingProblem
from twill.solver.bounds import compute_bounds
from twill.solver.domination import dominates
from twill.solver.stage_bound import compute_stage_bound
from twill.solver.verifier import violations
from twill.tests.oracle.search import find_schedule
from twill.tests.support.moving import nudge, wander
from twill.tests.support.placing import dependence, machine, memory, on, operation, problem, renewed
from twill.tests.support.random_problems import random_problem

CHUNK = 25


def longer(of: SchedulingProblem, draw: Random) -> SchedulingProblem:
    """Some durations and quantities grown; none shrunk."""
    grown = with_durations(of, lambda _, cycles: cycles + draw.choice((0, 0, 0, 1, 2)))
    capacity = {unit.name: unit.capacity for unit in of.machine.units}
    operations = tuple(
        o.model_copy(
            update={
                "reservations": tuple(
                    r.model_copy(update={"quantity": draw.randint(r.quantity, capacity[r.unit])})
                    for r in o.reservations
                )
            }
        )
        for o in grown.operations
    )
    return renewed(grown, operations=operations)


@pytest.mark.parametrize("seeds", [range(s, s + CHUNK) for s in range(0, 200, CHUNK)], ids=str)
def test_a_schedule_for_higher_costs_is_one_for_lower_costs(seeds: range) -> None:
    checked = refused = 0
    for seed in seeds:
        of, draw = random_problem(seed), Random(seed)
        more = longer(of, draw)
        assert dominates(more, of)
        assert dominates(of, more) == (more.model_copy(update={"symmetries": ()}) == of)
        try:
            least = compute_bounds(more).minimum
        except Infeasible:
            continue
        stages = compute_stage_bound(more, least).stages
        tried = (find_schedule(more, interval, stages) for interval in range(least, least + 4))
        found = next((schedule for schedule in tried if schedule is not None), None)
        if found is None:
            continue
        for proposed in [nudge(more, wander(more, found, draw, 3), draw) for _ in range(10)]:
            if violations(more, proposed):
                refused += 1
                continue
            assert violations(of, proposed) == (), (seed, proposed)
            checked += 1
    assert checked > CHUNK
    assert refused


def pair() -> SchedulingProblem:
    return problem(
        [operation("a", 4, 2, reservations=on("fma", 4, quantity=2)), operation("b", 3)],
        [dependence("a", "b", 4, handoff_cycles=5, send_cycles=1, receive_cycles=1)],
        machine(memories=(memory(64),)),
    )


@pytest.mark.parametrize(
    "field", ["latency_cycles", "handoff_cycles", "send_cycles", "receive_cycles"]
)
def test_one_duration_of_a_dependence_that_is_shorter_is_enough(field: str) -> None:
    def shorter(place: Place, cycles: int) -> int:
        return cycles - 1 if place.dependence == 0 and place.field == field else cycles

    less = with_durations(pair(), shorter)
    assert dominates(pair(), less)
    assert not dominates(less, pair())


@pytest.mark.parametrize("field", ["latency_cycles", "issue_cycles", "reservation"])
def test_one_duration_of_an_operation_that_is_shorter_is_enough(field: str) -> None:
    def shorter(place: Place, cycles: int) -> int:
        return cycles - 1 if place == ("a", field, -1) else cycles

    less = with_durations(pair(), shorter)
    assert dominates(pair(), less)
    assert not dominates(less, pair())


def test_what_is_no_cost_must_be_equal() -> None:
    of = pair()
    roomier = renewed(of, machine=machine(memories=(memory(65),)))
    farther = renewed(of, dependences=(of.dependences[0].model_copy(update={"distance": 1}),))
    fewer = renewed(of, operations=of.operations[:1], dependences=())
    for other in (roomier, farther, fewer):
        assert not dominates(other, of)
        assert not dominates(of, other)


def test_a_quantity_that_is_smaller_is_enough() -> None:
    two, one = (problem([operation("a", 4, reservations=on("fma", 4, quantity=q))]) for q in (2, 1))
    nothing = problem([operation("a", 4)])
    assert dominates(two, one)
    assert not dominates(one, two)
    assert dominates(one, nothing)
    assert not dominates(nothing, one)


def test_a_moved_block_is_not_compared() -> None:
    """Offsets are no durations: a block that begins later neither contains nor avoids the other."""
    early = problem([operation("a", 4, reservations=on("tc", 2))])
    late = problem([operation("a", 4, reservations=on("tc", 2, offset=1))])
    assert not dominates(late, early)
    assert not dominates(early, late)


def test_two_blocks_of_one_unit_are_compared_as_they_stand() -> None:
    twice = problem([operation("a", 4, reservations=(*on("fma", 2), *on("fma", 3)))])
    once = problem([operation("a", 4, reservations=on("fma", 3))])
    assert dominates(twice, twice)
    assert not dominates(twice, once)
    assert not dominates(once, twice)


def test_words_do_not_count() -> None:
    of = pair()
    words = {"line": 3, "summary": "told"}
    told = renewed(of, operations=tuple(o.model_copy(update=words) for o in of.operations))
    assert dominates(of, told)
    assert dominates(told, of)
