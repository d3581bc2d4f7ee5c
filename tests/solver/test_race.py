import signal
import threading
import time
from collections.abc import Iterator

import pytest

from twill.models.errors import LimitReached, ScheduleViolation
from twill.solver.question import Limit, Outcome, Question, Stop, Verdict
from twill.solver.race import Finding, race
from twill.tests.support.fake_backends import (
    FakeBackend,
    Rule,
    always,
    from_interval,
    in_order,
    one_operation,
)

NO_LIMIT = Limit()
FEASIBLE, INFEASIBLE, UNKNOWN = (always(verdict) for verdict in Verdict)


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() == before


def ask(*solvers: FakeBackend, interval: int = 40, stop: Stop | None = None) -> Finding:
    question = Question(one_operation(), interval, 2)
    return race(question, NO_LIMIT, stop or Stop(), {s.name: s for s in solvers})


def cp_sat(rule: Rule, delay: float = 0.0, error: Exception | None = None) -> FakeBackend:
    return FakeBackend("cp-sat", rule, delay, error)


def z3(rule: Rule, delay: float = 0.0, error: Exception | None = None) -> FakeBackend:
    return FakeBackend("z3", rule, delay, error)


@pytest.mark.parametrize(("first", "second"), [(0.0, 30.0), (30.0, 0.0)])
def test_the_first_definite_verdict_stops_the_other(first: float, second: float) -> None:
    left, right = cp_sat(INFEASIBLE, first), z3(INFEASIBLE, second)
    began = time.monotonic()
    found = ask(left, right)
    assert time.monotonic() - began < 5
    assert found.verdict is Verdict.INFEASIBLE
    assert found.backend == ("cp-sat" if first < second else "z3")
    assert (left.running, right.running) == (0, 0)


def test_an_unknown_waits_for_the_other() -> None:
    assert ask(cp_sat(UNKNOWN), z3(FEASIBLE, 0.5)).verdict is Verdict.FEASIBLE
    assert ask(cp_sat(UNKNOWN, 0.5), z3(INFEASIBLE, 0.7)).verdict is Verdict.INFEASIBLE


def test_unknown_only_if_both_are() -> None:
    found = ask(cp_sat(UNKNOWN), z3(UNKNOWN))
    assert (found.verdict, found.backend, found.schedule) == (Verdict.UNKNOWN, None, None)


def test_a_failing_backend_is_noted_and_the_other_decides() -> None:
    found = ask(cp_sat(FEASIBLE, error=MemoryError("full")), z3(FEASIBLE))
    assert (found.verdict, found.backend) == (Verdict.FEASIBLE, "z3")
    assert found.failures == ("cp-sat failed: MemoryError: full",)


def test_a_failing_backend_is_never_infeasible() -> None:
    found = ask(cp_sat(INFEASIBLE, error=ValueError("odd")), z3(UNKNOWN))
    assert found.verdict is Verdict.UNKNOWN


def test_the_first_failure_is_raised_if_all_fail() -> None:
    with pytest.raises(ValueError, match="first"):
        ask(cp_sat(FEASIBLE, error=ValueError("first")), z3(FEASIBLE, error=KeyError("second")))


def test_a_question_too_large_for_every_backend_is_unknown() -> None:
    large = LimitReached("too large")
    found = ask(cp_sat(FEASIBLE, error=large), z3(FEASIBLE, error=large))
    assert found.verdict is Verdict.UNKNOWN
    assert found.failures[1] == "z3 failed: LimitReached: too large"


def test_a_schedule_that_breaks_a_constraint_is_never_returned() -> None:
    """At 39 cycles the tensor core meets itself."""
    with pytest.raises(ScheduleViolation, match="C2"):
        ask(cp_sat(FEASIBLE), interval=39)


def test_a_schedule_of_another_interval_is_never_returned() -> None:
    def solve(question: Question, limit: Limit, stop: Stop) -> Outcome:
        other = Question(question.problem, 41, question.stages)
        return Outcome(Verdict.FEASIBLE, "cp-sat", in_order(other))

    with pytest.raises(ScheduleViolation, match="the initiation interval is 41, 40 was asked"):
        race(Question(one_operation(), 40, 2), NO_LIMIT, Stop(), {"cp-sat": solve})


def test_a_schedule_of_more_stages_is_never_returned() -> None:
    def solve(question: Question, limit: Limit, stop: Stop) -> Outcome:
        placed = in_order(question)
        late = placed.placements[0].model_copy(update={"issue_cycle": 60})
        return Outcome(
            Verdict.FEASIBLE, "cp-sat", placed.model_copy(update={"placements": (late,)})
        )

    with pytest.raises(ScheduleViolation, match="after 2 stages of 40"):
        race(Question(one_operation(), 40, 2), NO_LIMIT, Stop(), {"cp-sat": solve})


def test_a_stop_ends_both_within_a_second() -> None:
    stop = Stop()
    threading.Timer(0.6, stop.request).start()
    left, right = cp_sat(FEASIBLE, 60), z3(FEASIBLE, 60)
    began = time.monotonic()
    assert ask(left, right, stop=stop).verdict is Verdict.UNKNOWN
    assert time.monotonic() - began < 1.6
    assert (left.stopped, right.stopped) == (1, 1)


def test_after_a_stop_nothing_begins() -> None:
    stop = Stop()
    stop.request()
    late = z3(FEASIBLE)
    assert ask(cp_sat(FEASIBLE, 60), late, stop=stop).verdict is Verdict.UNKNOWN
    assert late.asked == []


def test_the_second_backend_gets_what_is_left_of_the_seconds() -> None:
    left, right = cp_sat(UNKNOWN, 0.8), z3(UNKNOWN)
    question = Question(one_operation(), 40, 2)
    race(question, Limit(10.0, 7.0), Stop(), {"cp-sat": left, "z3": right})
    assert left.limits[0].work == 7.0
    assert left.limits[0].seconds == pytest.approx(10.0, abs=0.1)
    assert right.limits[0].seconds == pytest.approx(9.7, abs=0.3)


def test_an_interrupt_of_the_waiting_thread_leaves_no_backend_running() -> None:
    left = cp_sat(from_interval(1), 60)
    question = Question(one_operation(), 40, 2)

    previous = signal.signal(signal.SIGALRM, _interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(KeyboardInterrupt):
            race(question, NO_LIMIT, Stop(), {"cp-sat": left})
    finally:
        signal.signal(signal.SIGALRM, previous)
    assert (left.running, left.stopped) == (0, 1)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
