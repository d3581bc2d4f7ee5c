import threading
import time
from itertools import pairwise

import pytest

from twill.models.errors import Violation
from twill.models.problem import Memory, SchedulingProblem
from twill.models.progress import Progress
from twill.solver.options import SolveOptions
from twill.solver.question import Stop, Verdict
from twill.solver.search import search_with
from twill.solver.solution import Solution
from twill.tests.support.fake_backends import (
    FakeBackend,
    FakeMinimise,
    Rule,
    always,
    backends,
    from_interval,
    one_operation,
)
from twill.tests.support.placing import dependence, machine, on, operation, problem

UNKNOWN = always(Verdict.UNKNOWN)
LARGEST = 1 + 1 + 40 + 40 + 1  # of one_operation()


@pytest.fixture(autouse=True)
def _written_verdicts_only(monkeypatch: pytest.MonkeyPatch):
    """The written verdicts need not be true, and what is drawn together would show it."""
    monkeypatch.setattr("twill.solver.probing.draw_together", lambda *_: None)


def solve(
    *solvers: FakeBackend,
    of: SchedulingProblem | None = None,
    minimise: FakeMinimise | None = None,
    stop: Stop | None = None,
    events: list[Progress] | None = None,
    **options: object,
) -> Solution:
    return search_with(
        backends(*solvers, minimise=minimise),
        of or one_operation(),
        SolveOptions.model_validate(options),
        (events if events is not None else []).append,
        stop or Stop(),
    )


def cp_sat(rule: Rule, delay: float = 0.0, error: Exception | None = None) -> FakeBackend:
    return FakeBackend("cp-sat", rule, delay, error)


def z3(rule: Rule, delay: float = 0.0, error: Exception | None = None) -> FakeBackend:
    return FakeBackend("z3", rule, delay, error)


def found_interval(solution: Solution) -> int:
    assert solution.schedule is not None
    return solution.schedule.initiation_interval


def excluded(solution: Solution) -> list[tuple[int, int, str, str, tuple[str, ...]]]:
    assert solution.certificate is not None
    return [
        (e.first, e.last, e.by, e.argument, e.proved_by) for e in solution.certificate.exclusions
    ]


def test_the_bound_itself_needs_no_exclusion_by_search():
    backend = cp_sat(from_interval(40))
    solution = solve(backend, prove=True)
    assert (solution.status, found_interval(solution)) == ("optimal", 40)
    assert excluded(solution) == [(1, 39, "bound", "bound", ())]
    assert solution.certificate is not None
    assert solution.certificate.least_initiation_interval == 40
    assert solution.certificate.lower_bound == 40
    assert backend.asked == [(40, 1)]


@pytest.mark.parametrize("least", [41, 57, 64, 80, LARGEST])
def test_the_least_interval_is_found_and_what_is_below_is_excluded(least: int):
    solution = solve(cp_sat(from_interval(least)))
    assert (solution.status, found_interval(solution)) == ("optimal", least)
    assert excluded(solution)[1:] == [(40, least - 1, "search", "monotone", ())]


def test_exclusion_asks_for_every_stage_that_could_help():
    """With one stage 60 cycles are needed, with two 50 suffice."""
    backend = cp_sat(lambda ii, n: from_interval(50 if n >= 2 else 60)(ii, n))
    solution = solve(backend)
    assert found_interval(solution) == 50
    assert (49, 2) in backend.asked
    assert solution.certificate is not None
    assert solution.certificate.stage_bound.stages == 2


def test_stages_that_the_bound_does_not_reach_are_not_asked_for():
    backend = cp_sat(from_interval(50, least_stages=3))
    assert solve(backend).status == "infeasible"
    assert {stages for _, stages in backend.asked} == {1, 2}


def test_more_stages_than_looked_for_at_first_still_count():
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


def test_the_fewest_stages_that_reach_the_interval_are_published():
    minimise = FakeMinimise()
    solution = solve(cp_sat(from_interval(50, least_stages=2)), minimise=minimise)
    assert solution.status == "optimal"
    assert {(q.initiation_interval, q.stages) for q in minimise.asked} == {(50, 2)}


