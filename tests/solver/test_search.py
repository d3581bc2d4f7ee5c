"""The search finds the least interval and tells what excludes all below it."""

from itertools import pairwise

import pytest

from twill.models.errors import Violation
from twill.models.problem import Buffer, Memory, SchedulingProblem, Value
from twill.models.progress import Progress
from twill.solver.question import Verdict
from twill.tests.support.fake_backends import FakeMinimise, always, from_interval
from twill.tests.support.placing import dependence, machine, on, operation, problem
from twill.tests.support.searching import (
    LARGEST,
    UNKNOWN,
    cp_sat,
    excluded,
    found_interval,
    solve,
    z3,
)

pytestmark = pytest.mark.usefixtures("_written_verdicts_only")


def test_the_bound_itself_needs_no_exclusion_by_search() -> None:
    backend = cp_sat(from_interval(40))
    solution = solve(backend, prove=True)
    assert (solution.status, found_interval(solution)) == ("optimal", 40)
    assert excluded(solution) == [(1, 39, "bound", "bound", ())]
    assert solution.certificate is not None
    assert solution.certificate.least_initiation_interval == 40
    assert solution.certificate.lower_bound == 40
    assert backend.asked == [(40, 1)]


@pytest.mark.parametrize("least", [41, 57, 64, 80, LARGEST])
def test_the_least_interval_is_found_and_what_is_below_is_excluded(least: int) -> None:
    solution = solve(cp_sat(from_interval(least)))
    assert (solution.status, found_interval(solution)) == ("optimal", least)
    assert excluded(solution)[1:] == [(40, least - 1, "search", "monotone", ())]


def test_exclusion_asks_for_every_stage_that_could_help() -> None:
    """With one stage 60 cycles are needed, with two 50 suffice."""
    backend = cp_sat(lambda ii, n: from_interval(50 if n >= 2 else 60)(ii, n))
    solution = solve(backend)
    assert found_interval(solution) == 50
    assert (49, 2) in backend.asked
    assert solution.certificate is not None
    assert solution.certificate.stage_bound.stages == 2


def test_stages_that_the_bound_does_not_reach_are_not_asked_for() -> None:
    backend = cp_sat(from_interval(50, least_stages=3))
    assert solve(backend).status == "infeasible"
    assert {stages for _, stages in backend.asked} == {1, 2}


def test_more_stages_than_looked_for_at_first_still_count() -> None:
    """Schedules are looked for with three stages; all seven of the bound reach MinII."""
    names = [f"v{i}" for i in range(6)]
    chain = problem(
        [operation(name, 10, 0) for name in names]
        + [operation("mma", 10, 0, reservations=on("tc", 10))],
        [dependence(u, v, 0) for u, v in pairwise(names)],
        machine(groups=7),
    )
    backend = cp_sat(lambda ii, n: from_interval(10 if n >= 8 else 50)(ii, n))
    solution = solve(backend, of=chain)
    assert solution.certificate is not None
    assert solution.certificate.stage_bound.stages == 8
    assert found_interval(solution) == 10


def test_the_fewest_stages_that_reach_the_interval_are_published() -> None:
    minimise = FakeMinimise()
    solution = solve(cp_sat(from_interval(50, least_stages=2)), minimise=minimise)
    assert solution.status == "optimal"
    assert {(q.initiation_interval, q.stages) for q in minimise.asked} == {(50, 2)}


def test_infeasible_everywhere_is_told_in_words() -> None:
    solution = solve(cp_sat(always(Verdict.INFEASIBLE)))
    assert solution.status == "infeasible"
    assert solution.schedule is None
    assert f"proved for {LARGEST} cycles" in solution.reason
    assert excluded(solution)[1:] == [(40, LARGEST, "search", "monotone", ())]


def test_a_circuit_is_infeasible_without_asking_anyone() -> None:
    backend = cp_sat(UNKNOWN)
    circle = problem([operation("a")] * 1, [dependence("a", "a", 5, distance=1)])
    assert solve(cp_sat(from_interval(5)), of=circle).status == "optimal"
    wrong = problem([operation("a"), operation("b")], [dependence("a", "b"), dependence("b", "a")])
    solution = solve(backend, of=wrong)
    assert (solution.status, solution.certificate, backend.asked) == ("infeasible", None, [])
    assert "circuit" in solution.reason


