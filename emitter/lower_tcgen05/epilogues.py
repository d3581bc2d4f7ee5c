"""Warp groups that only store results, where nobody computes in the loop."""

from __future__ import annotations

from collections.abc import Sequence

from ..inputs import Emission
from ..lower.plan import WARPS, Plan, PlannedRole

MOST = 2  # warp groups that store; more have no work of their own in a tile of 256 rows
GROUP = 16  # beyond all warp groups of a schedule


def with_epilogues(plan: Plan, emission: Emission, stored: Sequence[str]) -> Plan:
    """The plan with a role for each stored part, if it has no warp group that could store it."""
    if any(role.warps == WARPS for role in plan.roles) or not stored:
        return plan
    registers = emission.problem.machine.registers
    assert registers is not None, "a profile limits registers"
    count = min(MOST, len(stored), len(registers.pool) - 1)
    # Warps that copy and multiply need the least; all the rest is for those that store.
    free = (registers.pool[count] - registers.least) // count
    each = min(registers.most, free) // registers.step * registers.step
    added = tuple(
        PlannedRole(
            name=f"epilogue-{number}", group=GROUP + number, warps=4,
            first_warp=WARPS * number, registers=each, operations=(),
        )
        for number in range(1, count + 1)
    )  # fmt: skip
    return Plan(
        (*plan.roles, *added),
        threads=32 * WARPS * (count + 1),
        entry_registers=registers.pool[count] // (count + 1),
    )
