"""Who is asked to exclude an interval again, in which order, and what is said of it."""

from twill.models.answer import Answer, Effort, Probe
from twill.models.certificate import Backend
from twill.models.rows import schedule_rows
from twill.solver.backends import Backends
from twill.solver.bounds import compute_bounds
from twill.solver.certificate import Proof, build_certificate
from twill.solver.question import Limit, Question, Verdict
from twill.solver.reproof import reprove
from twill.solver.stage_bound import compute_stage_bound
from twill.tests.support.fake_backends import (
    FakeBackend,
    Rule,
    always,
    backends,
    from_interval,
    in_order,
    one_operation,
)


def answer(
    proved_by: tuple[Backend, ...] = (), raced: Backend | None = None, offset: int = 0
) -> Answer:
    """One operation of 40 cycles, said to need 43."""
    problem = one_operation(40, offset)
    bounds = compute_bounds(problem)
    stages = compute_stage_bound(problem, bounds.minimum)
    schedule = in_order(Question(problem, 43, 1))
    provers = {interval: proved_by for interval in (40, 41, 42)}
    proof = Proof(problem, bounds, stages, 43, settled=True, provers=provers)
    probe = Probe(
        initiation_interval=42, stages=stages.stages, verdict="infeasible", backend=raced, seconds=0
    )
    return Answer(
        kernel="by-hand",
        gpu="small",
        status="optimal",
        problem=problem,
        schedule=schedule,
        certificate=build_certificate(proof, schedule, ()),
        effort=Effort(seconds=0.0, probes=(probe,) if raced else ()),
        **schedule_rows(problem, schedule),  # type: ignore[arg-type]
    )


def pair(cp_sat: Rule, z3: Rule) -> tuple[FakeBackend, FakeBackend, Backends]:
    first, second = FakeBackend("cp-sat", cp_sat), FakeBackend("z3", z3)
    return first, second, backends(first, second)


def told(of: Answer, asked: Backends) -> list[tuple[int, str | None, str, str]]:
    return [
        (r.initiation_interval, r.backend, r.verdict, r.standing)
        for r in reprove(of, asked, Limit())
    ]


NO, UNKNOWN = always(Verdict.INFEASIBLE), always(Verdict.UNKNOWN)


def test_the_other_backend_is_asked() -> None:
    cp_sat, z3, both = pair(NO, NO)
    assert told(answer(("cp-sat",)), both) == [(42, "z3", "infeasible", "independent")]
    assert (cp_sat.asked, len(z3.asked)) == ([], 1)


def test_who_was_first_in_the_race_counts() -> None:
    _, _, both = pair(NO, NO)
    assert told(answer(raced="z3"), both) == [(42, "cp-sat", "infeasible", "independent")]


def test_the_same_backend_is_a_last_resort_and_is_said_to_be_the_same() -> None:
    _, _, both = pair(NO, UNKNOWN)
    assert told(answer(("cp-sat",)), both) == [
        (42, None, "unknown", "independent"),
        (42, "cp-sat", "infeasible", "again"),
    ]


def test_both_did_it_already() -> None:
    _, _, both = pair(NO, UNKNOWN)
    assert told(answer(("cp-sat", "z3")), both) == [(42, "cp-sat", "infeasible", "again")]


def test_nobody_is_known_to_have_done_it() -> None:
    _, _, both = pair(UNKNOWN, NO)
    assert told(answer(), both) == [(42, "z3", "infeasible", "unknown")]


def test_a_schedule_below_ends_it() -> None:
    _, z3, both = pair(NO, from_interval(42))
    assert told(answer(("cp-sat",)), both) == [(42, "z3", "feasible", "independent")]
    assert len(z3.asked) == 1


def test_a_limit_is_no_verdict() -> None:
    _, _, both = pair(UNKNOWN, UNKNOWN)
    assert told(answer(("z3",)), both) == [
        (42, None, "unknown", "independent"),
        (42, None, "unknown", "again"),
    ]


def test_outside_the_class_every_interval_is_asked() -> None:
    _, _, both = pair(NO, NO)
    assert [interval for interval, *_ in told(answer(("z3",), offset=1), both)] == [42, 41, 40]
