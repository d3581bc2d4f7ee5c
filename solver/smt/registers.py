"""C8: registers of warp groups and of the block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...models.problem import RegisterFile
from .labelled import Labelled
from .lives import Life, copies, counted, run_life, value_life
from .terms import FALSE, TRUE, Formula, Sum, add_up, conjunction, count, disjunction, implication
from .variables import Variables
from .warp_groups import groups, narrow_group, wide_group


@dataclass(frozen=True, slots=True)
class Fragment:
    """Registers per thread that the group of an operation holds, where the condition holds."""

    name: str
    life: Life  # the group is that of its start
    registers: int
    present: Formula


def register_constraints(variables: Variables) -> Iterator[Labelled]:
    """C8. Live values of a warp group fit its register budget, and the budgets fit the block.

    base + Σ over x with g[source(x)] = w of n(x, τ)·registers(x)
         + Σ over crossing e = (u→v) with g[v] = w of n(run of v, τ)·received_registers(e)  ≤  R[w]
    R[w] in { least, least + step, …, most } for a group of four warps in use, else 0
    Σ R[w] + (least if a one-warp group is in use) ≤ pool[a],   a ≤ length of pool,
    where a counts the groups of four warps in use, and all one-warp groups together as one

    Usage rises only where a life begins, so only those slots are looked at.
    """
    registers = variables.problem.machine.registers
    if registers is None:
        return
    budgets = _budgets(variables, registers)
    for group, budget in budgets.items():
        base = implication(wide_group(variables, group), budget.at_least(registers.base))
        yield Labelled(f"group {group}", base)
    yield from _usage(variables, registers, budgets)
    for formula in _pool(variables, registers, budgets):
        yield Labelled("pool", formula)


def _budgets(variables: Variables, registers: RegisterFile) -> dict[int, Sum]:
    """[R(w)] as multiples of the step."""
    budgets: dict[int, Sum] = {}
    steps = registers.least // registers.step, registers.most // registers.step
    for group in groups(variables):
        wide = wide_group(variables, group)
        if wide == FALSE:
            continue
        number = variables.script.integer(f"budget[{group}]", 0, steps[1])
        variables.script.define(implication(wide, number.at_least(steps[0])))
        budgets[group] = number * registers.step
    return budgets


def _fragments(variables: Variables) -> Iterator[Fragment]:
    for value in variables.problem.values:
        if value.registers:
            yield Fragment(value.name, value_life(variables, value), value.registers, TRUE)
    for number, e in enumerate(variables.problem.dependences):
        crosses = variables.crosses(e)
        if e.received_registers and crosses != FALSE:
            run = run_life(variables, e.target)
            yield Fragment(f"received {number}", run, e.received_registers, crosses)


def _usage(
    variables: Variables, registers: RegisterFile, budgets: dict[int, Sum]
) -> Iterator[Labelled]:
    fragments = tuple(_fragments(variables))
    pool_binds = may_exceed_pool(registers, len(tuple(groups(variables))))
    for begun in dict.fromkeys(fragment.life.start for fragment in fragments):
        taken = (
            add_up(_taken(variables, fragment, begun) for fragment in fragments) + registers.base
        )
        for group, budget in budgets.items():
            here = conjunction((variables.sits(begun, group), wide_group(variables, group)))
            room = budget if pool_binds else Sum(constant=registers.most)
            yield Labelled(f"group {group}", implication(here, (room - taken).at_least(0)))


def _taken(variables: Variables, fragment: Fragment, begun: str) -> Sum:
    """What the fragment takes in the group of an operation, in the slot where that issues."""
    start = fragment.life.start
    here = conjunction((variables.same(start, begun), fragment.present))
    if here == FALSE:
        return Sum()
    name = f"registers[{fragment.name} at {begun}]"
    bounds = copies(variables, fragment.life, begun)
    return counted(variables, name, here, bounds) * fragment.registers


def may_exceed_pool(registers: RegisterFile, most_groups: int) -> bool:
    """Whether some number of groups, each with the largest budget, is more than a block holds."""
    pool = registers.pool
    return most_groups > len(pool) or any(
        registers.most * aligned > pool[aligned - 1] for aligned in range(1, most_groups + 1)
    )


def _pool(
    variables: Variables, registers: RegisterFile, budgets: dict[int, Sum]
) -> Iterator[Formula]:
    everyone = groups(variables)
    if not may_exceed_pool(registers, len(everyone)):
        return
    narrow = disjunction(narrow_group(variables, group) for group in everyone)
    aligned = add_up((count(narrow), *(count(wide_group(variables, w)) for w in everyone)))
    yield aligned.at_most(len(registers.pool))
    taken = add_up((*budgets.values(), count(narrow) * registers.least))
    for number, pool in enumerate(registers.pool[: len(everyone)], start=1):
        yield implication(aligned.equals(number), taken.at_most(pool))
