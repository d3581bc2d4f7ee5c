"""What a search over shapes found, as sentences and as rows of a table."""

from __future__ import annotations

from ..models.shape import named_values, shape_text
from ..models.shape_search import ShapeCandidate, ShapeSearch


def shape_headline(search: ShapeSearch) -> str:
    """The best shape, how sure that is, and how many were solved for it."""
    solved = f"solved {search.solves} of {len(search.candidates)} shapes"
    if search.best is None:
        none = "no shape has" if search.status == "infeasible" else "no shape was found to have"
        return f"{search.status}: {none} a schedule; {solved}"
    best = search.candidates[search.best]
    rate = f"{best.throughput:,.1f} {search.unit} a cycle, II {best.initiation_interval:,}"
    return f"{search.status}: {shape_text(best.shape)}: {rate}; {_sure(search)}; {solved}"


def shape_notes(search: ShapeSearch) -> tuple[str, ...]:
    """What else is to be said of the comparison, a sentence each."""
    ties = sum(search.could_tie(candidate) for candidate in search.candidates)
    if not ties:
        return search.notes
    them = "1 shape that was not solved is" if ties == 1 else f"{ties} that were not solved are"
    tie = f"{them} at best equal to it, with no fewer bytes loaded for the same work"
    return (tie, *search.notes)


def shape_rows(search: ShapeSearch) -> list[dict[str, str]]:
    """One row for each shape, the best one marked; `-` for what does not exist."""
    return [
        {
            "": "*" if number == search.best else "",
            **{name: str(value) for name, value in named_values(row.shape).items()},
            "MinII": _count(row.minimum),
            "at most": _rate(row.most_throughput),
            "II": _count(row.initiation_interval),
            f"{search.unit} a cycle": _rate(row.throughput),
            "bytes loaded": _count(row.loaded_bytes),
            "status": _status(search, row),
        }
        for number, row in enumerate(search.candidates)
    ]


def shape_reasons(search: ShapeSearch) -> tuple[str, ...]:
    """Why shapes are refused, have no schedule, or were not decided: a sentence for each."""
    return tuple(
        f"{shape_text(row.shape)}: {row.status}: {_first_of(row.reason)}"
        for row in search.candidates
        if row.reason and row.status != "outdone"
    )


def _status(search: ShapeSearch, row: ShapeCandidate) -> str:
    if row.status != "outdone":
        return row.status
    return "outdone: at best equal" if search.could_tie(row) else "outdone"


def _first_of(reason: str) -> str:
    """The first of several causes, and how many there are beside it."""
    first, *others = reason.split("; ")
    return f"{first} (and {len(others)} more)" if others else first


def _sure(search: ShapeSearch) -> str:
    if search.status == "optimal":
        return "no shape has more"
    if search.best is not None and search.candidates[search.best].status != "optimal":
        return "it or others may have more: a limit was reached"
    if search.may_have_more():
        return "others may have more: a limit was reached"
    return "none has more, but one that loads less may have as much: a limit was reached"


def _count(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _rate(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f}"
