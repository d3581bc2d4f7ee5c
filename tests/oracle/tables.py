"""A problem at one initiation interval and one assignment of warp groups, as numbers by index."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from twill.models.problem import Dependence, SchedulingProblem, Value

from .closure import close


@dataclass(frozen=True, slots=True)
class Life:
    """Held from the issue of `start` to the largest of t[v] + extra over (v, extra) in `ends`."""

    start: int
    ends: tuple[tuple[int, int], ...]
    size: int
    place: str  # a memory, or `group W`
    most: int  # copies at most, whatever else is held


@dataclass(frozen=True, slots=True)
class Retired:
    """C4b: t[target] + extra - t[waited] + (r[waited] - r[older]) mod II >= latency."""

    waited: int
    target: int
    older: int
    extra: int
    latency: int


class Tables:
    """Everything that is constant once the initiation interval, the stages and the groups are."""

    def __init__(
        self, problem: SchedulingProblem, interval: int, stages: int, groups: Sequence[int]
    ) -> None:
        self.problem, self.interval, self.stages, self.groups = problem, interval, stages, groups
        self.count = len(problem.operations)
        self.index = {o.name: i for i, o in enumerate(problem.operations)}
        self.latency = [o.latency_cycles for o in problem.operations]
        self.wide = {
            group
            for group in groups
            if any(
                o.warps == 4 for o, g in zip(problem.operations, groups, strict=True) if g == group
            )
        }
        self.before, self.after = self._blocks()
        self.usage = self._usage()
        self.lives = tuple(self._lives())
        self.retired = tuple(self._retired())
        self.received = tuple(
            (self.index[d.target], d.received_registers)
            for d in problem.dependences
            if d.received_registers and self.crosses(d)
        )
        closed = close(self._differences())
        self.contradictory = closed is None  # no schedule, whatever the slots
        # m[u][v]: t[v] - t[u] is at least this (C1, C6, C9, the window, one life alone)
        self.differences: list[list[int]] = closed or []

    def crosses(self, dependence: Dependence) -> bool:
        """Whether its operations sit in different groups."""
        ends = self.index[dependence.source], self.index[dependence.target]
        return self.groups[ends[0]] != self.groups[ends[1]]

    def _blocks(self) -> tuple[list[int], list[int]]:
        """Issue cycles before and after the issue of each operation (C3, C4, C6)."""
        before, after = [], []
        for operation in self.problem.operations:
            into = [d for d in self.problem.dependences if d.target == operation.name]
            out = [d for d in self.problem.dependences if d.source == operation.name]
            wait = operation.wait_cycles if any(d.blocking for d in into) else 0
            before.append(wait + sum(d.receive_cycles for d in into if self.crosses(d)))
            send = 0
            for value in {d.value for d in out}:
                costs = [d.send_cycles for d in out if d.value == value and self.crosses(d)]
                send += max(costs, default=0)
            after.append(operation.issue_cycles + send)
        return before, after

    def _usage(self) -> list[dict[str, list[int]]]:
        """Per operation and unit: what it holds in each slot after its own, folded modulo II."""
        tables = []
        for operation in self.problem.operations:
            held: dict[str, list[int]] = {}
            for block in operation.reservations:
                folded = held.setdefault(block.unit, [0] * self.interval)
                for cycle in range(block.offset, block.offset + block.cycles):
                    folded[cycle % self.interval] += block.quantity
            tables.append(held)
        return tables

    def _lives(self) -> Iterator[Life]:
        problem = self.problem
        available = {m.name: m.available for m in problem.machine.memories}
        for buffer in problem.buffers:
            kept = [value for value in problem.values if value.buffer == buffer.name]
            ends = tuple(end for value in kept for end in self._ends(value))
            most = available[buffer.memory] // buffer.size
            yield Life(self.index[buffer.opener], ends, buffer.size, buffer.memory, most)
        for value in problem.values:
            source = self.index[value.source]
            reads = problem.readers(value.name)
            staging = problem.machine.staging_memory
            if staging is not None and any(d.staged_bytes and self.crosses(d) for d in reads):
                size = max(d.staged_bytes for d in reads)
                most = available[staging] // size
                yield Life(source, tuple(self._ends(value)), size, staging, most)
            registers, group = problem.machine.registers, self.groups[source]
            if registers is not None and value.registers and group in self.wide:
                most = max(0, registers.most - registers.base) // value.registers
                yield Life(
                    source, tuple(self._ends(value)), value.registers, f"group {group}", most
                )

    def _ends(self, value: Value) -> Iterator[tuple[int, int]]:
        source = self.index[value.source]
        yield source, self.latency[source]
        for d in self.problem.readers(value.name):
            target = self.index[d.target]
            held = self.latency[target] if d.release == "end" else 0
            yield target, d.distance * self.interval + held

    def _retired(self) -> Iterator[Retired]:
        operations = self.problem.operations
        for d in self.problem.dependences:
            waited, target = self.index[d.source], self.index[d.target]
            queue = operations[waited].queue
            if not d.blocking or queue is None:
                continue
            for older, other in enumerate(operations):
                same = self.groups[older] == self.groups[waited]
                if older != waited and other.queue == queue and same:
                    extra = d.distance * self.interval
                    yield Retired(waited, target, older, extra, other.latency_cycles)

    def _differences(self) -> list[list[int]]:
        n, ii = range(self.count), self.interval
        over = self.stages * ii
        least = [[self.latency[u] - over for _ in n] for u in n]

        def ask(u: int, v: int, cycles: int) -> None:
            least[u][v] = max(least[u][v], cycles)

        for d in self.problem.dependences:
            late = d.handoff_cycles if self.crosses(d) else 0
            cycles = d.latency_cycles + late - d.distance * ii
            ask(self.index[d.source], self.index[d.target], cycles)
        for value in self.problem.values:
            if value.registers or value.buffer:
                for writer, reader in self._overwrites(value):
                    cycles = self.latency[self.index[reader.target]]
                    apart = (reader.distance - writer.distance) * ii
                    ask(self.index[reader.target], self.index[writer.target], cycles + apart)
        for life in self.lives:
            for end, extra in life.ends:
                ask(end, life.start, extra - life.most * ii)
        return least

    def _overwrites(self, value: Value) -> Iterator[tuple[Dependence, Dependence]]:
        reads = self.problem.readers(value.name)
        for writer in (d for d in reads if d.release == "start"):
            for reader in (d for d in reads if d.release == "end"):
                if reader.target != writer.target:
                    yield writer, reader
