"""What lives hold: a bound from the distances known so far, and the exact count (C7, C8)."""

from collections.abc import Iterable

from .closure import Closure
from .tables import Life, Tables


def may_fit(tables: Tables, slots: list[int], stages: Closure) -> bool:
    """False only if the shortest lives that the bounds admit already hold too much."""
    area: dict[str, int] = {}
    rings: dict[str, int] = {}
    for life in tables.lives:
        cycles = _shortest(tables, life, slots, stages)
        depth = max(1, -(-cycles // tables.interval))
        area[life.place] = area.get(life.place, 0) + cycles * life.size
        rings[life.place] = rings.get(life.place, 0) + depth * life.size
    for memory in tables.problem.machine.memories:
        if memory.allocation == "ring":
            if rings.get(memory.name, 0) > memory.available:
                return False
        elif area.get(memory.name, 0) > memory.available * tables.interval:
            return False
    registers = tables.problem.machine.registers
    if registers is None:
        return True
    room = (registers.most - registers.base) * tables.interval
    return all(area.get(f"group {group}", 0) <= room for group in tables.wide)


def _shortest(tables: Tables, life: Life, slots: list[int], stages: Closure) -> int:
    start, placed = life.start, len(slots)
    longest = 0
    for end, extra in life.ends:
        if start < placed and end < placed:
            apart = stages.at[start][end] * tables.interval + slots[end] - slots[start]
        else:
            apart = tables.differences[start][end]
        longest = max(longest, apart + extra)
    return longest


def fits(tables: Tables, slots: list[int], stages: Closure) -> bool:
    """The exact count; every distance that a life depends on is known."""
    lives = [(life, _shortest(tables, life, slots, stages)) for life in tables.lives]
    for memory in tables.problem.machine.memories:
        here = [(life, cycles) for life, cycles in lives if life.place == memory.name]
        if memory.allocation == "ring":
            depths = ((life.size, max(1, -(-cycles // tables.interval))) for life, cycles in here)
            taken = sum(size * depth for size, depth in depths)
        else:
            taken = _peak(tables, ((slots[x.start], cycles, x.size) for x, cycles in here))
        if taken > memory.available:
            return False
    return _registers_fit(tables, slots, lives)


def _registers_fit(tables: Tables, slots: list[int], lives: list[tuple[Life, int]]) -> bool:
    registers = tables.problem.machine.registers
    if registers is None:
        return True
    budgets = []
    for group in tables.wide:
        held = [(slots[x.start], c, x.size) for x, c in lives if x.place == f"group {group}"]
        held += [
            (slots[v], tables.latency[v], d.received_registers)
            for d in tables.problem.dependences
            if tables.groups[v := tables.index[d.target]] == group and tables.crosses(d)
        ]
        needed = registers.base + _peak(tables, held)
        legal = range(registers.least, registers.most + 1, registers.step)
        budgets.append(min((budget for budget in legal if budget >= needed), default=None))
    if None in budgets:
        return False
    narrow = any(group not in tables.wide for group in tables.groups)
    taken = sum(b for b in budgets if b is not None) + (registers.least if narrow else 0)
    return taken <= registers.pool[len(budgets) + narrow - 1]


def _peak(tables: Tables, lives: Iterable[tuple[int, int, int]]) -> int:
    """Most held in one slot by lives of (slot, cycles, size)."""
    row = [0] * tables.interval
    for slot, cycles, size in lives:
        for cycle in range(slot, slot + cycles):
            row[cycle % tables.interval] += size
    return max(row)
