"""Ways to make one schedule of another: at random, at a larger II, at a smaller II."""

from random import Random

from twill.models.problem import SchedulingProblem
from twill.models.schedule import Schedule
from twill.solver.complete import complete_schedule
from twill.solver.verifier import violations

Cycles = dict[str, int]
Groups = dict[str, int]


def parts(schedule: Schedule) -> tuple[Cycles, Groups]:
    """Issue cycles and warp groups by operation."""
    cycles = {p.operation: p.issue_cycle for p in schedule.placements}
    return cycles, {p.operation: p.warp_group for p in schedule.placements}


def nudge(problem: SchedulingProblem, schedule: Schedule, draw: Random) -> Schedule:
    """One operation elsewhere: a few cycles away, an interval away, or in another warp group."""
    cycles, groups = parts(schedule)
    name = draw.choice(problem.operations).name
    interval = schedule.initiation_interval
    if draw.random() < 0.25:
        groups[name] = draw.randrange(problem.machine.warp_groups)
    else:
        step = draw.choice((-interval, -2, -1, 1, 2, interval, draw.randrange(interval)))
        cycles[name] = max(0, cycles[name] + step)
    return complete_schedule(problem, interval, cycles, groups)


def wander(problem: SchedulingProblem, schedule: Schedule, draw: Random, moves: int) -> Schedule:
    """A schedule some accepted moves away from an accepted one."""
    for _ in range(moves):
        moved = nudge(problem, schedule, draw)
        if not violations(problem, moved):
            schedule = moved
    return schedule


def stretch(problem: SchedulingProblem, schedule: Schedule, interval: int) -> Schedule:
    """The same stages, slots and groups at another II: t' = k * II' + r."""
    cycles, groups = parts(schedule)
    stretched = {n: schedule.stage(n) * interval + schedule.slot(n) for n in cycles}
    return complete_schedule(problem, interval, stretched, groups)


def shorten(problem: SchedulingProblem, schedule: Schedule, draw: Random) -> Schedule | None:
    """The schedule at II - 1 without a slot in which nothing runs; None if there is none."""
    interval = schedule.initiation_interval
    idle = sorted(set(range(interval)) - _running(problem, schedule))
    if not idle:
        return None
    slot = draw.choice(idle)
    cycles, groups = parts(schedule)
    kept = {n: c - c // interval - (c % interval > slot) for n, c in cycles.items()}
    return complete_schedule(problem, interval - 1, kept, groups)


def _running(problem: SchedulingProblem, schedule: Schedule) -> set[int]:
    """Slots in one of the windows, from or to an issue, that the bound of the II sums up."""
    running: set[int] = set()
    for o in problem.operations:
        before = o.wait_cycles + sum(
            d.receive_cycles for d in problem.dependences if d.target == o.name
        )
        out = [d for d in problem.dependences if d.source == o.name]
        after = max(
            1,
            o.latency_cycles,
            o.issue_cycles + sum(d.send_cycles for d in out),
            *(r.offset + r.cycles for r in o.reservations),
            *(d.latency_cycles + d.handoff_cycles for d in out),
        )
        issued = schedule.issue_cycle(o.name)
        running.update(
            c % schedule.initiation_interval for c in range(issued - before, issued + after)
        )
    return running