def test_prove_lists_each_backend_that_excluded_the_interval_below() -> None:
    both = solve(cp_sat(from_interval(50)), z3(from_interval(50)), prove=True)
    assert excluded(both)[1:] == [(40, 49, "search", "monotone", ("cp-sat", "z3"))]

    def weak(interval: int, stages: int) -> Verdict:
        return Verdict.UNKNOWN if interval < 50 else Verdict.FEASIBLE

    one = solve(cp_sat(weak), z3(from_interval(50)), prove=True)
    assert excluded(one)[1:] == [(40, 49, "search", "monotone", ("z3",))]


def test_backends_that_contradict_each_other_are_a_fault_of_ours() -> None:
    with pytest.raises(Violation, match="z3 found a schedule at initiation interval 49"):
        solve(cp_sat(from_interval(50)), z3(from_interval(45)), prove=True)


@pytest.mark.parametrize("delays", [(0.0, 0.3), (0.45, 0.0)])
def test_the_answer_does_not_depend_on_who_is_quicker(delays: tuple[float, float]) -> None:
    quick = solve(cp_sat(from_interval(44)), z3(from_interval(44)), prove=True, top=2)
    slow = solve(
        cp_sat(from_interval(44), delays[0]), z3(from_interval(44), delays[1]), prove=True, top=2
    )
    assert slow.canonical().canonical_json() == quick.canonical().canonical_json()


def outside_the_class() -> SchedulingProblem:
    """Blocks on one unit with offsets 0 and 6: feasible at 4, 5 and 7, not at 6."""
    twice = operation("a", 8, 0, reservations=on("tc", 1) + on("tc", 1, offset=6))
    return problem([twice, operation("b", 1, 0, reservations=on("tc", 1))])


def test_outside_the_class_every_interval_is_asked_alone() -> None:
    backend = cp_sat(lambda ii, n: from_interval(5)(ii, n) if ii != 6 else Verdict.INFEASIBLE)
    holes = problem(
        [operation("a", 8, 0, reservations=on("fma", 1) + on("fma", 1, offset=6))],
        [dependence("a", "a", 3, distance=1)],
    )
    solution = solve(backend, of=holes, prove=True)
    assert found_interval(solution) == 5
    assert solution.certificate is not None
    assert not solution.certificate.monotone
    assert excluded(solution) == [
        (1, 2, "bound", "bound", ()),
        (3, 4, "search", "each", ("cp-sat",)),
    ]
    assert {3, 4} <= {interval for interval, _ in backend.asked}


def test_outside_the_class_a_hole_does_not_hide_what_is_below_it() -> None:
    """Feasible from 4 on but for 6: a bisection that meets 6 would miss 4."""
    assert outside_the_class().operations[0].reservations[1].offset == 6
    holes = problem(
        [operation("a", 8, 0, reservations=on("fma", 1) + on("fma", 1, offset=6))],
        [dependence("a", "a", 4, distance=1)],
    )
    backend = cp_sat(lambda ii, n: Verdict.INFEASIBLE if ii in (4, 5, 7, 8) else Verdict.FEASIBLE)
    solution = solve(backend, of=holes)
    assert found_interval(solution) == 6
    assert excluded(solution)[1:] == [(4, 5, "search", "each", ())]


def test_outside_the_class_infeasibility_needs_the_relaxation_or_a_sweep() -> None:
    holes = problem(
        [operation("a", 8, 0, reservations=on("fma", 1) + on("fma", 1, offset=6))],
        [dependence("a", "a", 4, distance=1)],
    )
    solution = solve(cp_sat(always(Verdict.INFEASIBLE)), of=holes)
    assert solution.status == "infeasible"


def test_what_never_fits_is_refused_with_its_cause() -> None:
    big = problem(
        [operation("load", 5, 0), operation("use")],
        [dependence("load", "use", 5, value="x")],
        machine(memories=(Memory(name="smem", capacity=10),)),
        values=(Value(name="x", source="load", buffer="tile"),),
        buffers=(Buffer(name="tile", memory="smem", size=11, opener="load"),),
    )
    solution = solve(cp_sat(UNKNOWN), of=big)
    assert solution.status == "infeasible"
    assert solution.reason == "tile takes 11 bytes of smem, which has 10 (C7)"


def test_events_tell_what_is_known() -> None:
    events: list[Progress] = []
    solve(cp_sat(from_interval(44)), events=events)
    assert [event.kind for event in events][:3] == ["bounds", "probe", "verdict"]
    assert events[0].lower_bound == 40
    incumbents = [event for event in events if event.kind == "incumbent"]
    intervals = [event.initiation_interval or 0 for event in incumbents]
    assert intervals[-1] == 44
    assert intervals == sorted(intervals, reverse=True)
    assert all(event.schedule is not None for event in incumbents)
    assert (events[-1].kind, events[-1].detail, events[-1].best) == ("done", "optimal", 44)
