"""The steps of a role one after the other, each with its iteration, for a number of trips."""

from __future__ import annotations

from collections.abc import Iterator

from ...models.errors import ProgramViolation
from ...models.role_periods import periods_of
from ...models.warp_program import Role
from ...models.warp_step import Step

Unrolled = tuple[Step, int | None]
"""A step and its iteration; None before and after the loop."""

# What touches no tile of its own iteration, or leaves itself out where the loop has none.
_WAITS = ("wait_products", "wait_copies", "proxy_fence", "boundary")
_SIGNALS = ("notify", "await_signal", "commit_products", "commit_release", "tensor_fence")
_HARMLESS = frozenset((*_WAITS, *_SIGNALS, "release", "arrive", "sync", "pin", "demand", "anchor"))


def unrolled(role: Role, trips: int) -> list[Unrolled]:
    """All that the role does; ProgramViolation for a step of an iteration that the loop lacks."""
    steps: list[Unrolled] = [(step, None) for step in role.setup]
    if trips > 0:
        steps.extend(_guarded(role, trips) if role.guarded else _peeled(role, trips))
    steps.extend((step, None) for step in role.finish)
    return steps


def _guarded(role: Role, trips: int) -> Iterator[Unrolled]:
    for period in range(trips + role.stages - 1):
        for step in role.steady:
            if 0 <= period - step.lag < trips:
                yield step, period - step.lag


def _peeled(role: Role, trips: int) -> Iterator[Unrolled]:
    for period, steps in periods_of(role, trips):
        for step in steps:
            iteration = period - step.lag
            if step.optional and iteration < 0:
                continue
            if not 0 <= iteration < trips and step.step not in _HARMLESS:
                raise ProgramViolation(
                    (
                        f"{role.name}: {step.step} of {step.operation or 'no operation'} in period "
                        f"{period} is of iteration {iteration}, the loop has {trips}",
                    )
                )
            yield step, iteration
