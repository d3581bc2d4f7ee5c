"""The modulo reservation table: how much of each unit is taken in each slot, and by what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from ..models.problem import SchedulingProblem
from ..models.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Segment:
    """The slots first .. last, in which every unit is used alike."""

    first: int
    last: int
    used: Mapping[str, tuple[int, tuple[str, ...]]]  # unit: quantity, operations


@dataclass(frozen=True, slots=True)
class _Block:
    """A piece of a reservation in the slots start .. end - 1, folded modulo II."""

    start: int
    end: int
    unit: str
    quantity: int
    operation: str


def reservation_table(problem: SchedulingProblem, schedule: Schedule) -> tuple[Segment, ...]:
    """Segments that cover the slots 0 .. II - 1, as few as possible."""
    interval = schedule.initiation_interval
    blocks = _folded_blocks(problem, schedule)
    bounds = sorted({0, interval, *(b.start for b in blocks), *(b.end for b in blocks)})
    segments: list[Segment] = []
    for first, end in pairwise(bounds):
        used = _use([b for b in blocks if b.start <= first < b.end])
        if segments and segments[-1].used == used:
            segments[-1] = Segment(segments[-1].first, end - 1, used)
        else:
            segments.append(Segment(first, end - 1, used))
    return tuple(segments)


def _use(blocks: list[_Block]) -> dict[str, tuple[int, tuple[str, ...]]]:
    used: dict[str, tuple[int, tuple[str, ...]]] = {}
    for block in blocks:
        quantity, operations = used.get(block.unit, (0, ()))
        names = operations if block.operation in operations else (*operations, block.operation)
        used[block.unit] = (quantity + block.quantity, names)
    return used


def _folded_blocks(problem: SchedulingProblem, schedule: Schedule) -> list[_Block]:
    interval = schedule.initiation_interval
    blocks = []
    for operation in problem.operations:
        for held in operation.reservations:
            whole, rest = divmod(held.cycles, interval)
            start = (schedule.issue_cycle(operation.name) + held.offset) % interval
            pieces = [(0, interval)] * min(whole, 1)
            quantity = [held.quantity * whole] * min(whole, 1)
            for piece in _wrapped(start, rest, interval):
                pieces.append(piece)
                quantity.append(held.quantity)
            blocks += [
                _Block(first, end, held.unit, amount, operation.name)
                for (first, end), amount in zip(pieces, quantity, strict=True)
            ]
    return blocks


def _wrapped(start: int, length: int, interval: int) -> list[tuple[int, int]]:
    """A block of less than II cycles, cut where it passes the end of the period."""
    if not length:
        return []
    end = start + length
    if end <= interval:
        return [(start, end)]
    return [(start, interval), (0, end - interval)]
