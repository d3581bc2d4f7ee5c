"""The least initiation interval by trying everything: groups, then slots, then stages.

Nothing is skipped that could be a schedule: a branch is left only when a constraint among what is
already placed fails. Translations in time are not told apart: the first operation sits in slot 0,
and the window is asked for as a distance between operations.
"""

from collections.abc import Iterator

from twill.models.problem import SchedulingProblem
from twill.models.schedule import Schedule
from twill.solver.complete import complete_schedule
from twill.solver.verifier import verify_schedule

from .closure import Closure
from .partitions import partitions
from .storage import fits
from .tables import Tables


def least_initiation_interval(problem: SchedulingProblem, stages: int, most_ii: int) -> int | None:
    """The smallest II up to most_ii with a schedule of at most so many stages, or None."""
    for interval in range(1, most_ii + 1):
        if find_schedule(problem, interval, stages) is not None:
            return interval
    return None


def find_schedule(problem: SchedulingProblem, interval: int, stages: int) -> Schedule | None:
    """A schedule at this II of at most so many stages, accepted by the verifier, or None."""
    names = _most_constrained_first(problem)
    ordered = problem.model_copy(update={"operations": tuple(map(problem.operation, names))})
    for groups in partitions(ordered):
        cycles = _place(Tables(ordered, interval, stages, groups))
        if cycles is not None:
            found = complete_schedule(
                problem,
                interval,
                dict(zip(names, cycles, strict=True)),
                dict(zip(names, groups, strict=True)),
            )
            verify_schedule(problem, found)
            return found
    return None


def _most_constrained_first(problem: SchedulingProblem) -> list[str]:
    """Operations in the order in which slots are tried: those that leave little room come first."""
    capacity = {unit.name: unit.capacity for unit in problem.machine.units}
    load = {
        operation.name: operation.issue_cycles
        + sum(2 * r.quantity * r.cycles / capacity[r.unit] for r in operation.reservations)
        for operation in problem.operations
    }
    return sorted(load, key=lambda name: -load[name])


def _place(tables: Tables) -> list[int] | None:
    """Issue cycles for these groups, the earliest of them 0."""
    if _contradicts(tables):
        return None
    used = {u.name: [0] * tables.interval for u in tables.problem.machine.units}
    for cycles in _slots(tables, [], Closure(tables.count), used):
        first = min(cycles)
        return [cycle - first for cycle in cycles]
    return None


def _contradicts(tables: Tables) -> bool:
    """Whether the distances, or the length of one block, alone admit no schedule."""
    if any(b + a > tables.interval for b, a in zip(tables.before, tables.after, strict=True)):
        return True
    return tables.contradictory or not fits(tables, [], Closure(tables.count))


def _slots(
    tables: Tables, slots: list[int], stages: Closure, used: dict[str, list[int]]
) -> Iterator[list[int]]:
    """Issue cycles that extend these slots of the first operations."""
    if len(slots) == tables.count:
        yield from _stages(tables, slots, stages)
        return
    operation = len(slots)
    for slot in range(tables.interval if slots else 1):
        if not stream_is_free(tables, slots, slot):
            continue
        if not units_are_free(tables, operation, slot, used):
            continue
        extended = [*slots, slot]
        closer = stages.copy()
        if not distances_hold(tables, extended, closer) or not fits(tables, extended, closer):
            continue
        hold(tables, operation, slot, used, 1)
        yield from _slots(tables, extended, closer, used)
        hold(tables, operation, slot, used, -1)


def stream_is_free(tables: Tables, slots: list[int], slot: int) -> bool:
    """C3, C4a: the blocks of one group do not meet round the circle of slots."""
    new, ii = len(slots), tables.interval
    for old, placed in enumerate(slots):
        if tables.groups[old] != tables.groups[new]:
            continue
        first, second = (old, new) if placed <= slot else (new, old)
        apart = abs(slot - placed)
        follows = _follows(tables, first, second, apart, ii)
        if not follows and (apart or not _follows(tables, second, first, 0, ii)):
            return False
    return True


def _follows(tables: Tables, first: int, second: int, apart: int, ii: int) -> bool:
    onward = apart >= tables.after[first] + tables.before[second]
    return onward and ii - apart >= tables.after[second] + tables.before[first]


def units_are_free(tables: Tables, operation: int, slot: int, used: dict[str, list[int]]) -> bool:
    """C2."""
    for unit in tables.problem.machine.units:
        held = tables.usage[operation].get(unit.name)
        if held is not None:
            row = used[unit.name]
            for after, quantity in enumerate(held):
                if quantity and row[(slot + after) % tables.interval] + quantity > unit.capacity:
                    return False
    return True


def hold(tables: Tables, operation: int, slot: int, used: dict[str, list[int]], sign: int) -> None:
    for unit, held in tables.usage[operation].items():
        row = used[unit]
        for after, quantity in enumerate(held):
            row[(slot + after) % tables.interval] += sign * quantity


def distances_hold(tables: Tables, slots: list[int], stages: Closure) -> bool:
    """C1, C6, C9, the window and C4b, among the placed, for the operation placed last."""
    new, ii = len(slots) - 1, tables.interval
    for other in range(new):
        for u, v in ((other, new), (new, other)):
            if not stages.add(u, v, -((slots[v] - slots[u] - tables.differences[u][v]) // ii)):
                return False
    for waiting in tables.retired:
        u, v, o = waiting.waited, waiting.target, waiting.older
        if max(u, v, o) != new:
            continue
        since = (slots[u] - slots[o]) % ii
        least = waiting.latency - since - waiting.extra
        if u == v and least > 0:
            return False
        if u != v and not stages.add(u, v, -((slots[v] - slots[u] - least) // ii)):
            return False
    return True


def _stages(tables: Tables, slots: list[int], stages: Closure) -> Iterator[list[int]]:
    """Stages for these slots: the distances that lives depend on are tried one by one."""
    links = dict.fromkeys((life.start, end) for life in tables.lives for end, _ in life.ends)
    loose = [(s, v) for s, v in links if stages.at[s][v] != -stages.at[v][s]]
    if not loose:
        if fits(tables, slots, stages):
            earliest = (max(column) for column in zip(*stages.at, strict=True))
            yield [k * tables.interval + r for k, r in zip(earliest, slots, strict=True)]
        return
    start, end = loose[0]
    for apart in range(stages.at[start][end], -stages.at[end][start] + 1):
        fixed = stages.copy()
        fixed.add(start, end, apart)
        if fixed.add(end, start, -apart) and fits(tables, slots, fixed):
            yield from _stages(tables, slots, fixed)
