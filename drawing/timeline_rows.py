"""What the rows of a drawn timeline show: the lanes of each warp group and of each unit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..models.problem import FunctionalUnit, SchedulingProblem
from ..models.rows import group_names
from ..models.schedule import Schedule
from .expansion import Expansion, Instance, UnitBlock, lanes, unit_blocks


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle: full colour in start .. solid_end - 1, pale from there to end - 1 (cycles)."""

    start: int
    solid_end: int
    end: int
    instance: Instance
    about: str


@dataclass(frozen=True, slots=True)
class Row:
    """The lanes of one warp group or unit."""

    label: str
    note: str
    lanes: tuple[tuple[Bar, ...], ...]


def group_rows(
    problem: SchedulingProblem, schedule: Schedule, expansion: Expansion
) -> Iterator[Row]:
    """One row for each warp group in use, with its register budget."""
    budgets = {b.warp_group: b.registers_per_thread for b in schedule.budgets}
    for group, name in group_names(problem, schedule).items():
        bars = [_stream_bar(i) for i in expansion.instances if i.warp_group == group]
        registers = budgets.get(group, 0)
        note = f"{registers} registers" if registers else ""
        yield Row(name, note, _laid(bars))


def unit_rows(problem: SchedulingProblem, expansion: Expansion) -> Iterator[Row]:
    """One row for each unit that is used, with its load in the steady state."""
    blocks = tuple(unit_blocks(expansion.instances))
    for unit in problem.machine.units:
        bars = [_unit_bar(block, unit) for block in blocks if block.unit == unit.name]
        if bars:
            yield Row(unit.name, _load(problem, unit, expansion.initiation_interval), _laid(bars))


def _load(problem: SchedulingProblem, unit: FunctionalUnit, interval: int) -> str:
    """The share of the unit's capacity that the steady state takes."""
    held = [r for o in problem.operations for r in o.reservations if r.unit == unit.name]
    work = sum(reservation.quantity * reservation.cycles for reservation in held)
    return f"{100 * work / (unit.capacity * interval):.0f} %"


def _laid(bars: Iterable[Bar]) -> tuple[tuple[Bar, ...], ...]:
    found = lanes((bar.start, bar.end, bar) for bar in bars)
    return tuple(tuple(bar for _, _, bar in lane) for lane in found)


def _stream_bar(instance: Instance) -> Bar:
    operation = instance.operation
    issued = instance.issue_cycle + operation.issue_cycles
    costs = f"issue {operation.issue_cycles:,}, latency {operation.latency_cycles:,} cycles"
    return Bar(instance.issue_cycle, issued, instance.end, instance, _about(instance, costs))


def _unit_bar(block: UnitBlock, unit: FunctionalUnit) -> Bar:
    share = f"{block.quantity:,} of {unit.capacity:,}"
    about = _about(block.instance, f"holds {share} for {block.end - block.start:,} cycles")
    return Bar(block.start, block.end, block.end, block.instance, about)


def _about(instance: Instance, more: str) -> str:
    where = f"iteration {instance.iteration}, cycle {instance.issue_cycle:,}"
    return f"{instance.operation.name}: {where}; {more}"
