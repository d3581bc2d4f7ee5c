"""The table of a sweep: for people, for a report, for a spreadsheet, for a program."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from io import StringIO

from ..models.sweep import SweepReport, SweepRow


def sweep_text(report: SweepReport, form: str) -> str:
    """The report in one of the formats; KeyError for any other."""
    return FORMATS[form](report)


def _text(report: SweepReport) -> str:
    from .tables import table_text

    lines = [table_text(_table(report)).rstrip("\n"), ""]
    lines += [f"{_named(row)}: {row.reason}" for row in _explained(report)]
    return "\n".join((*lines, summary(report), ""))


def _markdown(report: SweepReport) -> str:
    rows = _table(report)
    lines = [_line(tuple(rows[0])), _line(tuple("---" for _ in rows[0]))]
    lines += [_line(tuple(map(_escaped, row.values()))) for row in rows]
    reasons = [f"- {_escaped(_named(row))}: {_escaped(row.reason)}" for row in _explained(report)]
    return "\n".join((*lines, "", *reasons, *([""] if reasons else []), summary(report), ""))


def _json(report: SweepReport) -> str:
    return report.model_dump_json(indent=1) + "\n"


def _csv(report: SweepReport) -> str:
    """Every field, in the units of the model; empty where there is nothing."""
    rows = [row.model_dump(mode="json", exclude={"problem"}) for row in report.rows]
    out = StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


FORMATS: Mapping[str, Callable[[SweepReport], str]] = {
    "text": _text,
    "json": _json,
    "markdown": _markdown,
    "csv": _csv,
}


def summary(report: SweepReport) -> str:
    """One sentence on the whole."""
    counted = ", ".join(f"{count} {status}" for status, count in sorted(report.counts.items()))
    resumed = sum(row.resumed for row in report.rows)
    taken = f", {resumed} of an earlier run" if resumed else ""
    rows = f"{len(report.rows)} row{'' if len(report.rows) == 1 else 's'}"
    return f"{rows}: {counted}{taken}; {report.seconds:.1f} s"


def _table(report: SweepReport) -> list[dict[str, str]]:
    """A row of cells for each; with shapes, if one has any."""
    has_shapes = any(row.shape for row in report.rows)
    return [_cells(row, {"shape": row.shape} if has_shapes else {}) for row in report.rows]


def _cells(row: SweepRow, shape: Mapping[str, str]) -> dict[str, str]:
    return {
        "kernel": row.kernel,
        "GPU": row.gpu,
        **shape,
        "status": row.status,
        "II": _number(row.initiation_interval),
        "MinII": _number(row.minimum),
        "no II below": _number(row.lower_bound),
        "stages": _number(row.stages),
        "warp groups": _number(row.warp_groups),
        "seconds": f"{row.seconds:.2f}",
    }


def _named(row: SweepRow) -> str:
    return f"{row.kernel} on {row.gpu}" if row.gpu else row.kernel


def _explained(report: SweepReport) -> list[SweepRow]:
    return [row for row in report.rows if row.reason and row.status != "open"]


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    for sign in "\\|<*_`[":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", " ")
