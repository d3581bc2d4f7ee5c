"""C9: write-after-read."""

from __future__ import annotations

from collections.abc import Iterator

from ...models.problem import SchedulingProblem
from .group_classes import GroupClasses
from .variables import Variables
from .windows import Difference


def add_write_after_read_constraints(variables: Variables) -> None:
    """C9. Storage that is taken over in place is not overwritten before its other readers are done.

    For every value with registers or a buffer, f = (u→w) its in-place reader and every other
    reader e = (u→v), release = end, v ≠ w:   t[w] + δ(f)·II ≥ t[v] + δ(e)·II + lat(v)
    """
    t, period = variables.issue_cycle, variables.initiation_interval
    for d in write_after_read_differences(variables.problem, variables.classes, period):
        variables.model.add(t[d.target] >= t[d.source] + d.cycles)


def write_after_read_differences(
    problem: SchedulingProblem, classes: GroupClasses, period: int
) -> Iterator[Difference]:
    """C9 as differences: all of it."""
    for value in problem.values:
        if not value.registers and value.buffer is None:
            continue
        readers = problem.readers(value.name)
        for over in (f for f in readers if f.release == "start"):
            for e in readers:
                if e.release == "end" and e.target != over.target:
                    done = problem.operation(e.target).latency_cycles
                    cycles = done + (e.distance - over.distance) * period
                    yield Difference(e.target, over.target, cycles)
