"""Which role does what: the operations of each in issue order, how they lag, and their budgets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ...models.problem import RegisterFile
from ...models.rows import group_names, group_warps
from ..inputs import Emission

WARPS = 4  # of one aligned warp group


@dataclass(frozen=True, slots=True)
class PlannedOperation:
    """An operation of the schedule within its role."""

    name: str
    kind: str
    members: tuple[str, ...]
    lag: int  # stages behind the first operation of the role
    stage: int
    slot: int
    issue_cycle: int
    latency_cycles: int


@dataclass(frozen=True, slots=True)
class PlannedRole:
    """A role before its steps are known; operations in issue order of the steady state."""

    name: str
    group: int
    warps: Literal[1, 4]
    first_warp: int
    registers: int
    operations: tuple[PlannedOperation, ...]

    @property
    def stages(self) -> int:
        """Periods over which one iteration of the role extends."""
        return 1 + max(operation.lag for operation in self.operations)


@dataclass(frozen=True, slots=True)
class Plan:
    """All roles of a block, and what it is launched with."""

    roles: tuple[PlannedRole, ...]
    threads: int
    entry_registers: int

    def role_of(self, operation: str) -> PlannedRole:
        """The role that issues an operation of the schedule."""
        return next(r for r in self.roles if any(o.name == operation for o in r.operations))


def make_plan(emission: Emission) -> Plan:
    """Roles in the order of their warps: one-warp roles share the first aligned warp group."""
    names = group_names(emission.problem, emission.schedule)
    widths = {g: group_warps(emission.problem, emission.schedule, g) for g in names}
    narrow = [g for g in names if widths[g] == 1]
    wide = [g for g in names if widths[g] == WARPS]
    aligned = len(wide) + (1 if narrow else 0)
    registers = emission.problem.machine.registers
    assert registers is not None, "a profile limits registers"
    budgets = _budgets(emission, registers, wide, aligned)
    first = {g: i for i, g in enumerate(narrow)}
    first |= {g: WARPS * (i + (1 if narrow else 0)) for i, g in enumerate(wide)}
    roles = tuple(
        PlannedRole(
            name=names[g], group=g, warps=1 if widths[g] == 1 else 4, first_warp=first[g],
            registers=budgets.get(g, registers.least), operations=_operations(emission, g),
        )
        for g in (*narrow, *wide)
    )  # fmt: skip
    entry = registers.pool[aligned - 1] // aligned
    return Plan(roles, threads=128 * aligned, entry_registers=entry)


def _operations(emission: Emission, group: int) -> tuple[PlannedOperation, ...]:
    schedule = emission.schedule
    own = [o for o in emission.graph.operations if schedule.warp_group(o.name) == group]
    first = min(schedule.stage(o.name) for o in own)
    planned = [
        PlannedOperation(
            name=o.name, kind=o.kind, members=o.members, lag=schedule.stage(o.name) - first,
            stage=schedule.stage(o.name), slot=schedule.slot(o.name),
            issue_cycle=schedule.issue_cycle(o.name),
            latency_cycles=emission.problem.operation(o.name).latency_cycles,
        )
        for o in own
    ]  # fmt: skip
    place = {o.name: i for i, o in enumerate(own)}
    return tuple(sorted(planned, key=lambda o: (o.slot, -o.lag, place[o.name])))


def _budgets(
    emission: Emission, registers: RegisterFile, wide: list[int], aligned: int
) -> dict[int, int]:
    """What the schedule gives each warp group, and an equal share of what nobody takes.

    More registers cost nothing once the block is launched with them. What cannot be shared goes to
    those that hold most.
    """
    given = {b.warp_group: b.registers_per_thread for b in emission.schedule.budgets}
    narrow = registers.least if aligned > len(wide) else 0
    free = registers.pool[aligned - 1] - narrow - sum(given[g] for g in wide)
    more = free // len(wide) // registers.step * registers.step if wide else 0
    budgets = {g: min(registers.most, given[g] + max(0, more)) for g in wide}
    left = registers.pool[aligned - 1] - narrow - sum(budgets.values())
    for group in sorted(wide, key=lambda g: -budgets[g]):
        if left >= registers.step and budgets[group] + registers.step <= registers.most:
            budgets[group] += registers.step
            left -= registers.step
    return budgets
