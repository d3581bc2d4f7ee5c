"""What a search answers when a limit, a stop or a failing backend ends it."""

import threading
import time

import pytest

from twill.models.progress import Progress
from twill.models.solve_options import SolveOptions
from twill.solver.question import Stop, Verdict
from twill.solver.search import search_with
from twill.tests.support.fake_backends import backends, from_interval, one_operation
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


def test_an_unknown_is_never_infeasible() -> None:
    solution = solve(cp_sat(UNKNOWN), z3(UNKNOWN), work=1.0)
    assert solution.status == "unknown"
    assert solution.reason == (
        "the limit of 1 units of work for each question was reached before any schedule was found"
    )
    assert solution.certificate is not None
    assert solution.certificate.lower_bound == 40
    assert excluded(solution) == [(1, 39, "bound", "bound", ())]


def test_backends_that_always_give_up_end_the_search_without_any_limit() -> None:
    assert solve(cp_sat(UNKNOWN)).status == "unknown"


def test_what_lies_between_is_reported_if_no_backend_decides_it() -> None:
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


def test_more_effort_is_spent_only_where_less_did_not_do() -> None:
    backend = cp_sat(lambda ii, n: Verdict.UNKNOWN if ii == 40 else from_interval(41)(ii, n))
    solution = solve(backend, work=20.0)
    assert (solution.status, found_interval(solution)) == ("feasible", 41)
    spent = [limit.work for (ii, n), limit in zip(backend.asked, backend.limits, strict=True)
             if (ii, n) == (40, 2)]  # fmt: skip
    assert spent == sorted(set(spent))  # type: ignore[type-var]
    assert spent[-1] == 20.0


def test_the_wall_clock_limit_ends_the_search() -> None:
    began = time.monotonic()
    slow = cp_sat(UNKNOWN, delay=0.2)
    solution = solve(slow, seconds=0.5)
    assert time.monotonic() - began < 3
    assert solution.status == "unknown"
    assert "the limit of 0.5 s was reached" in solution.reason


def test_a_stop_gives_the_best_schedule_so_far_with_its_bound() -> None:
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


def test_a_stop_before_any_schedule_leaves_it_unknown() -> None:
    stop = Stop()
    threading.Timer(0.2, stop.request).start()
    began = time.monotonic()
    solution = solve(cp_sat(UNKNOWN, delay=60), z3(UNKNOWN, delay=60), stop=stop)
    assert time.monotonic() - began < 1.2
    assert (solution.status, solution.schedule) == ("unknown", None)
    assert "the search was stopped before any schedule was found" in solution.reason


def test_a_failing_backend_does_not_change_the_answer() -> None:
    broken = cp_sat(UNKNOWN, error=RuntimeError("lost"))
    alone = solve(z3(from_interval(50)))
    assert solve(broken, z3(from_interval(50))).canonical() == alone.canonical()
    with pytest.raises(RuntimeError, match="lost"):
        solve(broken, z3(UNKNOWN, error=ValueError("too")))


def test_prove_has_a_limit_of_its_own() -> None:
    left, right = cp_sat(from_interval(50)), z3(from_interval(50))
    solve(left, right, prove=True, prove_work=7.0, prove_seconds=3.0)
    assert right.asked == [(49, 2)]
    assert right.limits[0].work == 7.0
    assert right.limits[0].seconds == pytest.approx(3.0, abs=0.1)
