"""Registers of the warp groups: each executes one setmaxnreg at most, all four warps together."""

from __future__ import annotations

from ...models.warp_program import Role, WarpProgram
from ...models.warp_program_checks import GROUP_THREADS
from .scope import GROUP_WARPS, refuse

LEAST_REGISTERS = 24
STEP = 8


def roles_by_group(program: WarpProgram) -> dict[int, list[Role]]:
    """The roles of each aligned warp group of the block, idle groups included."""
    groups: dict[int, list[Role]] = {g: [] for g in range(program.threads // GROUP_THREADS)}
    for role in sorted(program.roles, key=lambda role: role.first_warp):
        groups.setdefault(role.first_warp // GROUP_WARPS, []).append(role)
    return groups


def set_registers(roles: list[Role], entry: int) -> list[str]:
    """The request of a warp group: as many as the neediest of its roles has; idle, the fewest."""
    wanted = max((role.registers for role in roles), default=LEAST_REGISTERS)
    if wanted == entry:
        return []
    if wanted % STEP:
        raise refuse(f"{roles[0].name} has {wanted} registers, which is no multiple of {STEP}")
    return [f"{'fewer' if wanted < entry else 'more'}_registers<{wanted}>();"]
