"""The exported text means what the backend decides."""

import pytest
import z3

from twill.benchmarks.instances import INSTANCES
from twill.solver.question import Limit, Question, Stop, Verdict
from twill.solver.smt import smtlib
from twill.solver.smt.backend import solve
from twill.solver.smt.smtlib import smtlib_text
from twill.tests.support.random_problems import random_problem

QUESTIONS = [
    Question(INSTANCES["attention-backward-blackwell"](), 1407, 4),
    Question(INSTANCES["attention-backward-blackwell"](), 1408, 4),
    *(Question(random_problem(seed), interval, 3) for seed in range(12) for interval in (3, 9)),
]
IDS = [f"{q.problem.name}-{q.initiation_interval}" for q in QUESTIONS]
NAMES = {"sat": Verdict.FEASIBLE, "unsat": Verdict.INFEASIBLE}


@pytest.mark.parametrize("question", QUESTIONS, ids=IDS)
def test_z3_reads_the_text_as_the_backend_decides(question: Question) -> None:
    solver = z3.Solver()
    solver.from_string(smtlib_text(question))
    assert NAMES[str(solver.check())] is solve(question, Limit(), Stop()).verdict


@pytest.mark.parametrize("question", QUESTIONS, ids=IDS)
def test_cvc5_reads_the_text_as_the_backend_decides(question: Question) -> None:
    cvc5 = pytest.importorskip("cvc5", reason="the extra 'bench' is not installed")
    solver = cvc5.Solver()
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, smtlib_text(question), "question")
    found = ""
    while not (command := parser.nextCommand()).isNull():
        found += command.invoke(solver, parser.getSymbolManager())
    assert NAMES[found.strip()] is solve(question, Limit(), Stop()).verdict


def test_the_text_names_the_question_and_its_families() -> None:
    text = smtlib_text(QUESTIONS[0])
    assert text.startswith("; attention-backward-blackwell at initiation interval 1407, 4 stages\n")
    assert [line for line in text.splitlines() if line.startswith("; C")] == [
        "; C1",
        "; C2",
        "; C6",
        "; C7",
        "; C8",
    ]
    assert text.endswith("(check-sat)\n")


def test_a_circuit_is_excluded_in_a_line() -> None:
    question = Question(INSTANCES["attention-forward-hopper-1x128"](), 100, 9)
    assert "(assert false)" in smtlib_text(question)


def test_a_text_in_pieces_gives_the_same_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtlib, "PIECE_CHARACTERS", 5_000)
    for question in QUESTIONS[:2]:
        whole = {1407: Verdict.INFEASIBLE, 1408: Verdict.FEASIBLE}
        found = solve(question, Limit(), Stop())
        assert found.verdict is whole[question.initiation_interval]
