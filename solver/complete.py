"""A whole schedule from issue cycles and warp groups: least budgets and ring depths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..models.problem import Dependence, RegisterFile, SchedulingProblem, Value
from ..models.schedule import GroupBudget, Placement, RingDepth, Schedule

Life = tuple[int, int, int]
"""First cycle, cycle after the last one, and what is held between them."""


def complete_schedule(
    problem: SchedulingProblem,
    initiation_interval: int,
    issue_cycles: Mapping[str, int],
    warp_groups: Mapping[str, int],
) -> Schedule:
    """The schedule with the least budgets and ring depths that these issue cycles and groups admit.

    Groups other than 0 are interchangeable: they are numbered 1, 2, ... by their first operation
    in the order of the problem. Nothing is checked: where no legal budget suffices, the budget
    exceeds the largest legal one.
    """
    groups = number_groups(problem, warp_groups)
    placements = tuple(
        Placement(operation=o.name, issue_cycle=issue_cycles[o.name], warp_group=groups[o.name])
        for o in problem.operations
    )
    schedule = Schedule(initiation_interval=initiation_interval, placements=placements)
    return Schedule(
        initiation_interval=initiation_interval,
        placements=placements,
        budgets=tuple(_budgets(problem, schedule)),
        rings=tuple(_rings(problem, schedule)),
    )


def number_groups(problem: SchedulingProblem, warp_groups: Mapping[str, int]) -> dict[str, int]:
    """The same partition, groups other than 0 numbered by their first operation."""
    number = {0: 0}
    next_number = 1
    for operation in problem.operations:
        group = warp_groups[operation.name]
        if group not in number:
            number[group] = next_number
            next_number += 1
    return {name: number[group] for name, group in warp_groups.items()}


def value_end(problem: SchedulingProblem, schedule: Schedule, value: Value) -> int:
    """[end(x)] The cycle of the source's own iteration from which the value is not needed."""
    ready = schedule.issue_cycle(value.source) + problem.operation(value.source).latency_cycles
    return max([ready, *(_released(problem, schedule, d) for d in problem.readers(value.name))])


def _released(problem: SchedulingProblem, schedule: Schedule, reader: Dependence) -> int:
    held = problem.operation(reader.target).latency_cycles if reader.release == "end" else 0
    carried = reader.distance * schedule.initiation_interval
    return schedule.issue_cycle(reader.target) + carried + held


def peak_usage(lives: Iterable[Life], initiation_interval: int) -> int:
    """The largest sum held in one slot of the steady state, copies of all iterations included."""
    everywhere = 0
    change: dict[int, int] = {}
    for start, end, held in lives:
        turns, rest = divmod(max(0, end - start), initiation_interval)
        everywhere += turns * held
        first = start % initiation_interval
        _add(change, first, held, rest)
        _add(change, first - initiation_interval, held, rest)
    usage = peak = 0
    for slot in sorted(change):
        usage += change[slot]
        # Outside slots 0 .. II - 1 only some copies are laid out: never more than inside.
        peak = max(peak, usage)
    return everywhere + peak


def _add(change: dict[int, int], start: int, held: int, cycles: int) -> None:
    if cycles:
        change[start] = change.get(start, 0) + held
        change[start + cycles] = change.get(start + cycles, 0) - held


def _rings(problem: SchedulingProblem, schedule: Schedule) -> Iterator[RingDepth]:
    for buffer in problem.buffers:
        kept = (value for value in problem.values if value.buffer == buffer.name)
        end = max(value_end(problem, schedule, value) for value in kept)
        life = end - schedule.issue_cycle(buffer.opener)
        yield RingDepth(buffer=buffer.name, depth=_depth(life, schedule.initiation_interval))
    for value in problem.values:
        if is_staged(problem, schedule, value):
            life = value_end(problem, schedule, value) - schedule.issue_cycle(value.source)
            depth = _depth(life, schedule.initiation_interval)
            yield RingDepth(buffer=f"staged({value.name})", depth=depth)


def _depth(life_cycles: int, initiation_interval: int) -> int:
    return max(1, -(-life_cycles // initiation_interval))


def is_staged(problem: SchedulingProblem, schedule: Schedule, value: Value) -> bool:
    """Whether a reader of the value that is handed staged bytes sits in another warp group."""
    return any(
        d.staged_bytes > 0 and schedule.crosses(d.source, d.target)
        for d in problem.readers(value.name)
    )


def _budgets(problem: SchedulingProblem, schedule: Schedule) -> Iterator[GroupBudget]:
    registers = problem.machine.registers
    for group in schedule.used_groups:
        members = {p.operation for p in schedule.placements if p.warp_group == group}
        wide = any(problem.operation(name).warps == 4 for name in members)
        if registers is None or not wide:
            yield GroupBudget(warp_group=group, registers_per_thread=0)
            continue
        lives = (*_own(problem, schedule, members), *_received(problem, schedule, members))
        peak = peak_usage(lives, schedule.initiation_interval)
        yield GroupBudget(
            warp_group=group, registers_per_thread=least_budget(registers, registers.base + peak)
        )


def least_budget(registers: RegisterFile, needed: int) -> int:
    """The smallest multiple of the step that holds so many registers and is not below the least."""
    return max(registers.least, -(-needed // registers.step) * registers.step)


def _own(problem: SchedulingProblem, schedule: Schedule, members: set[str]) -> Iterator[Life]:
    for value in problem.values:
        if value.registers and value.source in members:
            start = schedule.issue_cycle(value.source)
            yield start, value_end(problem, schedule, value), value.registers


def _received(problem: SchedulingProblem, schedule: Schedule, members: set[str]) -> Iterator[Life]:
    for dependence in problem.dependences:
        if dependence.target in members and dependence.source not in members:
            start = schedule.issue_cycle(dependence.target)
            latency = problem.operation(dependence.target).latency_cycles
            yield start, start + latency, dependence.received_registers
