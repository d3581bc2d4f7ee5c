"""A first schedule by hand: one operation after the other, each where it fits, nothing undone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..models.problem import Dependence, Operation, SchedulingProblem
from ..models.schedule import Schedule
from .complete import complete_schedule
from .legality import Legality, build_legality
from .recurrence import constraint_edges, earliest_issue_cycles
from .verifier import violations

MOST_CELLS = 50_000_000  # slots looked at in one attempt
MOST_OPERATIONS = 400  # the time for the longest paths grows with their cube
BEGINNINGS = 5
PRODUCER = 0


def place_greedily(problem: SchedulingProblem, interval: int, stages: int) -> Schedule | None:
    """A verified schedule at II within so many stages, or None; `interval` is at least RecMII.

    Storage is not looked at while placing: what does not fit shows when the schedule is verified.
    """
    count = len(problem.operations)
    if count > MOST_OPERATIONS or count * problem.machine.warp_groups * interval > MOST_CELLS:
        return None
    legality = build_legality(problem)
    least = longest_paths(problem, legality, interval)
    for patience in (interval, 0):
        placing = _place_all(problem, interval, patience, legality, least)
        if placing is not None:
            schedule = _verified(problem, interval, stages, placing.cycles, placing.groups)
            if schedule is not None:
                return schedule
    return None


def _place_all(
    problem: SchedulingProblem,
    interval: int,
    patience: int,
    legality: Legality,
    least: NDArray[np.float64],
) -> _Placing | None:
    """Begin anew a few times, what fitted nowhere first."""
    ahead: tuple[str, ...] = ()
    for _ in range(BEGINNINGS):
        placing = _Placing(problem, interval, patience, legality, least)
        stuck = placing.run(ahead)
        if stuck is None:
            return placing
        ahead = (stuck, *(name for name in ahead if name != stuck))
    return None


def _verified(
    problem: SchedulingProblem,
    interval: int,
    stages: int,
    cycles: dict[str, int],
    groups: dict[str, int],
) -> Schedule | None:
    first = min(cycles.values())
    moved = {name: cycle - first for name, cycle in cycles.items()}
    over = max(moved[o.name] + o.latency_cycles for o in problem.operations)
    if over > stages * interval:
        return None
    schedule = complete_schedule(problem, interval, moved, groups)
    return None if violations(problem, schedule) else schedule


def longest_paths(
    problem: SchedulingProblem, legality: Legality, interval: int
) -> NDArray[np.float64]:
    """Cycles from issue to issue at least, for every two operations; -inf if nothing links them."""
    count = len(problem.operations)
    paths = np.full((count, count), -np.inf)
    for edge in constraint_edges(problem, legality):
        weight = edge.latency - edge.distance * interval
        paths[edge.source, edge.target] = max(paths[edge.source, edge.target], weight)
    for through in range(count):
        paths = np.maximum(paths, paths[:, through, None] + paths[None, through, :])
    return paths


@dataclass(slots=True)
class _Table:
    """What is used of a unit, or of an issue stream, in each slot."""

    capacity: int
    used: NDArray[np.int64]

    def free(self, quantity: int, cycles: int) -> NDArray[np.bool_]:
        """For each slot: whether a block that starts there fits."""
        interval = len(self.used)
        whole, rest = divmod(cycles, interval)
        room = self.used + quantity * whole
        if (room > self.capacity).any():
            return np.zeros(interval, dtype=np.bool_)
        full = np.concatenate((room, room)) + quantity > self.capacity
        before = np.concatenate(([0], np.cumsum(full)))
        taken = before[rest : rest + interval] - before[:interval]
        return np.asarray(taken == 0)

    def take(self, slot: int, quantity: int, cycles: int) -> None:
        """Use it from that slot on."""
        whole, rest = divmod(cycles, len(self.used))
        self.used += quantity * whole
        self.used[np.arange(slot, slot + rest) % len(self.used)] += quantity


@dataclass(slots=True)
class _Placing:
    problem: SchedulingProblem
    interval: int
    patience: int  # cycles for which an operation may wait for a place that leaves no gap
    legality: Legality
    least: NDArray[np.float64]  # cycles from issue to issue at least
    index: dict[str, int] = field(init=False)
    cycles: dict[str, int] = field(default_factory=dict)
    groups: dict[str, int] = field(default_factory=dict)
    units: dict[str, _Table] = field(init=False)
    streams: dict[int, _Table] = field(init=False)
    entering: dict[str, list[Dependence]] = field(init=False)
    leaving: dict[str, list[Dependence]] = field(init=False)

    def __post_init__(self) -> None:
        machine = self.problem.machine
        self.index = {o.name: i for i, o in enumerate(self.problem.operations)}
        self.units = {u.name: self._table(u.capacity) for u in machine.units}
        self.streams = {w: self._table(1) for w in range(machine.warp_groups)}
        self.entering, self.leaving = defaultdict(list), defaultdict(list)
        for d in self.problem.dependences:
            self.entering[d.target].append(d)
            self.leaving[d.source].append(d)

    def _table(self, capacity: int) -> _Table:
        return _Table(capacity, np.zeros(self.interval, dtype=np.int64))

    def run(self, ahead: Sequence[str]) -> str | None:
        """Place every operation, those of `ahead` first; the name of one that fits nowhere."""
        rank = {name: i for i, name in enumerate(ahead)}
        for operation in sorted(self._order(), key=lambda o: rank.get(o.name, len(ahead))):
            choices = [
                (*place, group)
                for group in self._groups(operation)
                if (place := self._place(operation, group)) is not None
            ]
            if not choices:
                return operation.name
            _, cycle, group = min(choices)
            self._take(operation, cycle, group)
        return None

    def _order(self) -> Iterator[Operation]:
        """By earliest issue cycle; loads come when their readers stand, to be issued late."""
        edges = tuple(constraint_edges(self.problem, self.legality))
        operations = self.problem.operations
        earliest = earliest_issue_cycles(len(operations), edges, self.interval)
        by_cycle = sorted(range(len(operations)), key=lambda i: (earliest[i], i))
        late = {o.name for o in operations if o.variable_latency and not self.entering[o.name]}
        yield from (operations[i] for i in by_cycle if operations[i].name not in late)
        yield from (operations[i] for i in by_cycle if operations[i].name in late)

    def _groups(self, operation: Operation) -> Iterable[int]:
        if operation.variable_latency:
            return (PRODUCER,)
        own = self.legality.class_of[operation.name]
        classes = {self.legality.class_of[name]: group for name, group in self.groups.items()}
        if own in classes:
            return (classes[own],)
        barred = {g for c, g in classes.items() if frozenset((c, own)) in self.legality.apart}
        used = max(self.groups.values(), default=PRODUCER)
        # Groups that nobody sits in are all alike: one of them is enough.
        last = min(used + 1, self.problem.machine.warp_groups - 1)
        return [g for g in range(1, last + 1) if g not in barred]

    def _place(self, operation: Operation, group: int) -> tuple[int, int] | None:
        """Waste and issue cycle in that group, the best there is."""
        first, last = self._window(operation, group)
        ahead = first is not None or last is None
        start = (first or 0) if ahead else (last or 0)
        cycles = start + (1 if ahead else -1) * np.arange(self.interval)
        fits = self._free(operation, group)[cycles % self.interval]
        if first is not None and last is not None:
            fits &= cycles <= last
        found = cycles[fits]
        if not len(found):
            return None
        if last is not None:  # within a recurrence there is no time to lose
            return 0, int(found[0])
        near = found[: np.searchsorted(np.abs(found - start), self.patience, side="right")]
        tight = near[self._tight(operation, near)]
        return (0, int(tight[0])) if len(tight) else (1, int(found[0]))

    def _window(self, operation: Operation, group: int) -> tuple[int | None, int | None]:
        """First and last issue cycle that the operations placed so far leave; None: no limit."""
        own = self.index[operation.name]
        placed = [(self.index[name], cycle) for name, cycle in self.cycles.items()]
        first = [t + self.least[u, own] for u, t in placed]
        last = [t - self.least[own, v] for v, t in placed]
        first += [
            self.cycles[d.source] + self._latency(d, self.groups[d.source], group)
            for d in self.entering[operation.name]
            if d.source in self.cycles
        ]
        last += [
            self.cycles[d.target] - self._latency(d, group, self.groups[d.target])
            for d in self.leaving[operation.name]
            if d.target in self.cycles
        ]
        latest_first, earliest_last = max(first, default=-np.inf), min(last, default=np.inf)
        return (
            int(latest_first) if np.isfinite(latest_first) else None,
            int(earliest_last) if np.isfinite(earliest_last) else None,
        )

    def _latency(self, d: Dependence, source: int, target: int) -> int:
        crossing = d.handoff_cycles if source != target else 0
        return d.latency_cycles + crossing - d.distance * self.interval

    def _free(self, operation: Operation, group: int) -> NDArray[np.bool_]:
        """For each slot: whether units and the issue stream are free from there on."""
        head = self._head(operation)
        free = self.streams[group].free(1, head + operation.issue_cycles)
        free = np.roll(free, head)  # the wait comes before the issue cycle
        for r in operation.reservations:
            free = free & np.roll(self.units[r.unit].free(r.quantity, r.cycles), -r.offset)
        return free

    def _head(self, operation: Operation) -> int:
        blocked = any(d.blocking for d in self.entering[operation.name])
        return operation.wait_cycles if blocked else 0

    def _tight(self, operation: Operation, cycles: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which issue cycles leave no gap behind another block on the unit it fills most."""
        held = [r for r in operation.reservations if 2 * r.quantity > self.units[r.unit].capacity]
        if not held:
            return np.ones(len(cycles), dtype=np.bool_)
        longest = max(held, key=lambda r: r.cycles)
        used = self.units[longest.unit].used
        if not used.any():
            return np.ones(len(cycles), dtype=np.bool_)
        start = cycles + longest.offset
        behind = used[(start - 1) % self.interval] > 0
        before = used[(start + longest.cycles) % self.interval] > 0
        return np.asarray(behind | before)

    def _take(self, operation: Operation, cycle: int, group: int) -> None:
        self.cycles[operation.name], self.groups[operation.name] = cycle, group
        head = self._head(operation)
        slot = (cycle - head) % self.interval
        self.streams[group].take(slot, 1, head + operation.issue_cycles)
        for r in operation.reservations:
            self.units[r.unit].take((cycle + r.offset) % self.interval, r.quantity, r.cycles)
