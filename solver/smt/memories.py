"""C7: memories."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...models.problem import Memory
from .labelled import Labelled
from .lives import Life, buffer_life, copies, counted, fits_turns, value_life
from .terms import FALSE, TRUE, Formula, add_up, disjunction, implication
from .variables import Variables


@dataclass(frozen=True, slots=True)
class Tenant:
    """What an iteration keeps in a memory where the condition holds."""

    name: str
    life: Life
    size: int
    present: Formula


def memory_constraints(variables: Variables) -> Iterator[Labelled]:
    """C7. Ring slots of all buffers and of all staged values fit each memory.

    ring:    life(b) ≤ II·depth[b],
             Σ depth[b]·size(b) + Σ over staged x of depth[x]·bytes(x) ≤ available
    pooled:  Σ n(b, τ)·size(b) + Σ over staged x of n(x, τ)·bytes(x) ≤ available, for every slot τ

    Usage rises only where a life begins, so only the slots of those operations are looked at.
    """
    for memory in variables.problem.machine.memories:
        tenants = [*_buffers(variables, memory), *_staged(variables, memory)]
        fits = _rings_fit if memory.allocation == "ring" else _pool_fits
        for formula in fits(variables, memory, tenants):
            yield Labelled(memory.name, formula)


def _buffers(variables: Variables, memory: Memory) -> Iterator[Tenant]:
    for buffer in variables.problem.buffers:
        if buffer.memory == memory.name:
            yield Tenant(buffer.name, buffer_life(variables, buffer), buffer.size, TRUE)


def _staged(variables: Variables, memory: Memory) -> Iterator[Tenant]:
    problem = variables.problem
    if problem.machine.staging_memory != memory.name:
        return
    for value in problem.values:
        readers = problem.readers(value.name)
        size = max((e.staged_bytes for e in readers), default=0)
        crossing = disjunction(variables.crosses(e) for e in readers if e.staged_bytes)
        if size and crossing != FALSE:
            name = f"staged({value.name})"
            yield Tenant(name, value_life(variables, value), size, crossing)


def _rings_fit(variables: Variables, memory: Memory, tenants: list[Tenant]) -> Iterator[Formula]:
    taken = []
    for tenant in tenants:
        depth = variables.script.integer(f"depth[{tenant.name}]", 0)
        yield implication(tenant.present, depth.at_least(1))
        yield implication(tenant.present, fits_turns(variables, tenant.life, depth))
        taken.append(depth * tenant.size)
    yield add_up(taken).at_most(memory.available)


def _pool_fits(variables: Variables, memory: Memory, tenants: list[Tenant]) -> Iterator[Formula]:
    for begun in dict.fromkeys(tenant.life.start for tenant in tenants):
        taken = [
            counted(
                variables,
                f"copies[{tenant.name} at {begun}]",
                tenant.present,
                copies(variables, tenant.life, begun),
            )
            * tenant.size
            for tenant in tenants
        ]
        yield add_up(taken).at_most(memory.available)
