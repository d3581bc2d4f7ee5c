"""The worst case of a box of durations, and every sentence about it."""

from typing import Any, TypeVar

import pytest

from twill.explaining import Asking
from twill.gate.origin import read_with_texts
from twill.gate.store import library_folder
from twill.models.answer import Answer
from twill.models.document import Document
from twill.models.errors import UsageError
from twill.models.problem import Operation
from twill.models.sensitivity import Robustness
from twill.models.solve_options import SolveOptions
from twill.sensitivity.report import Study
from twill.sensitivity.robustness import robustness
from twill.solver.search import find_schedule
from twill.solver.verifier import violations

D = TypeVar("D", bound=Document)
QUICK = SolveOptions(objectives=(), blame_work=0)


def stored(name: str) -> Answer:
    return read_with_texts(str(library_folder() / f"{name}.json"))


@pytest.fixture(scope="module")
def worst() -> Robustness:
    return robustness(Study(stored("gemm@h100-sxm"), Asking()), 10)


def test_the_worst_case_is_what_a_graph_of_longer_durations_gives(worst: Robustness) -> None:
    problem = stored("gemm@h100-sxm").problem
    fields = {name: getattr(problem, name) for name in type(problem).model_fields}
    longer = type(problem)(
        **{
            **fields,
            "operations": tuple(_longer(o, ("name", "warps", "line")) for o in problem.operations),
            "dependences": tuple(
                _longer(d, ("distance", "staged_bytes", "received_registers"))
                for d in problem.dependences
            ),
        }
    )
    found = find_schedule(longer, QUICK)
    assert found.schedule is not None
    assert (found.status, found.schedule.initiation_interval) == ("optimal", worst.robust.upper)
    assert worst.schedule is not None
    assert violations(longer, worst.schedule) == ()
    assert violations(problem, worst.schedule) == ()


def _longer(part: D, kept: tuple[str, ...]) -> D:
    """Every number of it a tenth longer, rounded up, but for those that are no durations."""
    change: dict[str, Any] = {
        field: -(-11 * value // 10)
        for field, value in part
        if type(value) is int and field not in (*kept, "quantity", "offset")
    }
    if isinstance(part, Operation):
        change["reservations"] = tuple(_longer(r, kept) for r in part.reservations)
    return part.model_copy(update=change)


def test_sentences_of_the_worst_case(worst: Robustness) -> None:
    assert (worst.nominal.upper, worst.robust.upper, worst.price_percent) == (1024, 1128, 10.16)
    assert worst.sentences == (
        "While every duration is within 10 % of what is stated, rounded outwards to whole cycles, "
        "the least interval at which one schedule holds is II 1,128, 104 cycles more (+10.2 %).",
        "No strategy does better in the worst case, even if it is timed anew for each case.",
        "The schedule at hand does not hold there: with all durations 10 % longer, 4 constraints "
        "break, C1 first; it holds while none is more than 0 % longer.",
        "Its strategy is the best in the worst case.",
        "The verifier finds nothing wrong with the robust schedule at 10 corners of the box and "
        "at 100 points drawn within it.",
    )
    assert len(worst.broken) == 4


def test_the_worst_case_may_not_be_decided() -> None:
    study = Study(stored("flash_attention_backward@h100-sxm"), Asking(seconds=0.001))
    found = robustness(study, 10)
    assert found.robust.status in ("feasible", "unknown")
    assert found.price_percent is None
    assert "II not decided within 0.001 s" in found.sentences[0]


@pytest.mark.parametrize("percent", [-1.0, 100.5, float("nan"), float("inf")])
def test_percentages_have_limits(percent: float) -> None:
    with pytest.raises(UsageError, match="not a percentage of durations"):
        robustness(Study(stored("gemm@h100-sxm"), Asking()), percent)
