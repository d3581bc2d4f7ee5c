"""C9: write-after-read."""

from __future__ import annotations

from collections.abc import Iterator

from ...models.problem import SchedulingProblem
from .labelled import Labelled
from .longest_paths import Difference
from .variables import Variables


def write_after_read_constraints(variables: Variables) -> Iterator[Labelled]:
    """C9. Storage that is taken over in place is not overwritten before its other readers are done.

    t[w] + δ(f)·II ≥ t[v] + δ(e)·II + lat(v)   for every value with registers or a buffer,
        f = (u→w) its in-place reader, every other reader e = (u→v) with release = end and v ≠ w
    """
    for d in write_after_read_differences(variables.problem, variables.interval):
        formula = variables.follows(d.source, d.target, d.cycles)
        yield Labelled(f"{d.source} -> {d.target}", formula)


def write_after_read_differences(problem: SchedulingProblem, interval: int) -> Iterator[Difference]:
    """C9 as it stands: every pair of readers is a difference."""
    for value in problem.values:
        if not value.registers and value.buffer is None:
            continue
        readers = problem.readers(value.name)
        for f in readers:
            if f.release != "start":
                continue
            for e in readers:
                if e.release == "end" and e.target != f.target:
                    done = problem.operation(e.target).latency_cycles
                    delay = done + (e.distance - f.distance) * interval
                    yield Difference(e.target, f.target, delay)
