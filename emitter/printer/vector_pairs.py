"""Vectors loaded two by two: a thread holds neighbouring columns, which one instruction reads."""

from __future__ import annotations

from ...models.kernel import ElementType
from ...models.warp_program import Fragment
from ...models.warp_program_checks import steps_of
from ...models.warp_step import LoadVector, StoreRows
from ..launch_description import requirements
from .scope import Scope

PAIRED: tuple[ElementType, ...] = ("f32", "bf16", "fp16")
"""Element types that there is a function for."""


def loads_pairs(step: LoadVector, target: Fragment, scope: Scope) -> bool:
    """Whether columns can be loaded in pairs, which then lie inside or outside as a whole.

    Arguments begin at multiples of 16 bytes. The last extent must be known to be even, so that
    every row begins with a pair and none ends within one.
    """
    tensor = scope.tensor(step.argument)
    if target.layout != "columns" or tensor.dtype not in PAIRED:
        return False
    if step.extent % 2 or step.first % 2 or not _is_even(tensor.shape[-1], scope):
        return False
    return not _is_written(step.argument, scope)


def _is_even(length: int | str, scope: Scope) -> bool:
    if isinstance(length, int):
        return length % 2 == 0
    return any(
        need["extent"] == length and need["multiple_of"] % 2 == 0
        for need in requirements(scope.program)
    )


def _is_written(argument: str, scope: Scope) -> bool:
    """Whether the kernel writes it too: pairs are read by a path that does not see that."""
    return any(
        isinstance(step, StoreRows) and step.argument == argument
        for role in scope.program.roles
        for step in steps_of(role)
    )
