"""A schedule as people read it: named warp groups, operations in issue order, sizes of rings."""

from __future__ import annotations

from collections.abc import Iterator

from .answer import OperationRow, RingRow, WarpGroupRow
from .problem import SchedulingProblem
from .schedule import RingDepth, Schedule


def schedule_rows(problem: SchedulingProblem, schedule: Schedule) -> dict[str, object]:
    """The fields of an answer that its schedule decides."""
    return {
        "initiation_interval": schedule.initiation_interval,
        "schedule_length": schedule_length(problem, schedule),
        "stages": stage_count(schedule),
        "operations": operation_rows(problem, schedule),
        "warp_groups": warp_group_rows(problem, schedule),
        "rings": ring_rows(problem, schedule),
    }


def group_names(problem: SchedulingProblem, schedule: Schedule) -> dict[int, str]:
    """A name for each warp group in use: producer, compute-1, compute-2, ..., issuer-1, ...

    Group 0 is the producer; an issuer is one warp that only starts asynchronous operations.
    """
    names: dict[int, str] = {}
    counts = {"compute": 0, "issuer": 0}
    for group in schedule.used_groups:
        kind = "compute" if group_warps(problem, schedule, group) == 4 else "issuer"
        if group == 0:
            names[group] = "producer"
            continue
        counts[kind] += 1
        names[group] = f"{kind}-{counts[kind]}"
    return names


def group_warps(problem: SchedulingProblem, schedule: Schedule, group: int) -> int:
    """Warps of a warp group: as many as its widest operation needs."""
    return max(o.warps for o in problem.operations if schedule.warp_group(o.name) == group)


def operation_rows(problem: SchedulingProblem, schedule: Schedule) -> tuple[OperationRow, ...]:
    """Every operation, earliest issue cycle first."""
    names = group_names(problem, schedule)
    rows = (
        OperationRow(
            name=operation.name,
            issue_cycle=schedule.issue_cycle(operation.name),
            stage=schedule.stage(operation.name),
            slot=schedule.slot(operation.name),
            warp_group=names[schedule.warp_group(operation.name)],
            summary=operation.summary,
            line=operation.line,
        )
        for operation in problem.operations
    )
    return tuple(sorted(rows, key=lambda row: row.issue_cycle))


def warp_group_rows(problem: SchedulingProblem, schedule: Schedule) -> tuple[WarpGroupRow, ...]:
    """Every warp group in use, with its operations in the issue order of the steady state."""
    budgets = {budget.warp_group: budget.registers_per_thread for budget in schedule.budgets}
    names = group_names(problem, schedule)
    return tuple(
        WarpGroupRow(
            name=names[group],
            index=group,
            warps=group_warps(problem, schedule, group),
            registers_per_thread=budgets.get(group, 0),
            operations=_issue_order(problem, schedule, group),
        )
        for group in schedule.used_groups
    )


def _issue_order(problem: SchedulingProblem, schedule: Schedule, group: int) -> tuple[str, ...]:
    mine = [o.name for o in problem.operations if schedule.warp_group(o.name) == group]
    return tuple(sorted(mine, key=schedule.slot))


def ring_rows(problem: SchedulingProblem, schedule: Schedule) -> tuple[RingRow, ...]:
    """Every ring with the memory it lies in and what it takes there."""
    return tuple(_ring_rows(problem, schedule))


def _ring_rows(problem: SchedulingProblem, schedule: Schedule) -> Iterator[RingRow]:
    buffers = {buffer.name: (buffer.memory, buffer.size) for buffer in problem.buffers}
    for ring in schedule.rings:
        memory, size = buffers.get(ring.buffer) or _staged(problem, ring)
        yield RingRow(
            buffer=ring.buffer,
            memory=memory,
            depth=ring.depth,
            slot_size=size,
            total=ring.depth * size,
        )


def _staged(problem: SchedulingProblem, ring: RingDepth) -> tuple[str, int]:
    value = ring.buffer.removeprefix("staged(").removesuffix(")")
    size = max((reader.staged_bytes for reader in problem.readers(value)), default=0)
    return problem.machine.staging_memory or "none", size


def schedule_length(problem: SchedulingProblem, schedule: Schedule) -> int:
    """Cycles from the first issue to the last completion of one iteration."""
    first = min(placement.issue_cycle for placement in schedule.placements)
    last = max(schedule.issue_cycle(o.name) + o.latency_cycles for o in problem.operations)
    return last - first


def stage_count(schedule: Schedule) -> int:
    """How many iterations issue operations in the steady state."""
    return 1 + max(schedule.stage(placement.operation) for placement in schedule.placements)
