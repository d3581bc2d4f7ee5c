"""The rows of a timeline as the page draws them: lanes of bars for each warp group and unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...models.errors import UsageError
from ...models.problem import SchedulingProblem
from ...models.schedule import Schedule
from ..expansion import Expansion, expand, steady_window
from ..timeline_rows import Bar, Row, group_rows, unit_rows

MOST_BARS = 8000
"""More than these a browser draws too slowly."""

Fields = dict[str, Any]


def timeline(problem: SchedulingProblem, schedule: Schedule) -> Fields | None:
    """Prologue, steady state and epilogue; None for a schedule that is too large to be drawn."""
    try:
        expansion = expand(problem, schedule)
    except UsageError:
        return None
    if _bars(expansion) > MOST_BARS:
        return None
    phases = [{"name": n, "first": first, "end": end} for n, first, end in expansion.phases]
    return {
        "end": expansion.end,
        "iterations": expansion.iterations,
        "phases": phases,
        **_rows(problem, schedule, expansion),
    }


def steady_period(problem: SchedulingProblem, schedule: Schedule) -> Fields | None:
    """One period of the steady state; bars of earlier iterations begin before cycle 0."""
    try:
        window = steady_window(problem, schedule)
    except UsageError:
        return None
    interval = schedule.initiation_interval
    expansion = Expansion(interval, stages=1, iterations=1, instances=window)
    if _bars(expansion) > MOST_BARS:
        return None
    return {"end": interval, **_rows(problem, schedule, expansion)}


def _bars(expansion: Expansion) -> int:
    return sum(1 + len(instance.operation.reservations) for instance in expansion.instances)


def _rows(problem: SchedulingProblem, schedule: Schedule, expansion: Expansion) -> Fields:
    index = {operation.name: at for at, operation in enumerate(problem.operations)}
    return {
        "groups": [_row(row, index) for row in group_rows(problem, schedule, expansion)],
        "units": [_row(row, index) for row in unit_rows(problem, expansion)],
    }


def _row(row: Row, index: Mapping[str, int]) -> Fields:
    return {
        "name": row.label,
        "note": row.note,
        "lanes": [[_bar(bar, index) for bar in lane] for lane in row.lanes],
    }


def _bar(bar: Bar, index: Mapping[str, int]) -> list[int]:
    """Operation, iteration, and cycles: first, end of what is solid, end of what is in flight."""
    at = index[bar.instance.operation.name]
    return [at, bar.instance.iteration, bar.start, bar.solid_end, bar.end]
