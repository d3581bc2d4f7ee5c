"""A schedule in a terminal: steady state, prologue, and modulo reservation table."""

from __future__ import annotations

from collections.abc import Iterable

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


def reservation_chart(problem: SchedulingProblem, schedule: Schedule) -> Table:
    """The modulo reservation table, slots with equal use in one row."""
    segments = reservation_table(problem, schedule)
    capacity = {unit.name: unit.capacity for unit in problem.machine.units}
    used = [name for name in capacity if any(name in segment.used for segment in segments)]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("slots", justify="right")
    for unit in used:
        table.add_column(f"{unit} /{capacity[unit]:,}", no_wrap=True)
    for segment in segments[:MOST_SEGMENTS]:
        table.add_row(_slots(segment), *(_cell(segment, unit) for unit in used))
    if len(segments) > MOST_SEGMENTS:
        table.add_row(f"... {len(segments) - MOST_SEGMENTS} more rows")
    return table


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


def _cell(segment: Segment, unit: str) -> str:
    if unit not in segment.used:
        return ""
    quantity, operations = segment.used[unit]
    return f"{quantity:,} {' '.join(operations)}"
