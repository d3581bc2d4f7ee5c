"""What a search over shapes found, as a sentence and as rows of a table."""

from __future__ import annotations

from ..models.shape_search import ShapeCandidate, ShapeSearch


def shape_headline(search: ShapeSearch) -> str:
    """The best shape, how sure that is, and how many were solved for it."""
    solved = f"solved {search.solves} of {len(search.candidates)} shapes"
    if search.best is None:
        none = "no shape has" if search.status == "infeasible" else "no shape was found to have"
        return f"{search.status}: {none} a schedule; {solved}"
    best = search.candidates[search.best]
    rate = f"{best.throughput:,.1f} {search.unit} a cycle, II {best.initiation_interval:,}"
    sure = "no shape has more" if search.status == "optimal" else "others may have more"
    return f"{search.status}: {shape_text(best)}: {rate}; {sure}; {solved}"


def shape_text(row: ShapeCandidate) -> str:
    """`BLOCK_M = 128, split BLOCK_M = 2`: every value that was chosen."""
    return ", ".join(f"{name} = {value}" for name, value in _values(row).items())


def shape_rows(search: ShapeSearch) -> list[dict[str, str]]:
    """One row for each shape, the best one marked; `-` for what does not exist."""
    return [
        {
            "": "*" if number == search.best else "",
            **{name: str(value) for name, value in _values(row).items()},
            "MinII": _count(row.minimum),
            "at most": _rate(row.most_throughput),
            "II": _count(row.initiation_interval),
            f"{search.unit} a cycle": _rate(row.throughput),
            "status": row.status,
            "reason": row.reason,
        }
        for number, row in enumerate(search.candidates)
    ]


def _values(row: ShapeCandidate) -> dict[str, int]:
    splits = {f"split {name}": value for name, value in row.shape.split.items()}
    return {**row.shape.sizes, **splits}


def _count(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _rate(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f}"