def test_infeasible_everywhere_is_told_in_words():
    solution = solve(cp_sat(always(Verdict.INFEASIBLE)))
    assert solution.status == "infeasible"
    assert solution.schedule is None
    assert f"proved for {LARGEST} cycles" in solution.reason
    assert excluded(solution)[1:] == [(40, LARGEST, "search", "monotone", ())]


def test_a_circuit_is_infeasible_without_asking_anyone():
    backend = cp_sat(UNKNOWN)
    circle = problem([operation("a")] * 1, [dependence("a", "a", 5, distance=1)])
    assert solve(cp_sat(from_interval(5)), of=circle).status == "optimal"
    wrong = problem([operation("a"), operation("b")], [dependence("a", "b"), dependence("b", "a")])
    solution = solve(backend, of=wrong)
    assert (solution.status, solution.certificate, backend.asked) == ("infeasible", None, [])
    assert "circuit" in solution.reason


def test_an_unknown_is_never_infeasible():
    solution = solve(cp_sat(UNKNOWN), z3(UNKNOWN), work=1.0)
    assert solution.status == "unknown"
    assert solution.reason == (
        "the limit of 1 units of work for each question was reached before any schedule was found"
    )
    assert solution.certificate is not None
    assert solution.certificate.lower_bound == 40
    assert excluded(solution) == [(1, 39, "bound", "bound", ())]


def test_backends_that_always_give_up_end_the_search_without_any_limit():
    assert solve(cp_sat(UNKNOWN)).status == "unknown"


def test_what_lies_between_is_reported_if_no_backend_decides_it():
    """Excluded to 49, found from 60 on, nothing known between."""

    def rule(interval: int, stages: int) -> Verdict:
        if interval >= 60:
            return Verdict.FEASIBLE
        return Verdict.INFEASIBLE if interval < 50 else Verdict.UNKNOWN

    solution = solve(cp_sat(rule), work=100.0)
    assert (solution.status, found_interval(solution)) == ("feasible", 60)
    assert solution.certificate is not None
    assert solution.certificate.least_initiation_interval is None
    assert 40 < solution.certificate.lower_bound <= 50
    last = solution.certificate.lower_bound - 1
    assert excluded(solution)[1:] == [(40, last, "search", "monotone", ())]
    assert f"{last + 1} to 59 are neither found nor excluded" in solution.reason


def test_more_effort_is_spent_only_where_less_did_not_do():
    backend = cp_sat(lambda ii, n: Verdict.UNKNOWN if ii == 40 else from_interval(41)(ii, n))
    solution = solve(backend, work=20.0)
    assert (solution.status, found_interval(solution)) == ("feasible", 41)
    spent = [limit.work for (ii, n), limit in zip(backend.asked, backend.limits, strict=True)
             if (ii, n) == (40, 2)]  # fmt: skip
    assert spent == sorted(set(spent))  # type: ignore[type-var]
    assert spent[-1] == 20.0


def test_the_wall_clock_limit_ends_the_search():
    began = time.monotonic()
    slow = cp_sat(UNKNOWN, delay=0.2)
    solution = solve(slow, seconds=0.5)
    assert time.monotonic() - began < 3
    assert solution.status == "unknown"
    assert "the limit of 0.5 s was reached" in solution.reason


def test_a_stop_gives_the_best_schedule_so_far_with_its_bound():
    stop = Stop()

    def stop_at_once(event: Progress) -> None:
        if event.kind == "incumbent":
            stop.request()

    solution = search_with(
        backends(cp_sat(from_interval(60))), one_operation(), SolveOptions(), stop_at_once, stop
    )
    assert solution.status == "feasible"
    assert found_interval(solution) == LARGEST  # the first that is found on the way up
    assert solution.certificate is not None
    assert solution.certificate.lower_bound == 57  # the last that was excluded
    assert solution.reason == (
        "the search was stopped; initiation intervals 57 to 82 are neither found nor excluded"
    )


