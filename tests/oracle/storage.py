"""What lives hold: at least, and exactly once all distances are known (C7, C8)."""

from collections.abc import Iterable

from twill.models.problem import RegisterFile

from .closure import Closure
from .tables import Life, Tables

Held = tuple[int, int, int]
"""From that slot on, for so many cycles, so much."""


def fits(tables: Tables, slots: list[int], stages: Closure) -> bool:
    """Whether the shortest lives that the distances admit fit memories, budgets and the block.

    Of operations without a slot only the area of their lives counts. Once every distance between
    the ends of a life is known, the count is exact; before, it is never too large.
    """
    lives = [(life, shortest(tables, life, slots, stages)) for life in tables.lives]
    for memory in tables.problem.machine.memories:
        here = [(life, cycles) for life, cycles in lives if life.place == memory.name]
        if memory.allocation == "ring":
            depths = ((life.size, max(1, -(-cycles // tables.interval))) for life, cycles in here)
            taken = sum(size * depth for size, depth in depths)
        else:
            taken = _peak(tables, slots, here, ())
        if taken > memory.available:
            return False
    registers = tables.problem.machine.registers
    return registers is None or _registers_fit(tables, registers, slots, lives)


def shortest(tables: Tables, life: Life, slots: list[int], stages: Closure) -> int:
    """Cycles that a life takes at least."""
    start, placed = life.start, len(slots)
    longest = 0
    for end, extra in life.ends:
        if start < placed and end < placed:
            apart = stages.at[start][end] * tables.interval + slots[end] - slots[start]
        else:
            apart = tables.differences[start][end]
        longest = max(longest, apart + extra)
    return longest


def _registers_fit(
    tables: Tables, registers: RegisterFile, slots: list[int], lives: list[tuple[Life, int]]
) -> bool:
    taken = 0
    for group in tables.wide:
        here = [(life, cycles) for life, cycles in lives if life.place == f"group {group}"]
        needed = registers.base + _peak(tables, slots, here, _received(tables, slots, group))
        budget = registers.least
        while budget < needed:
            budget += registers.step
        if budget > registers.most:
            return False
        taken += budget
    narrow = any(group not in tables.wide for group in tables.groups)
    taken += registers.least if narrow else 0
    return taken <= registers.pool[len(tables.wide) + narrow - 1]


def _received(tables: Tables, slots: list[int], group: int) -> Iterable[Held]:
    for target, registers in tables.received:
        if tables.groups[target] == group and target < len(slots):
            yield slots[target], tables.latency[target], registers


def _peak(
    tables: Tables, slots: list[int], lives: list[tuple[Life, int]], more: Iterable[Held]
) -> int:
    """Most held in one slot, or on the average over all slots if that is more."""
    interval = tables.interval
    row = [0] * interval
    area = 0
    held = [(slots[x.start], cycles, x.size) for x, cycles in lives if x.start < len(slots)]
    for slot, cycles, size in (*held, *more):
        turns, rest = divmod(cycles, interval)
        area += turns * size * interval  # every slot of a whole turn
        for cycle in range(slot, slot + rest):
            row[cycle % interval] += size
    whole = area // interval
    waiting = sum(cycles * x.size for x, cycles in lives if x.start >= len(slots))
    return max(whole + max(row), -(-(area + sum(row) + waiting) // interval))
