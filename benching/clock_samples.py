"""What the clock samples of one block say: cycles of an iteration, and where each step stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..runtime.dtypes import Array
from ..runtime.manifest import Mark, RoleMarks

SKIPPED = 4  # first periods of the steady state: caches are cold
FEWEST = 3  # periods from which a median is taken


@dataclass(frozen=True, slots=True)
class StepCycles:
    """One step of a steady state, medians over its periods."""

    role: str
    operation: str
    step: str
    offset_cycles: float  # from the first step of the role in the period
    cycles: float  # until the next step of the role
    slot: int | None  # of its operation by the model, from 0 to the initiation interval
    model_offset: int | None  # what the slots say of the offset

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


def cycles_per_iteration(clocks: Array, roles: Sequence[RoleMarks]) -> float | None:
    """The median distance of the same step in neighbouring periods, of the slowest role.

    None where no role has samples enough.
    """
    found = []
    for role in roles:
        for mark in loop_marks(role)[:1]:
            distances = np.diff(samples(clocks, mark)[SKIPPED:]) / mark.every
            if len(distances) >= FEWEST:
                found.append(float(np.median(distances)))
    return max(found, default=None)


def step_cycles(
    clocks: Array, roles: Sequence[RoleMarks], slots: Mapping[str, int], interval: int
) -> list[StepCycles]:
    """Every step of every steady state, where samples are enough."""
    found: list[StepCycles] = []
    for role in roles:
        marks = loop_marks(role)
        times = [samples(clocks, mark) for mark in marks]
        periods = min((len(one) for one in times), default=0) - 1
        if periods - SKIPPED < FEWEST:
            continue
        table = np.array([one[:periods] for one in times])
        following = np.array([*(t[:periods] for t in times[1:]), times[0][1 : periods + 1]])
        first = next((slots[m.operation] for m in marks if m.operation in slots), None)
        offsets = np.median((table - table[0])[:, SKIPPED:], axis=1)
        lengths = np.median((following - table)[:, SKIPPED:], axis=1)
        for mark, offset, length in zip(marks, offsets, lengths, strict=True):
            slot = slots.get(mark.operation)
            model = None if slot is None or first is None else (slot - first) % interval
            if model is not None and mark.every > 1:  # the iteration that lies nearest
                model += interval * max(0, round((float(offset) - model) / interval))
            found.append(
                StepCycles(
                    role.role, mark.operation, mark.step, float(offset), float(length), slot, model
                )
            )
    return found


def span_cycles(clocks: Array) -> int:
    """Cycles from the first sample of a block to its last."""
    taken = clocks[clocks > 0]
    return int(taken.max() - taken.min()) if taken.size else 0


def loop_marks(role: RoleMarks) -> list[Mark]:
    """The marks of the steady state."""
    return [mark for mark in role.marks if mark.section == "loop"]


def samples(clocks: Array, mark: Mark) -> Array:
    """The samples of a mark in the order of periods, as signed numbers.

    Periods that were not are left out, and so is the last sample, which later periods share.
    """
    own = clocks[mark.first : mark.first + mark.samples - 1]
    return own[own > 0].astype(np.int64)
