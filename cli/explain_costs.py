"""`twill explain --sensitivity` and `--robust P`: how wrong the costs may be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..explaining import Asking
    from ..models.answer import Answer
    from ..models.explanation import Explanation


def with_costs(
    explanation: Explanation,
    answer: Answer,
    asking: Asking,
    each: bool,
    percent: float | None,
) -> Explanation:
    """The explanation with what each cost does, and with the worst case of all; solves both."""
    from ..sensitivity.report import Study, sensitivity
    from ..sensitivity.robustness import robustness

    study = Study(answer, asking)
    return explanation.model_copy(
        update={
            "robustness": robustness(study, percent) if percent is not None else None,
            "sensitivity": sensitivity(study) if each else None,
        }
    )


def costs_are_decided(explanation: Explanation) -> bool:
    """Whether no limit was reached in any of it."""
    ranges = [
        found
        for cost in (explanation.sensitivity.costs if explanation.sensitivity else ())
        for point in cost.points
        for found in (point.held, point.best)
    ]
    if explanation.robustness is not None:
        ranges += [explanation.robustness.held, explanation.robustness.robust]
    return all(found.status in ("optimal", "infeasible") for found in ranges)


def cost_lines(explanation: Explanation) -> Iterator[str]:
    """A section for each that was asked for."""
    for title, told in (("Worst case", explanation.robustness), ("Costs", explanation.sensitivity)):
        if told is not None:
            yield from ("", title, *(f"  {sentence}" for sentence in told.sentences))
