"""A schedule in a terminal: steady state, prologue, and modulo reservation table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from rich.table import Table
from rich.text import Text

from ..models.problem import SchedulingProblem
from ..models.rows import group_names, stage_count
from ..models.schedule import Schedule
from .chart import Bar, Row, draw_chart
from .expansion import Instance, expand, lanes, steady_window, unit_blocks
from .reservation_table import Segment, reservation_table

MOST_SEGMENTS = 48  # rows of the modulo reservation table that are printed


def steady_state_chart(problem: SchedulingProblem, schedule: Schedule, width: int) -> Text:
    """One period of the steady state, cycles 0 .. II - 1; `name@-1` is of the iteration before."""
    window = steady_window(problem, schedule)
    rows = _rows(problem, schedule, window, 0, schedule.initiation_interval)
    return draw_chart(rows, 0, schedule.initiation_interval, width)


def prologue_chart(problem: SchedulingProblem, schedule: Schedule, width: int) -> Text:
    """The first iterations, up to the end of the first period in which all stages are busy."""
    last = stage_count(schedule) * schedule.initiation_interval
    expansion = expand(problem, schedule, steady_periods=1)
    seen = [instance for instance in expansion.instances if instance.issue_cycle < last]
    return draw_chart(_rows(problem, schedule, seen, 0, last), 0, last, width)


def reservation_chart(problem: SchedulingProblem, schedule: Schedule, width: int) -> Table:
    """The modulo reservation table, slots with equal use in one row.

    Where the width allows it, each cell names the operations beside the quantity.
    """
    segments = reservation_table(problem, schedule)
    capacity = {unit.name: unit.capacity for unit in problem.machine.units}
    used = [name for name in capacity if any(name in segment.used for segment in segments)]
    heads = ["slots", *(f"{unit} /{capacity[unit]:,}" for unit in used)]
    shown = segments[:MOST_SEGMENTS]
    named = [[_slots(segment), *(_named(segment, unit) for unit in used)] for segment in shown]
    bare = [[_slots(segment), *(_bare(segment, unit) for unit in used)] for segment in shown]
    rows = named if _table_width(heads, named) <= width else bare
    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, head in enumerate(heads):
        justify: Literal["left", "right"] = "right" if index == 0 or rows is bare else "left"
        table.add_column(head, justify=justify, min_width=max(map(len, head.split())))
    for row in rows:
        table.add_row(*row)
    if len(segments) > MOST_SEGMENTS:
        table.add_row(f"+ {len(segments) - MOST_SEGMENTS} rows")
    return table


def _table_width(heads: list[str], rows: list[list[str]]) -> int:
    columns = zip(heads, *rows, strict=True)
    return sum(max(map(len, column)) + 2 for column in columns)


def _rows(
    problem: SchedulingProblem,
    schedule: Schedule,
    instances: Iterable[Instance],
    first: int,
    last: int,
) -> list[Row]:
    """Lanes of each warp group, then of each unit that is used, within the cycles first .. last."""
    seen = tuple(instances)
    rows: list[Row] = []
    for group, name in group_names(problem, schedule).items():
        bars = [_stream_bar(i) for i in seen if i.warp_group == group]
        rows += _lane_rows(name, bars, first, last)
    blocks = tuple(unit_blocks(seen))
    for unit in problem.machine.units:
        bars = [
            Bar(b.start, b.end, b.end, _label(b.instance), b.instance.iteration)
            for b in blocks
            if b.unit == unit.name
        ]
        rows += _lane_rows(unit.name, bars, first, last)
    return rows


def _lane_rows(label: str, bars: Iterable[Bar], first: int, last: int) -> list[Row]:
    spans = [
        (max(bar.start, first), min(bar.end, last), bar)
        for bar in bars
        if bar.start < last and bar.end > first
    ]
    return [Row(label, tuple(_clipped(*span) for span in lane)) for lane in lanes(spans)]


def _clipped(start: int, end: int, bar: Bar) -> Bar:
    return Bar(start, min(max(bar.solid_end, start), end), end, bar.label, bar.iteration)


def _stream_bar(instance: Instance) -> Bar:
    issued = instance.issue_cycle + instance.operation.issue_cycles
    return Bar(instance.issue_cycle, issued, instance.end, _label(instance), instance.iteration)


def _label(instance: Instance) -> str:
    name = instance.operation.name
    return name if instance.iteration == 0 else f"{name}@{instance.iteration}"


def _slots(segment: Segment) -> str:
    if segment.first == segment.last:
        return f"{segment.first:,}"
    return f"{segment.first:,}-{segment.last:,}"


def _named(segment: Segment, unit: str) -> str:
    if unit not in segment.used:
        return ""
    quantity, operations = segment.used[unit]
    return f"{quantity:,} {' '.join(operations)}"


def _bare(segment: Segment, unit: str) -> str:
    return f"{segment.used[unit][0]:,}" if unit in segment.used else ""
