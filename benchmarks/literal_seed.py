"""The paper's first phase: the modulo schedule of least length at one II, by CBC."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from twill.benchmarks.literal_model import LiteralProblem

QUESTION_SECONDS = 20.0

Paths = dict[str, int]
"""Cycles by operation."""


def modulo_schedule_length(problem: LiteralProblem, interval: int, seconds: float) -> int | None:
    """LEN(M) of a shortest modulo schedule at that II, without warps; None if there is none.

    One variable for each operation and cycle, as usual for such programs. Windows by longest paths
    and bisection over the length spare CBC most of its work; a length that it does not decide in
    QUESTION_SECONDS counts as too short. Raises TimeoutError.
    """
    until = time.monotonic() + seconds
    first = _before(problem, interval)
    least = max(first[v.name] + v.cycles for v in problem.vertices)
    # Operations one after the other, each in a free slot, take no longer than this.
    most = least + len(problem.vertices) * interval
    failed, found, step = least - 1, None, 1
    while found is None or found - failed > 1:
        # Most shortest schedules are not much longer than the critical path.
        length = min(failed + step, most) if found is None else (failed + found) // 2
        if _is_long_enough(problem, interval, length, until - time.monotonic()):
            found = length
        elif length == most:
            return None
        else:
            failed, step = length, 2 * step
    return found


def _is_long_enough(problem: LiteralProblem, interval: int, length: int, seconds: float) -> bool:
    import ortools.sat.python.cp_model  # noqa: F401 - before PuLP, whose HiGHS clashes with it
    import pulp

    if seconds <= 0:
        raise TimeoutError
    first, after = _before(problem, interval), _behind(problem, interval)
    windows = {v.name: range(first[v.name], length - after[v.name] + 1) for v in problem.vertices}
    if not all(windows.values()):
        return False
    model = pulp.LpProblem("modulo_schedule", pulp.LpMinimize)
    model.setObjective(pulp.LpAffineExpression())
    issues = {
        name: {t: model.add_variable(f"x{i}_{t}", 0, 1, pulp.LpInteger) for t in window}
        for i, (name, window) in enumerate(windows.items())
    }
    for constraint in _constraints(problem, interval, issues):
        model.addConstraint(constraint)
    limit = min(seconds, QUESTION_SECONDS)
    model.solve(pulp.PULP_CBC_CMD(msg=False, threads=1, timeLimit=limit))
    # CBC may leave the value of a relaxation behind: the status is what counts.
    return bool(model.status == pulp.LpStatusOptimal)


def _constraints(
    problem: LiteralProblem, interval: int, issues: dict[str, dict[int, Any]]
) -> Iterable[Any]:
    import pulp

    cycle = {name: pulp.lpSum(t * x for t, x in at.items()) for name, at in issues.items()}
    for at in issues.values():
        yield pulp.lpSum(at.values()) == 1
    for e in problem.links:
        yield cycle[e.target] + e.distance * interval >= cycle[e.source] + e.cycles
    for unit, capacity in problem.units.items():
        for slot in range(interval):
            used = [
                quantity * (1 + (cycles - 1 - (slot - t) % interval) // interval) * x
                for v in problem.vertices
                if unit in v.held
                for quantity, cycles in (v.held[unit],)
                for t, x in issues[v.name].items()
                if (slot - t) % interval < cycles
            ]
            if used:
                yield pulp.lpSum(used) <= capacity


def _before(problem: LiteralProblem, interval: int) -> Paths:
    """Earliest issue cycles; `interval` is at least that of every recurrence."""
    first = {v.name: 0 for v in problem.vertices}
    while True:
        late = {
            e.target: first[e.source] + e.cycles - e.distance * interval
            for e in problem.links
            if first[e.source] + e.cycles - e.distance * interval > first[e.target]
        }
        if not late:
            return first
        first.update(late)


def _behind(problem: LiteralProblem, interval: int) -> Paths:
    """Cycles from the issue of an operation to the end of its iteration, at least."""
    after = {v.name: v.cycles for v in problem.vertices}
    while True:
        more = {
            e.source: after[e.target] + e.cycles - e.distance * interval
            for e in problem.links
            if after[e.target] + e.cycles - e.distance * interval > after[e.source]
        }
        if not more:
            return after
        after.update(more)
