"""Whether a schedule keeps every constraint, by folding it modulo II; the verifier unfolds it."""

from twill.models.problem import SchedulingProblem
from twill.models.schedule import Schedule

from .closure import Closure
from .partitions import is_legal
from .search import distances_hold, hold, stream_is_free, units_are_free
from .storage import fits
from .tables import Tables


def accepts(problem: SchedulingProblem, schedule: Schedule, stages: int) -> bool:
    """Issue cycles and groups only: budgets and depths are taken to be the least that suffice."""
    interval = schedule.initiation_interval
    groups = tuple(schedule.warp_group(o.name) for o in problem.operations)
    if not is_legal(problem, groups):
        return False
    tables = Tables(problem, interval, stages, groups)
    blocks = zip(tables.before, tables.after, strict=True)
    if tables.contradictory or any(before + after > interval for before, after in blocks):
        return False
    cycles = [schedule.issue_cycle(o.name) for o in problem.operations]
    if any(c + late > stages * interval for c, late in zip(cycles, tables.latency, strict=True)):
        return False
    known = Closure(tables.count)
    for u, here in enumerate(cycles):
        for v, there in enumerate(cycles):
            known.add(u, v, there // interval - here // interval)
    used = {unit.name: [0] * interval for unit in problem.machine.units}
    slots: list[int] = []
    for operation, slot in enumerate(cycle % interval for cycle in cycles):
        if not stream_is_free(tables, slots, slot):
            return False
        if not units_are_free(tables, operation, slot, used):
            return False
        hold(tables, operation, slot, used, 1)
        slots.append(slot)
        if not distances_hold(tables, slots, known):
            return False
    return fits(tables, slots, known)
