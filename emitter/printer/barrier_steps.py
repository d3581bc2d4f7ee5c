"""Named barriers: arrivals and waits, with the iterations that they leave out."""

from __future__ import annotations

from ...models.barrier_step import Arrive, Sync
from .scope import Scope, refuse
from .text import guarded


def print_arrive(step: Arrive, scope: Scope) -> list[str]:
    """An arrival without waiting."""
    return _barrier("bar_arrive", step, scope)


def print_sync(step: Sync, scope: Scope) -> list[str]:
    """A wait."""
    return _barrier("bar_sync", step, scope)


def _barrier(function: str, step: Arrive | Sync, scope: Scope) -> list[str]:
    barrier = scope.program.barrier(step.barrier)
    alone = "_alone" if scope.is_alone else ""
    call = f"{function}{alone}<{barrier.number}, {barrier.threads}>();  // {step.barrier}"
    if not (step.skip_first or step.skip_last):
        return [call]
    if scope.iteration is None:
        raise refuse(f"{step.barrier} leaves out iterations outside the loop")
    if scope.iteration.outside(step.skip_first, step.skip_last):
        return []
    return guarded(scope.iteration.condition(step.skip_first, step.skip_last), [call])
