"""Anchors for chains that read matrices alone: on a number that meets each element first.

A zero added to every element of a matrix would cost an instruction each. Where a formula adds or
multiplies elements by one number, as `s * scale` does, the number is kept in a register of its own
and anchored: nothing that depends on it is computed before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ...models.warp_expression import (
    Apply,
    Expression,
    FragmentElement,
    NumberValue,
    Rounded,
    ScalarValue,
    fragments_in,
)
from ...models.warp_program import Fragment
from ...models.warp_step import Anchor, Assign, Step
from .registers import Registers

Number = NumberValue | ScalarValue


def anchored_numbers(steps: Sequence[Step], read: set[str], registers: Registers) -> list[Step]:
    """The steps of a chain, with such a number anchored before them; as they are without one.

    `read`: the fragments that the chain reads as it finds them.
    """
    for place, step in enumerate(steps):
        own = set(fragments_in(step.value)) if isinstance(step, Assign) else set()
        if not isinstance(step, Assign) or not read & own:
            continue
        if any(registers.fragments[name].dtype != "f32" for name in own):
            return list(steps)
        number = _first_number(step.value, read)
        if number is None:
            return list(steps)
        name = f"{step.operation}.anchor"
        registers.fragments.setdefault(name, Fragment(name=name, layout="scalar"))
        value = _with(step.value, number, FragmentElement(name=name))
        common: dict[str, Any] = {"operation": step.operation, "lag": step.lag}
        return [
            Assign(target=name, value=number, **common),
            Anchor(fragments=(name,), **common),
            *steps[:place], step.model_copy(update={"value": value}), *steps[place + 1 :],
        ]  # fmt: skip
    return list(steps)


def _first_number(value: Expression, read: set[str]) -> Number | None:
    """The number in the innermost application that brings it together with what is read."""
    if isinstance(value, Rounded):
        return _first_number(value.operand, read)
    if not isinstance(value, Apply) or not read & set(fragments_in(value)):
        return None
    inner = (_first_number(operand, read) for operand in value.operands)
    return next((n for n in inner if n is not None), next(_numbers(value), None))


def _numbers(value: Apply) -> Iterator[Number]:
    if value.primitive in ("add", "subtract", "multiply"):
        for operand in value.operands:
            if isinstance(operand, NumberValue | ScalarValue):
                yield operand


def _with(value: Expression, number: Number, element: FragmentElement) -> Expression:
    """The formula with the element in place of the number, wherever that stands."""
    if value == number:
        return element
    if isinstance(value, Rounded):
        return value.model_copy(update={"operand": _with(value.operand, number, element)})
    if isinstance(value, Apply):
        operands = tuple(_with(operand, number, element) for operand in value.operands)
        return value.model_copy(update={"operands": operands})
    return value
