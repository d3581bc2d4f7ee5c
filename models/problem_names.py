"""Names of a scheduling problem: each is defined once, and every reference leads to one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from .errors import Path, Problem

if TYPE_CHECKING:
    from .problem import SchedulingProblem

Reference = tuple[Path, str, str]
"""Where a name is used, what it should name, and the name."""


def name_faults(problem: SchedulingProblem) -> Iterator[Problem]:
    """Every name that is defined twice, then every name that is used and not defined."""
    machine = problem.machine
    defined = {
        "operation": ("operations", [o.name for o in problem.operations]),
        "value": ("values", [v.name for v in problem.values]),
        "buffer": ("buffers", [b.name for b in problem.buffers]),
        "unit": ("units", [u.name for u in machine.units]),
        "memory": ("memories", [m.name for m in machine.memories]),
    }
    for kind, names in defined.values():
        yield from _duplicates(kind, names)
    known = {what: set(names) for what, (_, names) in defined.items()}
    cures = {what: "known: " + (", ".join(sorted(n)[:8]) or "none") for what, n in known.items()}
    for path, what, name in _references(problem):
        if name not in known[what]:
            yield Problem(f"unknown {what} {name!r}", cure=cures[what], path=path)


def _duplicates(kind: str, names: Iterable[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            message = f"{kind}: {name!r} is defined twice"
            yield Problem(message, cure="rename one of them", path=(kind, index, "name"))
        seen.add(name)


def _references(problem: SchedulingProblem) -> Iterator[Reference]:
    if problem.machine.staging_memory is not None:
        yield ("machine", "staging_memory"), "memory", problem.machine.staging_memory
    yield from _storage_references(problem)
    yield from _dependence_references(problem)
    yield from _rule_references(problem)


def _storage_references(problem: SchedulingProblem) -> Iterator[Reference]:
    for i, operation in enumerate(problem.operations):
        for j, reservation in enumerate(operation.reservations):
            yield ("operations", i, "reservations", j, "unit"), "unit", reservation.unit
    for i, value in enumerate(problem.values):
        yield ("values", i, "source"), "operation", value.source
        if value.buffer is not None:
            yield ("values", i, "buffer"), "buffer", value.buffer
    for i, buffer in enumerate(problem.buffers):
        yield ("buffers", i, "memory"), "memory", buffer.memory
        yield ("buffers", i, "opener"), "operation", buffer.opener


def _dependence_references(problem: SchedulingProblem) -> Iterator[Reference]:
    for i, dependence in enumerate(problem.dependences):
        yield ("dependences", i, "source"), "operation", dependence.source
        yield ("dependences", i, "target"), "operation", dependence.target
        if dependence.value is not None:
            yield ("dependences", i, "value"), "value", dependence.value


def _rule_references(problem: SchedulingProblem) -> Iterator[Reference]:
    for i, rule in enumerate(problem.rules):
        for j, name in enumerate(rule.operations):
            yield ("rules", i, "operations", j), "operation", name
    for i, swap in enumerate(problem.symmetries):
        for j, pair in enumerate(swap):
            for name in pair:
                yield ("symmetries", i, j), "operation", name
