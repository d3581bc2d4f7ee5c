"""Sums over columns that a loop carries: each thread keeps its own part, added up after the loop.

A rows fragment is the same in the four threads of a quad. Where the loop only ever adds sums over
columns to it and multiplies it by numbers of the row, and nothing else in the loop reads it, each
thread may hold the part that its own columns give: the parts follow the same formula.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ...models.quad_step import SumQuads
from ...models.warp_expression import (
    Apply,
    Expression,
    FragmentElement,
    NumberValue,
    fragments_in,
)
from ...models.warp_program import Period, Remainder, Role, ShortRun, WarpProgram
from ...models.warp_program_checks import steps_of
from ...models.warp_step import Anchor, Assign, Demand, ReduceColumns, Step

QUAD = 4  # threads that hold the same rows


def with_partial_sums(program: WarpProgram) -> WarpProgram:
    """The program in which such sums are added up over quads after the loop, not in it."""
    roles = tuple(_summed_once(role) for role in program.roles)
    return program if roles == program.roles else WarpProgram(**{**dict(program), "roles": roles})


def partial_fragments(role: Role) -> frozenset[str]:
    """Rows fragments of which each thread can hold its own part through the loop.

    From a sum over columns on, everything that is made from it has to be linear in such parts, with
    factors that are not, and to be read in the loop by nothing else.
    """
    loop = tuple(_loop_of(role))
    sums = {s.target for s in loop if isinstance(s, ReduceColumns) and s.primitive == "sum"}
    found: set[str] = set()
    for start in sorted(sums):
        parts = _made_from(start, loop, sums)
        if not any(_misuses(step, parts) for step in loop) and not _are_unclear(role, parts):
            found |= parts
    return frozenset(found)


def _summed_once(role: Role) -> Role:
    parts = partial_fragments(role) if role.spread == "quads" else None
    if not parts:
        return role
    needed = {n for step in role.finish for n in _mentioned(step)} & parts
    # A part of a value from before the loop: four equal ones give it again, without rounding.
    setup = tuple(_divided(step) if _writes(step) in parts else step for step in role.setup)

    def periods(which: tuple[Period, ...]) -> tuple[Period, ...]:
        return tuple(p.model_copy(update={"steps": _in_parts(p.steps, parts)}) for p in which)

    return role.model_copy(
        update={
            "setup": setup,
            "prologue": periods(role.prologue),
            "steady": _in_parts(role.steady, parts),
            "epilogue": periods(role.epilogue),
            "remainders": tuple(
                Remainder(left=r.left, periods=periods(r.periods)) for r in role.remainders
            ),
            "short": tuple(
                ShortRun(trips=run.trips, periods=periods(run.periods)) for run in role.short
            ),
            "finish": (*(SumQuads(target=name) for name in sorted(needed)), *role.finish),
        }
    )


def _loop_of(role: Role) -> Iterator[Step]:
    return steps_of(role.model_copy(update={"setup": (), "finish": ()}))


def _in_parts(steps: Iterable[Step], parts: frozenset[str]) -> tuple[Step, ...]:
    return tuple(
        step.model_copy(update={"partial": True})
        if isinstance(step, ReduceColumns) and step.target in parts
        else step
        for step in steps
    )


def _divided(step: Step) -> Step:
    assert isinstance(step, Assign), step.step
    if step.value in (NumberValue(value=0), NumberValue(value=0.0)):
        return step
    share = Apply(primitive="multiply", operands=(step.value, NumberValue(value=1 / QUAD)))
    return step.model_copy(update={"value": share})


# ---- which fragments


def _made_from(start: str, loop: Iterable[Step], sums: set[str]) -> set[str]:
    """A sum over columns, all that depends on it, and the sums that this depends on."""
    assigned = [step for step in loop if isinstance(step, Assign)]
    parts, size = {start}, 0
    while size != len(parts):
        size = len(parts)
        for step in assigned:
            read = set(fragments_in(step.value))
            if parts & read:
                parts.add(step.target)
            if step.target in parts:
                parts |= read & sums
    return parts


def _misuses(step: Step, parts: set[str]) -> bool:
    """Whether a step of the loop uses fragments in another way than parts allow."""
    touched = _mentioned(step) & parts
    if isinstance(step, ReduceColumns):
        other = step.primitive != "sum" and step.target in parts
        return other or bool(parts & set(fragments_in(step.value)))
    if isinstance(step, Assign):
        return bool(touched) and not (step.target in parts and _is_linear(step.value, parts))
    # An anchor adds a zero, a demand changes nothing.
    return bool(touched) and not isinstance(step, Anchor | Demand)


def _are_unclear(role: Role, parts: set[str]) -> bool:
    """Whether one is no number of rows, not simply assigned before the loop, or written after."""
    rows = {f.name for f in role.fragments if f.layout == "rows" and f.dtype == "f32"}
    before = {n for s in role.setup if not isinstance(s, Assign) for n in _mentioned(s)}
    before |= {n for s in role.setup if isinstance(s, Assign) for n in fragments_in(s.value)}
    after = {name for step in role.finish if (name := _writes(step))}
    return bool(parts - rows or parts & (before | after))


def _is_linear(value: Expression, parts: set[str]) -> bool:
    """Whether the parts of a quad add up to the value of their sums."""
    if isinstance(value, FragmentElement):
        return value.name in parts
    if not isinstance(value, Apply):
        return False
    linear = [_is_linear(operand, parts) for operand in value.operands]
    free = [not parts & set(fragments_in(operand)) for operand in value.operands]
    if value.primitive in ("add", "subtract", "negate"):
        return all(linear)
    if value.primitive == "multiply":
        return (linear[0] and free[1]) or (free[0] and linear[1])
    if value.primitive == "divide":
        return linear[0] and free[1]
    return value.primitive == "where" and free[0] and linear[1] and linear[2]


def _writes(step: Step) -> str | None:
    return getattr(step, "target", None)


def _mentioned(step: Step) -> set[str]:
    """Every name in a step but that of its operation; those of its fragments are among them."""
    return set(_names_in({k: v for k, v in step.model_dump().items() if k != "operation"}))


def _names_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _names_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _names_in(part)
