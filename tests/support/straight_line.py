"""The liveness count that sees one window of iterations, not the steady state around it."""

from twill.models.problem import SchedulingProblem
from twill.models.schedule import Schedule


def straight_line_peak(problem: SchedulingProblem, schedule: Schedule) -> int:
    """Most that all buffers hold while iterations 0 to c - 1 run, c = ceil(length / II).

    A value that a later iteration reads is held to the end of the window; values of iterations
    before 0 are not there, although iteration 0 reads them.
    """
    interval = schedule.initiation_interval
    length = max(schedule.issue_cycle(o.name) + o.latency_cycles for o in problem.operations)
    iterations = -(-length // interval)
    horizon = (iterations - 1) * interval + length
    lives = []
    for buffer in problem.buffers:
        values = [v.name for v in problem.values if v.buffer == buffer.name]
        readers = [d for name in values for d in problem.readers(name)]
        for iteration in range(iterations):
            start = schedule.issue_cycle(buffer.opener) + iteration * interval
            ends = [
                schedule.issue_cycle(d.target)
                + (iteration + d.distance) * interval
                + (problem.operation(d.target).latency_cycles if d.release == "end" else 0)
                for d in readers
            ]
            lives.append((start, min(horizon, max(ends)), buffer.size))
    return max(sum(s for a, b, s in lives if a <= cycle < b) for cycle in range(horizon))
