"""A problem with reservations at offsets and no schedule at any initiation interval."""

from pathlib import Path

import pytest

from twill.drawing.sentences import certificate_sentences
from twill.gate.verification import smtlib_script, verify_answer, with_reproofs
from twill.models.answer import Answer
from twill.models.solve_options import SolveOptions
from twill.pipeline import solve_file
from twill.solver.monotone import monotone_relaxation
from twill.solver.search import find_schedule

GRAPH = """\
graph: too_many_registers
summary: Two values of 150 registers in a warp group of 240; one operation has an offset.
machine:
  units: {u: 1}
  warp_groups: 2
  registers: {base: 24, most: 240, least: 24, step: 8, pool: [504, 504]}
operations:
  a: {latency: 4, uses: [{unit: u, cycles: 1}, {unit: u, cycles: 1, offset: 3}], registers: 150}
  b: {latency: 4, uses: {u: 1}, registers: 150}
  c: {latency: 4, uses: {u: 1}}
dependences:
  - a -> b
  - b -> c
  - a -> c
"""


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> Answer:
    file = Path(tmp_path_factory.mktemp("graph")) / "graph.yaml"
    file.write_text(GRAPH, encoding="utf-8")
    return solve_file(str(file)).sealed()


def test_one_proof_of_the_relaxation_speaks_for_every_interval(answer: Answer) -> None:
    assert answer.status == "infeasible"
    assert answer.certificate is not None
    bound, searched = answer.certificate.exclusions
    assert (bound.first, bound.last, bound.argument) == (1, 3, "bound")
    assert (searched.first, searched.argument) == (4, "relaxation")
    said = " ".join(certificate_sentences(answer))
    at = f"without reservations at offsets there is none at {searched.last}"
    assert f"{at}, as the first of the racing backends proved" in said


def test_verify_asks_that_question_and_no_other(answer: Answer) -> None:
    verified = verify_answer(answer, "-")
    assert not verified.failed
    assert verified.trusted[0].endswith(", even without reservations at offsets")
    proved = with_reproofs(verified, answer, seconds=60)
    assert not proved.failed
    assert [r.verdict for r in proved.reproofs] == ["infeasible"]
    assert {check.name for check in proved.checks} >= {"proof", "core"}


def test_each_backend_proves_that_question(answer: Answer) -> None:
    solution = find_schedule(answer.problem, SolveOptions(prove=True))
    assert solution.certificate is not None
    assert solution.certificate.exclusions[-1].proved_by == ("cp-sat", "z3")


def test_the_script_for_other_solvers_is_that_of_the_relaxation(answer: Answer) -> None:
    relaxed = answer.model_copy(update={"problem": monotone_relaxation(answer.problem)})
    assert smtlib_script(answer) == smtlib_script(relaxed)


def test_where_no_reservation_has_an_offset_it_is_no_argument(answer: Answer) -> None:
    relaxed = answer.model_copy(update={"problem": monotone_relaxation(answer.problem)}).sealed()
    assert "exclusions" in {check.name for check in verify_answer(relaxed, "-").failed}
