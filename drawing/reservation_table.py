"""The modulo reservation table: how much of each unit is taken in each slot, and by what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from ..models.problem import SchedulingProblem
from ..models.schedule import Schedule
from .folding import fold


@dataclass(frozen=True, slots=True)
class Segment:
    """The slots first .. last, in which every unit is used alike."""

    first: int
    last: int
    used: Mapping[str, tuple[int, tuple[str, ...]]]  # unit: quantity, operations


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a reservation in the slots start .. end - 1, folded modulo II."""

    start: int
    end: int
    unit: str
    quantity: int
    operation: str


def reservation_table(problem: SchedulingProblem, schedule: Schedule) -> tuple[Segment, ...]:
    """Segments that cover the slots 0 .. II - 1, as few as possible."""
    interval = schedule.initiation_interval
    blocks = folded_blocks(problem, schedule)
    bounds = sorted({0, interval, *(b.start for b in blocks), *(b.end for b in blocks)})
    segments: list[Segment] = []
    for first, end in pairwise(bounds):
        used = _use([b for b in blocks if b.start <= first < b.end])
        if segments and segments[-1].used == used:
            segments[-1] = Segment(segments[-1].first, end - 1, used)
        else:
            segments.append(Segment(first, end - 1, used))
    return tuple(segments)


def _use(blocks: list[Block]) -> dict[str, tuple[int, tuple[str, ...]]]:
    used: dict[str, tuple[int, tuple[str, ...]]] = {}
    for block in blocks:
        quantity, operations = used.get(block.unit, (0, ()))
        names = operations if block.operation in operations else (*operations, block.operation)
        used[block.unit] = (quantity + block.quantity, names)
    return used


def folded_blocks(problem: SchedulingProblem, schedule: Schedule) -> list[Block]:
    """Every reservation in the slots that it holds, cut where it passes the end of the period."""
    interval = schedule.initiation_interval
    blocks = []
    for operation in problem.operations:
        for held in operation.reservations:
            start = schedule.issue_cycle(operation.name) + held.offset
            folded = fold(start, held.cycles, interval)
            pieces = [(piece, held.quantity) for piece in folded.pieces]
            if folded.whole:
                pieces.insert(0, ((0, interval), held.quantity * folded.whole))
            blocks += [
                Block(first, end, held.unit, amount, operation.name)
                for (first, end), amount in pieces
            ]
    return blocks
