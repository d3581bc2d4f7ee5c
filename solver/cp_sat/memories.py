"""C7: memories."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ortools.sat.python.cp_model import IntervalVar, IntVar

from ...models.problem import Memory, SchedulingProblem
from .group_classes import GroupClasses
from .lives import declare_life, intervals
from .storage import (
    Use,
    buffer_uses,
    memory_named,
    most_copies,
    staged_size,
    staging_readers,
    uses,
)
from .variables import Literal, Variables
from .windows import Difference


@dataclass(frozen=True, slots=True)
class Holding:
    """A buffer, or a value that may be staged: what takes room in a memory."""

    name: str
    size: int
    start: str  # the operation from whose issue on it is held
    until: tuple[Use, ...]
    depth: IntVar
    presence: Literal  # a buffer is always held, a value only if it is staged


def add_memory_constraints(variables: Variables) -> None:
    """C7. Ring slots of buffers and of staged values fit each memory.

    life ≤ II·depth for every buffer and every staged value;   staged(x) if one reader e crosses
    ring:    Σ depth·size ≤ available(m)
    pooled:  Σ n(τ)·size ≤ available(m) at every slot τ
    """
    _define_staged(variables)
    for memory in variables.problem.machine.memories:
        holdings = list(memory_holdings(variables, memory))
        for holding in holdings:
            _add_depth(variables, holding)
        if memory.allocation == "ring":
            taken = sum(holding.size * holding.depth for holding in holdings)
            variables.model.add(taken <= memory.available)
        else:
            _add_pool(variables, memory, holdings)


def _define_staged(variables: Variables) -> None:
    for name, staged in variables.staged.items():
        for e in staging_readers(variables.problem, variables.problem.value(name)):
            variables.model.add_implication(variables.cross(e), staged)


def memory_holdings(variables: Variables, memory: Memory) -> Iterator[Holding]:
    """Everything that takes room in a memory."""
    problem, period = variables.problem, variables.initiation_interval
    for b in problem.buffers:
        if b.memory == memory.name:
            until = tuple(buffer_uses(problem, b.name, period))
            yield Holding(b.name, b.size, b.opener, until, variables.depth[b.name], True)
    if memory.name != problem.machine.staging_memory:
        return
    for name, staged in variables.staged.items():
        value = problem.value(name)
        until = tuple(uses(problem, value, period))
        depth = variables.staged_depth[name]
        yield Holding(name, staged_size(problem, value), value.source, until, depth, staged)


def _add_depth(variables: Variables, holding: Holding) -> None:
    t, period = variables.issue_cycle, variables.initiation_interval
    variables.model.add(holding.depth >= 1).only_enforce_if(holding.presence)
    for use in holding.until:
        life = t[use.operation] + use.cycles - t[holding.start]
        variables.model.add(life <= period * holding.depth).only_enforce_if(holding.presence)


def _add_pool(variables: Variables, memory: Memory, holdings: list[Holding]) -> None:
    copies: list[IntervalVar] = []
    sizes: list[int] = []
    for holding in holdings:
        life = declare_life(
            variables,
            holding.name,
            holding.start,
            holding.until,
            most_copies(memory, holding.size),
            holding.presence,
        )
        laid_out = intervals(variables, holding.name, life, holding.presence)
        copies += laid_out
        sizes += [holding.size] * len(laid_out)
    variables.model.add_cumulative(copies, sizes, max(0, memory.available))


def memory_differences(
    problem: SchedulingProblem, classes: GroupClasses, period: int
) -> Iterator[Difference]:
    """C7 as differences: a buffer has at most as many copies as its memory holds."""
    for buffer in problem.buffers:
        copies = most_copies(memory_named(problem, buffer.memory), buffer.size)
        for use in buffer_uses(problem, buffer.name, period):
            yield Difference(use.operation, buffer.opener, use.cycles - copies * period)
