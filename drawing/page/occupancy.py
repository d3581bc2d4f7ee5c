"""What memories and registers hold in each slot of a period: C7 and C8 of docs/constraints.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...models.problem import SchedulingProblem
from ...models.rows import group_names, group_warps
from ...models.schedule import Schedule
from ..folding import Folded, fold, folded_total


@dataclass(frozen=True, slots=True)
class Holding:
    """One buffer or value, held by every iteration: `amount` for each of its live copies."""

    name: str
    amount: int
    folded: Folded


@dataclass(frozen=True, slots=True)
class Occupancy:
    """What lies in one memory, or in the registers of one warp group, over the slots of a period.

    Amounts are bytes, columns of Tensor Memory, or registers per thread.
    """

    name: str
    unit: str
    limit: int  # what may be held in any slot, `base` included
    base: int  # held in every slot, whatever the schedule
    reserved: int | None  # what all rings take, whether their slots are live or not; None: no rings
    holdings: tuple[Holding, ...]
    steps: tuple[tuple[int, int], ...]  # (slot, amount from there on), without `base`

    @property
    def peak(self) -> int:
        """The most that is held in any slot, `base` included."""
        return self.base + max(amount for _, amount in self.steps)


def memory_occupancies(problem: SchedulingProblem, schedule: Schedule) -> tuple[Occupancy, ...]:
    """One for each memory in which something lies."""
    depths = {ring.buffer: ring.depth for ring in schedule.rings}
    found = []
    for memory in problem.machine.memories:
        held = [
            *_buffers(problem, schedule, memory.name),
            *(_staged(problem, schedule) if memory.name == problem.machine.staging_memory else ()),
        ]
        if not held and not memory.resident:
            continue
        rings = memory.allocation == "ring"
        taken = sum(depths.get(holding.name, 1) * holding.amount for holding in held)
        found.append(
            _occupancy(
                schedule, memory.name, memory.unit, memory.capacity, memory.resident, held,
                memory.resident + taken if rings else None,
            )
        )  # fmt: skip
    return tuple(found)


def register_occupancies(problem: SchedulingProblem, schedule: Schedule) -> tuple[Occupancy, ...]:
    """One for each warp group of four warps; none where the machine does not limit registers."""
    registers = problem.machine.registers
    if registers is None:
        return ()
    budgets = {b.warp_group: b.registers_per_thread for b in schedule.budgets}
    return tuple(
        _occupancy(
            schedule, name, "registers per thread", budgets.get(group, 0), registers.base,
            [*_produced(problem, schedule, group), *_received(problem, schedule, group)], None,
        )
        for group, name in group_names(problem, schedule).items()
        if group_warps(problem, schedule, group) == 4
    )  # fmt: skip


def _occupancy(
    schedule: Schedule, name: str, unit: str, limit: int, base: int, held: list[Holding],
    reserved: int | None,
) -> Occupancy:  # fmt: skip
    spans = ((holding.folded, holding.amount) for holding in held)
    steps = folded_total(spans, schedule.initiation_interval)
    return Occupancy(name, unit, limit, base, reserved, tuple(held), steps)


def _buffers(problem: SchedulingProblem, schedule: Schedule, memory: str) -> Iterator[Holding]:
    for buffer in problem.buffers:
        if buffer.memory == memory:
            start = schedule.issue_cycle(buffer.opener)
            kept = [v.name for v in problem.values if v.buffer == buffer.name]
            end = max((_end(problem, schedule, name) for name in kept), default=start)
            folded = fold(start, end - start, schedule.initiation_interval)
            yield Holding(buffer.name, buffer.size, folded)


def _staged(problem: SchedulingProblem, schedule: Schedule) -> Iterator[Holding]:
    for value in problem.values:
        readers = problem.readers(value.name)
        if any(r.staged_bytes and schedule.crosses(r.source, r.target) for r in readers):
            size = max(reader.staged_bytes for reader in readers)
            name = f"staged({value.name})"
            yield Holding(name, size, _life(problem, schedule, value.name, value.source))


def _produced(problem: SchedulingProblem, schedule: Schedule, group: int) -> Iterator[Holding]:
    for value in problem.values:
        if value.registers and schedule.warp_group(value.source) == group:
            folded = _life(problem, schedule, value.name, value.source)
            yield Holding(value.name, value.registers, folded)


def _received(problem: SchedulingProblem, schedule: Schedule, group: int) -> Iterator[Holding]:
    for read in problem.dependences:
        mine = schedule.warp_group(read.target) == group
        if mine and read.received_registers and schedule.crosses(read.source, read.target):
            start = schedule.issue_cycle(read.target)
            cycles = problem.operation(read.target).latency_cycles
            folded = fold(start, cycles, schedule.initiation_interval)
            name = f"{read.source} received by {read.target}"
            yield Holding(name, read.received_registers, folded)


def _life(problem: SchedulingProblem, schedule: Schedule, value: str, source: str) -> Folded:
    start = schedule.issue_cycle(source)
    length = _end(problem, schedule, value) - start
    return fold(start, length, schedule.initiation_interval)


def _end(problem: SchedulingProblem, schedule: Schedule, value: str) -> int:
    """The cycle at which its last reader releases the value of iteration 0."""
    source = problem.operation(problem.value(value).source)
    ends = [schedule.issue_cycle(source.name) + source.latency_cycles]
    for read in problem.readers(value):
        start = schedule.issue_cycle(read.target) + read.distance * schedule.initiation_interval
        held = problem.operation(read.target).latency_cycles if read.release == "end" else 0
        ends.append(start + held)
    return max(ends)
