"""A schedule drawn together: the least II with the same stages, groups and orders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from ..models.problem import Dependence, SchedulingProblem
from ..models.schedule import Schedule
from .complete import complete_schedule, is_staged
from .recurrence import Edge, around, earliest_issue_cycles, overwritten_readers, steepest_circuit

MOST_EDGES = 20_000  # beyond, asking a backend is quicker


@dataclass(frozen=True, slots=True)
class Hold:
    """Something is held from the issue of `start` to the latest of the `ends`.

    An end is an operation, a distance and the cycles after the issue of that instance.
    """

    start: str
    ends: tuple[tuple[str, int, int], ...]


def draw_together(problem: SchedulingProblem, schedule: Schedule, stages: int) -> Schedule | None:
    """The same schedule at the least initiation interval that its discrete choices admit.

    Stages, warp groups and the order of whatever must not meet are kept; so what is held at once
    only shrinks, and all that is left are differences of issue cycles. None if nothing is gained.
    Only for the class without offsets; the result is to be verified like any other.
    """
    retiming = _Retiming(problem, schedule)
    edges = tuple(retiming.edges(stages))
    if len(edges) > MOST_EDGES:
        return None
    latency, distance = around(steepest_circuit(len(problem.operations) + 1, edges))
    interval = max(1, -(-latency // distance))
    if interval >= schedule.initiation_interval:
        return None
    slots = earliest_issue_cycles(len(problem.operations) + 1, edges, interval)
    cycles = {
        o.name: schedule.stage(o.name) * interval + slots[i]
        for i, o in enumerate(problem.operations)
    }
    groups = {o.name: schedule.warp_group(o.name) for o in problem.operations}
    return complete_schedule(problem, interval, cycles, groups)


class _Retiming:
    def __init__(self, problem: SchedulingProblem, schedule: Schedule) -> None:
        self.problem = problem
        self.schedule = schedule
        self.index = {o.name: i for i, o in enumerate(problem.operations)}
        self.root = len(self.index)  # stands at slot 0

    def edges(self, stages: int) -> Iterator[Edge]:
        """Differences of slots: what holds now, with the stages as they are."""
        for operation in self.problem.operations:
            name, stage = operation.name, self.schedule.stage(operation.name)
            yield Edge(self.root, self.index[name], 0, 0)
            yield Edge(self.index[name], self.root, 1, 1)
            yield Edge(self.index[name], self.root, operation.latency_cycles, stages - stage)
        yield from self._dependences()
        yield from self._streams()
        yield from self._queues()
        for together in self._held():
            yield from self._apart(together)

    def _edge(self, source: str, target: str, latency: int, distance: int) -> Edge:
        """t[target] + distance * II >= t[source] + latency, for slots."""
        turn = self.schedule.stage(target) - self.schedule.stage(source)
        return Edge(self.index[source], self.index[target], latency, distance + turn)

    def _after(self, source: str, target: str, latency: int) -> Edge:
        """The first instance of the target that follows, by so many cycles, still does."""
        cycles = self.schedule.issue_cycle
        late = cycles(source) + latency - cycles(target)
        return self._edge(source, target, latency, -(-late // self.schedule.initiation_interval))

    def _crosses(self, dependence: Dependence) -> bool:
        group = self.schedule.warp_group
        return group(dependence.source) != group(dependence.target)

    def _dependences(self) -> Iterator[Edge]:
        for d in self.problem.dependences:
            handoff = d.handoff_cycles if self._crosses(d) else 0
            yield self._edge(d.source, d.target, d.latency_cycles + handoff, d.distance)
        for reading, overwriting in overwritten_readers(self.problem):
            latency = self.problem.operation(reading.target).latency_cycles
            distance = overwriting.distance - reading.distance
            yield self._edge(reading.target, overwriting.target, latency, distance)

    def _streams(self) -> Iterator[Edge]:
        heads = {name: self._head(name) for name in self.index}
        tails = {name: self._tail(name) for name in self.index}
        for group in self.schedule.used_groups:
            members = [n for n in self.index if self.schedule.warp_group(n) == group]
            for u, v in product(members, members):
                blocked = tails[u] + heads[v]
                yield self._edge(u, u, blocked, 1) if u == v else self._after(u, v, blocked)

    def _head(self, name: str) -> int:
        entering = [d for d in self.problem.dependences if d.target == name]
        wait = self.problem.operation(name).wait_cycles if any(d.blocking for d in entering) else 0
        return wait + sum(d.receive_cycles for d in entering if self._crosses(d))

    def _tail(self, name: str) -> int:
        leaving = [d for d in self.problem.dependences if d.source == name]
        sent: dict[str | None, int] = {}
        for d in leaving:
            if self._crosses(d):
                sent[d.value] = max(sent.get(d.value, 0), d.send_cycles)
        return self.problem.operation(name).issue_cycles + sum(sent.values())

    def _queues(self) -> Iterator[Edge]:
        """C4b, for the instance of the older operation that is waited for now."""
        cycles, interval = self.schedule.issue_cycle, self.schedule.initiation_interval
        for d in self.problem.dependences:
            queue = self.problem.operation(d.source).queue
            if not d.blocking or queue is None:
                continue
            for other in self.problem.operations:
                same_group = self.schedule.warp_group(other.name) == self.schedule.warp_group(
                    d.source
                )
                if other.queue != queue or other.name == d.source or not same_group:
                    continue
                instance = (cycles(d.source) - cycles(other.name)) // interval
                latency = other.latency_cycles
                yield self._edge(other.name, d.target, latency, d.distance - instance)
                yield self._edge(d.source, other.name, 1, instance + 1)

    def _apart(self, holds: Sequence[Hold]) -> Iterator[Edge]:
        """No instance of one meets an instance of another that it does not meet now."""
        cycles, interval = self.schedule.issue_cycle, self.schedule.initiation_interval
        for held, other in product(holds, holds):
            end = max(cycles(name) + d * interval + after for name, d, after in held.ends)
            turns = -(-(end - cycles(other.start)) // interval)
            for name, distance, after in held.ends:
                yield self._edge(name, other.start, after, turns - distance)

    def _held(self) -> Iterator[tuple[Hold, ...]]:
        """What shares a unit, a memory or the registers of a warp group."""
        for unit in self.problem.machine.units:
            yield tuple(
                Hold(o.name, ((o.name, 0, r.cycles),))
                for o in self.problem.operations
                for r in o.reservations
                if r.unit == unit.name
            )
        for memory in self.problem.machine.memories:
            tiles = (*self._buffers(memory.name), *self._staged(memory.name))
            if memory.allocation == "pooled":
                yield tiles
            else:  # each ring keeps its depth, wherever the others are
                yield from ((tile,) for tile in tiles)
        for group in self.schedule.used_groups if self.problem.machine.registers else ():
            yield (*self._registers(group), *self._received(group))

    def _ends(self, value: str) -> Iterator[tuple[str, int, int]]:
        latency = {o.name: o.latency_cycles for o in self.problem.operations}
        source = self.problem.value(value).source
        yield source, 0, latency[source]
        for d in self.problem.readers(value):
            yield d.target, d.distance, latency[d.target] if d.release == "end" else 0

    def _buffers(self, memory: str) -> Iterator[Hold]:
        for buffer in self.problem.buffers:
            if buffer.memory == memory:
                kept = [v.name for v in self.problem.values if v.buffer == buffer.name]
                yield Hold(buffer.opener, tuple(_chained(self._ends(name) for name in kept)))

    def _staged(self, memory: str) -> Iterator[Hold]:
        if memory != self.problem.machine.staging_memory:
            return
        for value in self.problem.values:
            if is_staged(self.problem, self.schedule, value):
                yield Hold(value.source, tuple(self._ends(value.name)))

    def _registers(self, group: int) -> Iterator[Hold]:
        for value in self.problem.values:
            if value.registers and self.schedule.warp_group(value.source) == group:
                yield Hold(value.source, tuple(self._ends(value.name)))

    def _received(self, group: int) -> Iterator[Hold]:
        for d in self.problem.dependences:
            if (
                d.received_registers
                and self._crosses(d)
                and self.schedule.warp_group(d.target) == group
            ):
                latency = self.problem.operation(d.target).latency_cycles
                yield Hold(d.target, ((d.target, 0, latency),))


def _chained(parts: Iterable[Iterator[tuple[str, int, int]]]) -> Iterator[tuple[str, int, int]]:
    for part in parts:
        yield from part
