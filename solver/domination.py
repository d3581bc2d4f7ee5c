"""Which of two problems asks for more: a schedule of that one is a schedule of the other."""

from __future__ import annotations

from ..models.document import Document
from ..models.problem import (
    DEPENDENCE_TIMES,
    OPERATION_TIMES,
    Dependence,
    Operation,
    SchedulingProblem,
)

WORDS = {"line": None, "summary": ""}


def dominates(more: SchedulingProblem, less: SchedulingProblem) -> bool:
    """Whether no duration and no reserved quantity of `more` is below that of `less`.

    All else is equal. Then every schedule of `more` is one of `less` (docs/constraints.md,
    monotone in costs). False where this is not seen.
    """
    alike = all(
        getattr(more, field) == getattr(less, field)
        for field in ("machine", "values", "buffers", "rules")
    )
    return (
        alike
        and len(more.operations) == len(less.operations)
        and len(more.dependences) == len(less.dependences)
        and all(map(_asks_more, more.operations, less.operations))
        and all(map(_waits_longer, more.dependences, less.dependences))
    )


def _asks_more(more: Operation, less: Operation) -> bool:
    if not _is_alike(more, less, (*OPERATION_TIMES, "reservations")):
        return False
    held = {(r.unit, r.offset): r for r in more.reservations}
    if len(held) != len(more.reservations):
        return more.reservations == less.reservations
    return all(
        (block := held.get((r.unit, r.offset))) is not None
        and block.quantity >= r.quantity
        and block.cycles >= r.cycles
        for r in less.reservations
    ) and len({(r.unit, r.offset) for r in less.reservations}) == len(less.reservations)


def _waits_longer(more: Dependence, less: Dependence) -> bool:
    return _is_alike(more, less, DEPENDENCE_TIMES)


def _is_alike(more: Document, less: Document, grown: tuple[str, ...]) -> bool:
    """Equal but for the fields named, none of which is smaller in `more`; words do not count."""
    for field in type(more).model_fields:
        one, other = getattr(more, field), getattr(less, field)
        if field in grown:
            if field != "reservations" and one < other:
                return False
        elif field not in WORDS and one != other:
            return False
    return True
