"""What excludes a question, and nothing that can be spared."""

import pytest

from twill.benchmarks.instances import INSTANCES
from twill.solver.question import Core, Limit, Question, Stop, Verdict
from twill.solver.smt.asking import Patience, ask
from twill.solver.smt.blame import core, core_faults
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
    assert core(question) == Core(expected, is_least=True)
    for part in expected:
        rest = frozenset({*expected, *HELPERS} - {part})
        found, _ = ask(question, Patience(Limit(), Stop()), rest)
        assert found is Verdict.FEASIBLE


def test_only_the_given_families_are_blamed() -> None:
    question = Question(INSTANCES["attention-backward-blackwell"](), 1407, 4)
    assert core(question, families=("C1", "C2")) is None
    assert core(question, families=("C1", "C2", "C7")) == Core(("C1", "C2 TC", "C7 tmem"), True)


def test_nothing_is_blamed_for_a_feasible_question() -> None:
    assert core(Question(INSTANCES["swiglu-hopper-2x64"](), 2048, 2)) is None


def test_nothing_is_blamed_when_the_limit_is_reached() -> None:
    question = Question(INSTANCES["attention-backward-blackwell"](), 1407, 4)
    assert core(question, limit=Limit(work=1e-6)) is None
    assert core(question, limit=Limit(seconds=0.0)) is None


def test_what_is_left_over_at_a_limit_is_not_called_least() -> None:
    """The first attempts fit in the limit and the last ones do not."""
    question = Question(INSTANCES["attention-backward-blackwell"](), 1407, 4)
    found = [core(question, limit=Limit(work=work)) for work in (0.02, 0.05, 0.1, 0.2, 0.4)]
    partial = [c for c in found if c is not None and not c.is_least]
    assert partial
    assert all({"C1", "C2 TC", "C7 tmem"} <= set(c.parts) for c in partial)


def test_a_core_is_checked_again() -> None:
    question = Question(INSTANCES["attention-backward-blackwell"](), 1407, 4)
    least = ("C1", "C2 TC", "C7 tmem")

    def faults(*parts: str, is_least: bool = True) -> tuple[tuple[str, ...], bool]:
        return core_faults(question, Core(parts, is_least), Limit(), Stop())

    assert faults(*least) == ((), True)
    assert faults("C1", "C2 TC") == (("C1, C2 TC alone do not exclude it",), True)
    assert faults(*least, "C9") == (("C9 can be spared",), True)
    assert faults(*least, "C9", is_least=False) == ((), True)
    limited = core_faults(question, Core(least, True), Limit(work=1e-6), Stop())
    assert limited == ((), False)