def test_a_stop_before_any_schedule_leaves_it_unknown():
    stop = Stop()
    threading.Timer(0.2, stop.request).start()
    began = time.monotonic()
    solution = solve(cp_sat(UNKNOWN, delay=60), z3(UNKNOWN, delay=60), stop=stop)
    assert time.monotonic() - began < 1.2
    assert (solution.status, solution.schedule) == ("unknown", None)
    assert "the search was stopped before any schedule was found" in solution.reason


def test_a_failing_backend_does_not_change_the_answer():
    broken = cp_sat(UNKNOWN, error=RuntimeError("lost"))
    alone = solve(z3(from_interval(50)))
    assert solve(broken, z3(from_interval(50))).canonical() == alone.canonical()
    with pytest.raises(RuntimeError, match="lost"):
        solve(broken, z3(UNKNOWN, error=ValueError("too")))


def test_prove_lists_each_backend_that_excluded_the_interval_below():
    both = solve(cp_sat(from_interval(50)), z3(from_interval(50)), prove=True)
    assert excluded(both)[1:] == [(40, 49, "search", "monotone", ("cp-sat", "z3"))]

    def weak(interval: int, stages: int) -> Verdict:
        return Verdict.UNKNOWN if interval < 50 else Verdict.FEASIBLE

    one = solve(cp_sat(weak), z3(from_interval(50)), prove=True)
    assert excluded(one)[1:] == [(40, 49, "search", "monotone", ("z3",))]


def test_prove_has_a_limit_of_its_own():
    left, right = cp_sat(from_interval(50)), z3(from_interval(50))
    solve(left, right, prove=True, prove_work=7.0, prove_seconds=3.0)
    assert right.asked == [(49, 2)]
    assert (right.limits[0].work, right.limits[0].seconds) == (7.0, pytest.approx(3.0, abs=0.1))


def test_backends_that_contradict_each_other_are_a_fault_of_ours():
    with pytest.raises(Violation, match="z3 found a schedule at initiation interval 49"):
        solve(cp_sat(from_interval(50)), z3(from_interval(45)), prove=True)


@pytest.mark.parametrize("delays", [(0.0, 0.3), (0.45, 0.0)])
def test_the_answer_does_not_depend_on_who_is_quicker(delays: tuple[float, float]):
    quick = solve(cp_sat(from_interval(44)), z3(from_interval(44)), prove=True, top=2)
    slow = solve(
        cp_sat(from_interval(44), delays[0]), z3(from_interval(44), delays[1]), prove=True, top=2
    )
    assert slow.canonical().canonical_json() == quick.canonical().canonical_json()


def outside_the_class() -> SchedulingProblem:
    """Blocks on one unit with offsets 0 and 6: feasible at 4, 5 and 7, not at 6."""
    twice = operation("a", 8, 0, reservations=on("tc", 1) + on("tc", 1, offset=6))
    return problem([twice, operation("b", 1, 0, reservations=on("tc", 1))])


def test_outside_the_class_every_interval_is_asked_alone():
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


def test_outside_the_class_a_hole_does_not_hide_what_is_below_it():
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


def test_outside_the_class_infeasibility_needs_the_relaxation_or_a_sweep():
    holes = problem(
        [operation("a", 8, 0, reservations=on("fma", 1) + on("fma", 1, offset=6))],
        [dependence("a", "a", 4, distance=1)],
    )
    solution = solve(cp_sat(always(Verdict.INFEASIBLE)), of=holes)
    assert solution.status == "infeasible"


def test_what_never_fits_is_refused_with_its_cause():
    from twill.models.problem import Buffer, Value

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


def test_events_tell_what_is_known():
    events: list[Progress] = []
    solve(cp_sat(from_interval(44)), events=events)
    assert [event.kind for event in events][:3] == ["bounds", "probe", "verdict"]
    assert events[0].lower_bound == 40
    incumbents = [event for event in events if event.kind == "incumbent"]
    intervals = [event.initiation_interval for event in incumbents]
    assert intervals[-1] == 44
    assert intervals == sorted(intervals, reverse=True)
    assert all(event.schedule is not None for event in incumbents)
    assert (events[-1].kind, events[-1].detail, events[-1].best) == ("done", "optimal", 44)
