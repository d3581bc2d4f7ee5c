"""A question as SMT-LIB 2 text, for any solver of linear integer arithmetic."""

from __future__ import annotations

from ..question import Question
from .model import EVERYTHING, Model, build_model
from .terms import FALSE


def smtlib_text(question: Question, parts: frozenset[str] = EVERYTHING) -> str:
    """A script, satisfiable exactly if the question has a schedule, that ends in check-sat.

    Raises LimitReached where it would be too large.
    """
    model = build_model(question, parts)
    assert model is not None
    about = (
        f"; {question.problem.name} at initiation interval {question.initiation_interval}, "
        f"{question.stages} stages"
    )
    return "\n".join((about, "(set-logic QF_LIA)", assertions(model), "(check-sat)", ""))


def assertions(model: Model) -> str:
    """Declarations and assertions; a comment before each family names it."""
    if model.excluded:
        return f"; differences of issue cycles alone\n(assert {FALSE})"
    lines = [f"(declare-const {name} {sort})" for name, sort in model.script.sorts.items()]
    lines += [f"(assert {formula})" for formula in model.script.definitions]
    family = ""
    for name, labelled in model.constraints:
        if name != family:
            lines.append(f"; {name}")
            family = name
        lines.append(f"(assert {labelled.formula})")
    return "\n".join(lines)
