import pytest

from twill.models.errors import ScheduleViolation
from twill.models.problem import SchedulingProblem
from twill.models.schedule import Schedule
from twill.models.solve_options import SolveOptions
from twill.solver.complete import complete_schedule
from twill.solver.question import Outcome, Question, Stop, Verdict
from twill.solver.search import search_with
from twill.solver.solution import Solution
from twill.solver.strategies import steady_state_order
from twill.tests.support.fake_backends import (
    FakeBackend,
    FakeMinimise,
    backends,
    from_interval,
)
from twill.tests.support.placing import machine, operation, problem

pytestmark = pytest.mark.usefixtures("_written_verdicts_only")


def three_operations() -> SchedulingProblem:
    return problem([operation(name) for name in "abc"], on_machine=machine(groups=4))


def placed(question: Question, cycles: str, groups: str) -> Schedule:
    issue = {name: int(cycle) for name, cycle in zip("abc", cycles, strict=True)}
    group = {name: int(group) for name, group in zip("abc", groups, strict=True)}
    return complete_schedule(question.problem, question.initiation_interval, issue, group)


def alternatives(top: int, *written: tuple[str, str]) -> tuple[Solution, FakeMinimise]:
    minimise = FakeMinimise(lambda q: [placed(q, cycles, groups) for cycles, groups in written])
    backend = _Placing("cp-sat", from_interval(3))
    options = SolveOptions(top=top, objectives=("warp_groups", "crossings", "length"))
    solution = search_with(
        backends(backend, minimise=minimise),
        three_operations(),
        options,
        lambda event: None,
        Stop(),
    )
    return solution, minimise


class _Placing(FakeBackend):
    """Puts the three operations one after another."""

    def _answer(self, question: Question, stop: Stop) -> Outcome:
        outcome = self.rule(question.initiation_interval, question.stages)
        found = placed(question, "012", "111") if outcome is Verdict.FEASIBLE else None
        return Outcome(outcome, self.name, found)


def test_one_schedule_is_minimised_once() -> None:
    solution, minimise = alternatives(1, ("012", "111"))
    assert solution.alternatives == ()
    assert len(minimise.asked) == 1


def test_alternatives_have_different_partitions() -> None:
    solution, _ = alternatives(3, ("012", "111"), ("021", "111"), ("001", "122"), ("000", "123"))
    partitions = [s.schedule.partition for s in (*solution.alternatives,)]
    assert len(partitions) == 2
    assert solution.schedule is not None
    assert len({*partitions, solution.schedule.partition}) == 3


def test_groups_that_are_only_called_differently_are_one_partition() -> None:
    question = Question(three_operations(), 3, 1)
    assert placed(question, "012", "112").partition == placed(question, "012", "221").partition


def test_where_partitions_run_out_other_orders_count() -> None:
    orders = iter(["012", "012", "120", "021", "021"])
    minimise = FakeMinimise()

    def schedules(question: Question) -> list[Schedule]:
        return [placed(question, next(orders, "012"), "111")]

    minimise.schedules = schedules
    solution = search_with(
        backends(_Placing("cp-sat", from_interval(3)), minimise=minimise),
        three_operations(),
        SolveOptions(top=3, objectives=("warp_groups", "crossings", "length")),
        lambda event: None,
        Stop(),
    )
    assert solution.schedule is not None
    orders_found = {steady_state_order(solution.schedule)} | {
        steady_state_order(s.schedule) for s in solution.alternatives
    }
    # 120 is 012 begun elsewhere.
    assert orders_found == {frozenset({("a", "b", "c")}), frozenset({("a", "c", "b")})}


def test_the_schedule_of_the_search_is_shown_if_nothing_else_is_found() -> None:
    minimise = FakeMinimise(lambda question: [])
    solution = search_with(
        backends(_Placing("cp-sat", from_interval(3)), minimise=minimise),
        three_operations(),
        SolveOptions(),
        lambda event: None,
        Stop(),
    )
    assert solution.status == "optimal"
    assert solution.certificate is not None
    scores = {o.objective: (o.value, o.proved) for o in solution.certificate.objectives}
    assert scores["warp_groups"] == (1, False)
    assert scores["length"] == (3, False)


def test_a_minimised_schedule_is_verified() -> None:
    with pytest.raises(ScheduleViolation, match="C3"):
        alternatives(1, ("002", "111"))


def test_after_a_stop_what_was_found_is_shown_as_it_is() -> None:
    stop = Stop()
    minimise = FakeMinimise()
    backend = _Placing("cp-sat", from_interval(3))
    solution = search_with(
        backends(backend, minimise=minimise),
        problem([operation(name) for name in "abc"], on_machine=machine(groups=2)),
        SolveOptions(),
        lambda event: stop.request() if event.kind == "incumbent" else None,
        stop,
    )
    assert (solution.status, minimise.asked) == ("feasible", [])
    assert solution.reason == (
        "the search was stopped; 3 cycles are proved least, second objectives are not"
    )
    assert solution.certificate is not None
    assert solution.certificate.least_initiation_interval == 3
