"""What excludes a question, and nothing that can be spared."""

import pytest

from twill.benchmarks.instances import INSTANCES
from twill.solver.question import Limit, Question, Stop, Verdict
from twill.solver.smt.asking import Patience, ask
from twill.solver.smt.blame import core
from twill.solver.smt.model import HELPERS


@pytest.mark.parametrize(
    ("name", "interval", "stages", "expected"),
    [
        ("attention-backward-blackwell", 1407, 4, ("C1", "C2 TC", "C7 tmem")),
        ("attention-forward-hopper-1x128", 1595, 4, ("C1", "C6", "C8")),
        ("swiglu-hopper-2x64", 2047, 3, ("C2 MUFU",)),
    ],
)
def test_a_core(name: str, interval: int, stages: int, expected: tuple[str, ...]) -> None:
    question = Question(INSTANCES[name](), interval, stages)
    assert core(question) == expected
    for part in expected:
        rest = frozenset({*expected, *HELPERS} - {part})
        found, _ = ask(question, Patience(Limit(), Stop()), rest)
        assert found is Verdict.FEASIBLE


def test_only_the_given_families_are_blamed() -> None:
    question = Question(INSTANCES["attention-backward-blackwell"](), 1407, 4)
    assert core(question, families=("C1", "C2")) is None
    assert core(question, families=("C1", "C2", "C7")) == ("C1", "C2 TC", "C7 tmem")


def test_nothing_is_blamed_for_a_feasible_question() -> None:
    assert core(Question(INSTANCES["swiglu-hopper-2x64"](), 2048, 2)) is None


def test_nothing_is_blamed_when_the_limit_is_reached() -> None:
    question = Question(INSTANCES["attention-backward-blackwell"](), 1407, 4)
    assert core(question, limit=Limit(work=1e-6)) is None
    assert core(question, limit=Limit(seconds=0.0)) is None
