"""How many stages, and how large an initiation interval, are worth asking for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..models.certificate import StageBound
from ..models.problem import SchedulingProblem, Value
from .recurrence import overwritten_readers

EXACT_UP_TO = 400  # operations of a component; above, its spread is bounded from one of them

Arcs = Mapping[str, Sequence[tuple[str, int]]]
"""For each operation a: the pairs (b, w) such that every schedule has k[b] - k[a] <= w."""


@dataclass(frozen=True, slots=True)
class Link:
    """Limited storage keeps a reader near the operation that starts the life of what it reads.

    With at most `copies` copies: -distance <= k[reader] - k[start] <= copies + 1 - distance.
    """

    start: str
    reader: str
    copies: int
    distance: int

    @property
    def spread(self) -> int:
        """Stages between the two at most, whichever comes first."""
        return max(self.copies + 1 - self.distance, self.distance)


def compute_stage_bound(problem: SchedulingProblem, minimum: int) -> StageBound:
    """N of docs/constraints.md for every initiation interval from `minimum` (MinII, cycles) on."""
    longest = max(operation.latency_cycles for operation in problem.operations)
    gap = max(_gaps(problem, minimum))
    window = 1 + -(-longest // minimum)
    links = tuple(_held_links(problem))
    components = Components(operation.name for operation in problem.operations)
    for link in links:
        components.join(link.start, link.reader)
    arcs = _stage_arcs(problem, links)
    spread = sum(_widest(members, arcs) for members in components.members())
    # Whether a value is staged depends on the schedule: each such link counts as held or as
    # absent, whichever allows more stages.
    for stages, link in sorted(
        ((max(link.spread, gap), link) for link in _staged_links(problem)),
        key=lambda pair: -pair[0],
    ):
        if components.join(link.start, link.reader):
            spread += stages
    argued = spread + (components.count - 1) * gap + window
    rule = problem.machine.most_stages
    return StageBound(
        stages=argued if rule is None else min(argued, rule),
        kind="argued" if rule is None or argued <= rule else "rule",
        argued=argued,
        components=components.count,
        held_spread=spread,
        gap=gap,
        window=window,
    )


def largest_interval(problem: SchedulingProblem) -> int:
    """The initiation interval at which a problem that is feasible anywhere is feasible (cycles)."""
    operations = sum(
        1
        + o.latency_cycles
        + max((r.offset + r.cycles for r in o.reservations), default=0)
        + o.issue_cycles
        + o.wait_cycles
        for o in problem.operations
    )
    dependences = sum(
        d.latency_cycles + d.handoff_cycles + d.send_cycles + d.receive_cycles
        for d in problem.dependences
    )
    return 1 + operations + dependences


class Components:
    """A partition of names that grows coarser; each part is named by one of its members."""

    def __init__(self, names: Iterable[str]) -> None:
        self._part = {name: name for name in names}
        self._members = {name: [name] for name in self._part}

    @property
    def count(self) -> int:
        """How many parts there are."""
        return len(self._members)

    def members(self) -> Iterator[tuple[str, ...]]:
        """The parts."""
        yield from (tuple(names) for names in self._members.values())

    def join(self, left: str, right: str) -> bool:
        """Make one part of two; returns whether they were two."""
        kept, merged = self._part[left], self._part[right]
        if kept == merged:
            return False
        self._part.update(dict.fromkeys(self._members[merged], kept))
        self._members[kept] += self._members.pop(merged)
        return True


def _gaps(problem: SchedulingProblem, minimum: int) -> Iterator[int]:
    """Stages between two operations of different components that a tight dependence joins."""
    # A queue asks for more through a blocking dependence: the latency of older operations (C4).
    queued = max((o.latency_cycles for o in problem.operations if o.queue is not None), default=0)
    for dependence in problem.dependences:
        delay = dependence.latency_cycles + dependence.handoff_cycles + queued
        yield 1 + -(-delay // minimum)
    yield 1 + -(-queued // minimum)
    if problem.machine.registers is None:
        for reading, overwriting in overwritten_readers(problem):
            latency = problem.operation(reading.target).latency_cycles
            lag = max(0, reading.distance - overwriting.distance)
            yield 1 + -(-latency // minimum) + lag


def _held_links(problem: SchedulingProblem) -> Iterator[Link]:
    available = {memory.name: memory.available for memory in problem.machine.memories}
    buffers = {buffer.name: buffer for buffer in problem.buffers}
    registers = problem.machine.registers
    for value in problem.values:
        if value.buffer is not None:
            buffer = buffers[value.buffer]
            copies = available[buffer.memory] // buffer.size
            yield Link(buffer.opener, value.source, copies, 0)
            yield from _readers(problem, value, buffer.opener, copies)
        if value.registers and registers is not None:
            copies = max(0, registers.most - registers.base) // value.registers
            yield from _readers(problem, value, value.source, copies)


def _staged_links(problem: SchedulingProblem) -> Iterator[Link]:
    limits = {memory.name: memory.available for memory in problem.machine.memories}
    staging = problem.machine.staging_memory
    for value in problem.values:
        staged = max((d.staged_bytes for d in problem.readers(value.name)), default=0)
        if staging is not None and staged:
            yield from _readers(problem, value, value.source, limits[staging] // staged)


def _readers(problem: SchedulingProblem, value: Value, start: str, copies: int) -> Iterator[Link]:
    for dependence in problem.readers(value.name):
        yield Link(start, dependence.target, copies, dependence.distance)


def _stage_arcs(problem: SchedulingProblem, links: Sequence[Link]) -> Arcs:
    arcs: dict[str, dict[str, int]] = {operation.name: {} for operation in problem.operations}

    def limit(start: str, end: str, stages: int) -> None:
        arcs[start][end] = min(stages, arcs[start].get(end, stages))

    for dependence in problem.dependences:
        limit(dependence.target, dependence.source, dependence.distance)
    for link in links:
        limit(link.start, link.reader, link.copies + 1 - link.distance)
    return {start: tuple(ends.items()) for start, ends in arcs.items()}


def _widest(members: tuple[str, ...], arcs: Arcs) -> int:
    """The largest stage difference that the arcs allow between two operations of one component."""
    if len(members) == 1:
        return 0
    if len(members) <= EXACT_UP_TO:
        return max(0, *(max(_furthest(start, members, arcs)) for start in members))
    backwards: dict[str, list[tuple[str, int]]] = {name: [] for name in arcs}
    for start, ends in arcs.items():
        for end, stages in ends:
            backwards[end].append((start, stages))
    root = members[0]
    return max(_furthest(root, members, arcs)) + max(_furthest(root, members, backwards))


def _furthest(start: str, members: Iterable[str], arcs: Arcs) -> Iterator[int]:
    """Shortest paths from one operation, at most as many rounds as a path has operations.

    Circuits below zero would mean that no schedule exists; then any bound will do.
    """
    reach = {start: 0}
    waiting = [start]
    rounds = 0
    while waiting and rounds < len(arcs):
        rounds += 1
        changed: dict[str, None] = {}
        for name in waiting:
            for end, stages in arcs[name]:
                if end not in reach or reach[name] + stages < reach[end]:
                    reach[end] = reach[name] + stages
                    changed[end] = None
        waiting = list(changed)
    return (reach[name] for name in members)
