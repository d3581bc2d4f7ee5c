"""Signals that nobody waits for are left out, and what would give them."""

from __future__ import annotations

from collections.abc import Iterable

from ...models.tensor_memory_step import AwaitSignal, CommitProducts, Notify
from ...models.warp_program import Period, Role, ShortRun, Signal
from ...models.warp_program_checks import steps_of
from ...models.warp_step import Step


def heard_signals(roles: Iterable[Role], signals: Iterable[Signal]) -> tuple[Signal, ...]:
    """Those of the signals that some role waits for."""
    awaited = {s.signal for role in roles for s in steps_of(role) if isinstance(s, AwaitSignal)}
    return tuple(signal for signal in signals if signal.name in awaited)


def without_unheard(role: Role, heard: frozenset[str]) -> Role:
    """The role without arrivals at other signals."""

    def kept(steps: tuple[Step, ...]) -> tuple[Step, ...]:
        return tuple(
            step for step in steps
            if not isinstance(step, Notify | CommitProducts) or step.signal in heard
        )  # fmt: skip

    def periods(section: tuple[Period, ...]) -> tuple[Period, ...]:
        return tuple(p.model_copy(update={"steps": kept(p.steps)}) for p in section)

    short = tuple(ShortRun(trips=run.trips, periods=periods(run.periods)) for run in role.short)
    return role.model_copy(
        update={
            "prologue": periods(role.prologue), "steady": kept(role.steady),
            "epilogue": periods(role.epilogue), "short": short, "finish": kept(role.finish),
        }
    )  # fmt: skip
