from twill.models.certificate import StageBound
from twill.models.problem import LegalityRule, SchedulingProblem
from twill.solver.bounds import compute_bounds
from twill.solver.certificate import Proof, Provers, build_certificate
from twill.solver.question import Question
from twill.solver.stage_bound import compute_stage_bound
from twill.tests.support.fake_backends import in_order, one_operation
from twill.tests.support.placing import dependence, machine, on, operation, problem


def proof(of: SchedulingProblem, lower: int, provers: Provers | None = None) -> Proof:
    bounds = compute_bounds(of)
    stages: StageBound = compute_stage_bound(of, bounds.minimum)
    return Proof(of, bounds, stages, lower, settled=True, provers=provers or {})


def test_it_names_what_it_speaks_of() -> None:
    one = one_operation()
    schedule = in_order(Question(one, 40, 1))
    certificate = build_certificate(proof(one, 40), schedule, ())
    assert certificate.problem_digest == one.digest()
    assert certificate.schedule_digest == schedule.digest()
    assert certificate.least_initiation_interval == 40
    assert certificate.verified[-1] == "C9"
    assert dict(certificate.versions).keys() == {"twill", "ortools", "z3"}


def test_without_a_schedule_nothing_is_least() -> None:
    certificate = build_certificate(proof(one_operation(), 84), None, ())
    assert (certificate.least_initiation_interval, certificate.schedule_digest) == (None, None)
    assert certificate.lower_bound == 84
    assert certificate.verified == ()


def test_an_unsettled_search_has_no_least_interval() -> None:
    one = one_operation()
    unsettled = proof(one, 41)
    open_proof = Proof(one, unsettled.bounds, unsettled.stage_bound, 41, False, {})
    certificate = build_certificate(open_proof, in_order(Question(one, 60, 1)), ())
    assert certificate.least_initiation_interval is None
    assert [(e.first, e.last, e.by) for e in certificate.exclusions] == [
        (1, 39, "bound"),
        (40, 40, "search"),
    ]


def test_outside_the_class_exclusions_are_grouped_by_who_proved_them() -> None:
    shifted = operation("a", 8, 0, reservations=on("fma", 1) + on("fma", 1, offset=6))
    outside = problem([shifted], [dependence("a", "a", 3, distance=1)])
    provers: Provers = {3: ("cp-sat", "z3"), 4: ("cp-sat", "z3"), 5: ("z3",), 6: ("cp-sat", "z3")}
    certificate = build_certificate(proof(outside, 7, provers), None, ())
    assert [(e.first, e.last, e.argument, e.proved_by) for e in certificate.exclusions] == [
        (1, 2, "bound", ()),
        (3, 4, "each", ("cp-sat", "z3")),
        (5, 5, "each", ("z3",)),
        (6, 6, "each", ("cp-sat", "z3")),
    ]


def test_what_was_chosen_in_the_model_is_told() -> None:
    rules = (LegalityRule(rule="pair/2", kind="together", operations=("a", "b")),)
    chosen = problem(
        [operation("a"), operation("b")],
        on_machine=machine(most_stages=1),
        rules=rules,
        notes=("chains are atomic",),
    )
    certificate = build_certificate(proof(chosen, 2), None, ())
    assert certificate.model == ("chains are atomic", "pair/2", "at most 1 stages")
