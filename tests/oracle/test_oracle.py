"""The oracle, the verifier and the arguments of docs/constraints.md, against each other."""

from functools import cache
from random import Random

import pytest

from twill.models.errors import Infeasible
from twill.models.problem import SchedulingProblem, Value
from twill.models.schedule import Schedule
from twill.solver.bounds import compute_bounds
from twill.solver.complete import complete_schedule
from twill.solver.monotone import is_monotone
from twill.solver.stage_bound import compute_stage_bound, largest_interval
from twill.solver.verifier import violations
from twill.tests.oracle.judge import accepts
from twill.tests.oracle.search import find_schedule, least_initiation_interval
from twill.tests.support.moving import nudge, shorten, stretch, wander
from twill.tests.support.placing import dependence, machine, memory, on, operation, problem
from twill.tests.support.random_problems import random_problem

CHUNK = 25
BEYOND = 4


def chunks(count: int) -> list[range]:
    return [range(first, first + CHUNK) for first in range(0, count, CHUNK)]


@cache
def solved(seed: int) -> tuple[SchedulingProblem, Schedule, int] | None:
    """A drawn problem, a least schedule and the stage bound; None if none exists near MinII."""
    of = random_problem(seed)
    try:
        least = compute_bounds(of).minimum
    except Infeasible:
        return None
    stages = compute_stage_bound(of, least).stages
    for interval in range(least, least + BEYOND):
        found = find_schedule(of, interval, stages)
        if found is not None:
            return of, found, stages
    return None


def test_the_running_example_of_the_paper() -> None:
    units = {"s": "tc", "p": "fma", "o": "tc"}
    of = problem(
        [operation(n, issue=0, reservations=on(u, 1)) for n, u in units.items()],
        [dependence("s", "p"), dependence("p", "o"), dependence("o", "o", distance=1)],
    )
    assert [least_initiation_interval(of, stages, 9) for stages in (1, 2, 3)] == [3, 2, 2]


def test_an_operation_that_nothing_admits() -> None:
    of = problem([operation("a")], [dependence("a", "a", 3, distance=1)])
    assert least_initiation_interval(of, 9, 2) is None
    assert least_initiation_interval(of, 9, 3) == 3


def bounded(of: SchedulingProblem) -> tuple[int, int]:
    """The least II that exists with any number of stages up to 60, and the stage bound at MinII."""
    found = least_initiation_interval(of, 60, 9)
    assert found is not None
    return found, compute_stage_bound(of, compute_bounds(of).minimum).stages


def test_the_stage_bound_counts_what_in_place_readers_ask_for() -> None:
    """Registers are not limited, so nothing but C9 keeps `w` 40 stages behind `v`."""
    of = problem(
        [operation(n) for n in "uvw"],
        [
            dependence("u", "v", distance=40, value="x"),
            dependence("u", "w", value="x", release="start"),
        ],
        machine(groups=4),
        values=(Value(name="x", source="u", registers=8),),
    )
    least, stages = bounded(of)
    assert least_initiation_interval(of, 40, least) is None
    assert least_initiation_interval(of, stages, least) == least == 1


def test_the_stage_bound_counts_what_staging_memory_asks_for() -> None:
    """Two copies of `x` fit, and it is read 40 iterations later: its source issues late."""
    of = problem(
        [operation("u", variable_latency=True), operation("v")],
        [dependence("u", "v", distance=40, value="x", staged_bytes=8)],
        machine(memories=(memory(16),), staging_memory="smem"),
        values=(Value(name="x", source="u"),),
    )
    least, stages = bounded(of)
    assert least_initiation_interval(of, 36, least) is None
    assert least_initiation_interval(of, stages, least) == least == 1


def anywhere(of: SchedulingProblem, draw: Random) -> Schedule:
    """Issue cycles and groups without any thought."""
    interval = draw.randint(1, 9)
    cycles = {o.name: draw.randrange(3 * interval) for o in of.operations}
    groups = {o.name: draw.randrange(of.machine.warp_groups) for o in of.operations}
    return complete_schedule(of, interval, cycles, groups)


@pytest.mark.parametrize("seeds", chunks(100), ids=str)
def test_folding_and_unfolding_judge_alike(seeds: range) -> None:
    """The modular count of the oracle accepts a schedule exactly if the verifier does."""
    verdicts = []
    for seed in seeds:
        of, draw, answer = random_problem(seed), Random(seed), solved(seed)
        proposals = [anywhere(of, draw) for _ in range(5)]
        if answer is not None:
            proposals += [nudge(of, wander(of, answer[1], draw, 3), draw) for _ in range(15)]
        for proposed in proposals:
            found = violations(of, proposed)
            judged = accepts(of, proposed, of.machine.most_stages or 10**6)
            assert judged == (not found), (seed, proposed, found)
            verdicts.append(judged)
    assert 0.1 < sum(verdicts) / len(verdicts) < 0.9


@pytest.mark.parametrize("seeds", chunks(200), ids=str)
def test_a_schedule_stretches_to_every_larger_interval(seeds: range) -> None:
    """The argument of monotonicity, carried out."""
    for seed in seeds:
        answer = solved(seed)
        if answer is None or not is_monotone(answer[0]):
            continue
        of, found, _ = answer
        draw = Random(seed)
        found = wander(of, found, draw, 10)
        for more in (1, 2, 3, 17):
            stretched = stretch(of, found, found.initiation_interval + more)
            assert violations(of, stretched) == (), (seed, more)


@pytest.mark.parametrize("seeds", chunks(200), ids=str)
def test_a_schedule_shortens_to_the_largest_interval_worth_asking(seeds: range) -> None:
    """The argument of the largest II, carried out from a few cycles above it."""
    shortened = 0
    for seed in seeds:
        answer = solved(seed)
        if answer is None:
            continue
        of, found, _ = answer
        draw = Random(seed)
        most = largest_interval(of)
        found = stretch(of, found, most + 3)
        if violations(of, found):
            assert not is_monotone(of)
            continue
        found = wander(of, found, draw, 40)
        for interval in (most + 2, most + 1, most):
            shorter = shorten(of, found, draw)
            assert shorter is not None
            assert shorter.initiation_interval == interval
            assert violations(of, shorter) == (), (seed, interval)
            found, shortened = shorter, shortened + 1
    assert shortened > CHUNK


@pytest.mark.parametrize("seeds", chunks(200), ids=str)
def test_more_stages_than_the_bound_do_not_help(seeds: range) -> None:
    for seed in seeds:
        answer = solved(seed)
        if answer is None or answer[0].machine.most_stages is not None:
            continue
        of, found, stages = answer
        below = found.initiation_interval - 1
        assert below == 0 or find_schedule(of, below, stages + 3) is None, seed
