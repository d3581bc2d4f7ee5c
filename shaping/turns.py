"""Which shapes have to be solved, in which order, and what is proved by it. Solves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from ..models.answer import Status
from ..models.shape_search import ShapeCandidate
from .priced import Priced, Rank

Solve = Callable[[Priced], ShapeCandidate]


def in_order(shapes: Iterable[Priced]) -> tuple[Priced, ...]:
    """The best bound first; then those that need no solve, the refused ones last."""
    turns = {"infeasible": 1, "refused": 2}
    ranked = sorted(shapes, key=lambda shape: shape.rank(shape.row.minimum), reverse=True)
    return tuple(sorted(ranked, key=lambda shape: turns.get(shape.row.status, 0)))


def solve_in_turn(
    priced: Sequence[Priced], solve: Solve, *, every: bool = False
) -> Iterator[ShapeCandidate]:
    """The rows of all shapes, solved but for those that cannot come before one that is proved.

    A shape is outdone if its rank at MinII, the best that it can have, is below the rank of a shape
    whose interval is proved least. What a limit left open rules nothing out.
    """
    best: Rank | None = None
    for shape in priced:
        row = shape.row
        if row.status == "unknown":
            outdone = None if every or best is None else _outdone(shape, best)
            row = outdone or solve(shape)
        if row.status == "optimal":
            rank = shape.rank(row.initiation_interval)
            best = rank if best is None else max(best, rank)
        yield row


def best_of(priced: Sequence[Priced], rows: Sequence[ShapeCandidate]) -> int | None:
    """Where the shape of the highest rank stands among those with a schedule."""
    found = [n for n, row in enumerate(rows) if row.initiation_interval is not None]
    return max(found, key=lambda n: priced[n].rank(rows[n].initiation_interval), default=None)


def status_of(priced: Sequence[Priced], rows: Sequence[ShapeCandidate], best: int | None) -> Status:
    """Optimal: the interval of the best one is proved, and no other shape can come before it."""
    left = [n for n, row in enumerate(rows) if row.status in ("feasible", "unknown")]
    if best is None:
        return "unknown" if left else "infeasible"
    if rows[best].status != "optimal" or any(rows[n].minimum is None for n in left):
        return "feasible"
    found = priced[best].rank(rows[best].initiation_interval)
    most = (priced[n].rank(rows[n].lower_bound or rows[n].minimum) for n in left)
    return "optimal" if all(rank < found for rank in most) else "feasible"


def _outdone(shape: Priced, best: Rank) -> ShapeCandidate | None:
    row = shape.row
    most = shape.rank(row.minimum)
    if row.minimum is None or most >= best:
        return None
    words = "at best equal to" if most[0] == best[0] else "its bound is below"
    reason = f"not solved: {words} {float(best[0]):,.1f}"
    told = {"status": "outdone", "reason": reason, "lower_bound": row.minimum}
    return row.model_copy(update=told)
