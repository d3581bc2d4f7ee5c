"""A question as SMT-LIB 2 text, for any solver of linear integer arithmetic."""

from __future__ import annotations

from collections.abc import Iterator

from ..question import Question
from .model import EVERYTHING, Model, build_model
from .terms import FALSE

PIECE_CHARACTERS = 4_000_000


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
    lines = (about, "(set-logic QF_LIA)", *_declarations(model), *_assertions(model))
    return "\n".join((*lines, "(check-sat)", ""))


def pieces(model: Model) -> Iterator[str]:
    """Declarations and assertions in scripts for one reader, which remembers what is declared."""
    lines: list[str] = []
    size = 0
    for line in (*_declarations(model), *_assertions(model)):
        lines.append(line)
        size += len(line)
        if size > PIECE_CHARACTERS:
            yield "\n".join(lines)
            lines, size = [], 0
    yield "\n".join(lines)


def _declarations(model: Model) -> Iterator[str]:
    for name, sort in model.script.sorts.items():
        yield f"(declare-const {name} {sort})"


def _assertions(model: Model) -> Iterator[str]:
    """A comment before each family names it."""
    if model.excluded:
        yield "; differences of issue cycles alone"
        yield f"(assert {FALSE})"
        return
    for formula in model.script.definitions:
        yield f"(assert {formula})"
    family = ""
    for name, labelled in model.constraints:
        if name != family:
            yield f"; {name}"
            family = name
        yield f"(assert {labelled.formula})"
