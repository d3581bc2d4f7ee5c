"""C8: registers."""

from __future__ import annotations

from collections.abc import Iterator

from ortools.sat.python.cp_model import IntervalVar

from ...models.problem import Dependence, RegisterFile, SchedulingProblem, Value
from .group_classes import GroupClasses
from .lives import Life, declare_life, fixed_life, intervals
from .storage import Use, uses
from .variables import Literal, Variables
from .windows import Difference

OwnLife = tuple[Value, Life]


def add_register_constraints(variables: Variables) -> None:
    """C8. The live values of a warp group fit its budget, and the budgets fit the launch.

    For every 4-warp group w in use and slot τ:
    base + Σ over x with g[source(x)] = w of n(x, τ)·registers(x)
         + Σ over crossing e = (u→v), g[v] = w, of the copies of v under way·received(e)  ≤  R[w]
    R[w] in { least, least + step, …, most }, 0 for other groups
    Σ R[w] + (least if a one-warp group is in use) ≤ pool[a];   a ≤ length of pool
    """
    registers = variables.problem.machine.registers
    if registers is None:
        return
    _add_pool(variables, registers)
    most = max(0, registers.most - registers.base)
    lives = [
        (x, declare_life(variables, x.name, x.source, _uses(variables, x), most // x.registers))
        for x in variables.problem.values
        if x.registers
    ]
    for w in variables.group_indices:
        _add_group(variables, registers, w, lives)


def _uses(variables: Variables, value: Value) -> Iterator[Use]:
    return uses(variables.problem, value, variables.initiation_interval)


def _add_pool(variables: Variables, registers: RegisterFile) -> None:
    """The groups that are launched decide the pool, and each group its legal budgets."""
    model, budget = variables.model, variables.budget
    for w, units in budget.items():
        model.add(registers.step * units >= registers.least * variables.wide[w])
        model.add(registers.step * units <= registers.most * variables.wide[w])
    one_warp = model.new_bool_var("narrow")
    model.add_max_equality(one_warp, variables.narrow.values())
    sizes = range(len(registers.pool) + 1)
    launched = [model.new_bool_var(f"launched[{a}]") for a in sizes]
    model.add_exactly_one(launched)
    wide = sum(variables.wide.values())
    model.add(sum(a * launched[a] for a in sizes) == wide + one_warp)
    pool = sum(registers.pool[a - 1] * launched[a] for a in sizes[1:])
    taken = registers.step * sum(budget.values()) + registers.least * one_warp
    model.add(taken <= pool)


def _add_group(variables: Variables, registers: RegisterFile, w: int, lives: list[OwnLife]) -> None:
    """What is held in group w at any slot, over and above `base`, fits its budget."""
    model = variables.model
    free = model.new_int_var(0, max(0, registers.most - registers.base), f"free[{w}]")
    fixed = registers.base * variables.wide[w]
    model.add(free == registers.step * variables.budget[w] - fixed)
    copies: list[IntervalVar] = []
    sizes: list[int] = []
    for name, size, life, presence in _held(variables, w, lives):
        laid_out = intervals(variables, name, life, presence)
        copies += laid_out
        sizes += [size] * len(laid_out)
    model.add_cumulative(copies, sizes, free)


def _held(
    variables: Variables, w: int, lives: list[OwnLife]
) -> Iterator[tuple[str, int, Life, Literal]]:
    """What takes registers of group w if its literal holds: own values, and operands received."""
    for x, life in lives:
        presence = variables.sits_in(x.source, w)
        if presence is not False:
            yield f"{x.name},{w}", x.registers, life, presence
    for index, e in enumerate(variables.problem.dependences):
        presence = _received_in(variables, w, e, index)
        if presence is not False:
            latency = variables.problem.operation(e.target).latency_cycles
            life = fixed_life(variables, e.target, latency)
            yield f"received,{index},{w}", e.received_registers, life, presence


def _received_in(variables: Variables, w: int, e: Dependence, index: int) -> Literal:
    """Whether e crosses into w, and w is a group of 4 warps."""
    sits = variables.sits_in(e.target, w)
    conditions = [sits, variables.cross(e), variables.wide[w]]
    if not e.received_registers or any(literal is False for literal in conditions):
        return False
    received = variables.model.new_bool_var(f"received[{index},{w}]")
    variables.model.add_bool_and(received).only_enforce_if(*conditions)
    return received


def register_differences(
    problem: SchedulingProblem, classes: GroupClasses, period: int
) -> Iterator[Difference]:
    """C8 as differences: a value has at most as many copies as the largest budget holds."""
    registers = problem.machine.registers
    if registers is None:
        return
    for value in problem.values:
        if not value.registers:
            continue
        copies = max(0, registers.most - registers.base) // value.registers
        for use in uses(problem, value, period):
            yield Difference(use.operation, value.source, use.cycles - copies * period)
