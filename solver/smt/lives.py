"""How many copies of what is stored are live in a slot, without a copy per stage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ...models.problem import Buffer, Dependence, Value
from .terms import TRUE, Formula, Sum, add_up, conjunction, count, implication
from .variables import Variables


@dataclass(frozen=True, slots=True)
class End:
    """A life lasts until cycle t[operation] + distance·II + held at least."""

    operation: str
    distance: int
    held: int


@dataclass(frozen=True, slots=True)
class Life:
    """From the issue of `start` to the latest of the ends."""

    start: str
    ends: tuple[End, ...]


def value_life(variables: Variables, value: Value) -> Life:
    """From the issue of the source until it is complete and the last reader has released it."""
    return Life(value.source, _latest(variables, _ends(variables, value)))


def buffer_life(variables: Variables, buffer: Buffer) -> Life:
    """From the issue of the opener until the last of the values kept there is released."""
    values = variables.problem.values
    kept = (end for v in values if v.buffer == buffer.name for end in _ends(variables, v))
    return Life(buffer.opener, _latest(variables, kept))


def run_life(variables: Variables, operation: str) -> Life:
    """From the issue of an operation until it is complete."""
    return Life(operation, (End(operation, 0, _latency(variables, operation)),))


def _ends(variables: Variables, value: Value) -> list[End]:
    readers = variables.problem.readers(value.name)
    ready = End(value.source, 0, _latency(variables, value.source))
    return [ready, *(_released(variables, reader) for reader in readers)]


def _released(variables: Variables, reader: Dependence) -> End:
    held = _latency(variables, reader.target) if reader.release == "end" else 0
    return End(reader.target, reader.distance, held)


def _latency(variables: Variables, operation: str) -> int:
    return variables.problem.operation(operation).latency_cycles


def _latest(variables: Variables, ends: Iterable[End]) -> tuple[End, ...]:
    """The ends that are not, in every schedule, followed by another one."""
    kept: list[End] = []
    for end in dict.fromkeys(ends):
        if not any(_follows(variables, end, other) for other in kept):
            kept = [other for other in kept if not _follows(variables, other, end)]
            kept.append(end)
    return tuple(kept)


def _follows(variables: Variables, end: End, later: End) -> bool:
    least = variables.paths.least(end.operation, later.operation)
    if least is None:
        return False
    carried = (end.distance - later.distance) * variables.interval
    return least >= carried + end.held - later.held


def copies(variables: Variables, life: Life, slot_of: str) -> tuple[Sum, ...]:
    """Copies live in the slot of an operation: lower bounds, of which the largest is their number.

    n(τ) = #{ j : start ≤ τ + j·II < end }.  With end = t[v] + δ·II + a·II + h', 0 ≤ h' < II,
    n(τ) = k[v] + δ + a − k[start] + [r[v] + h' > τ] + [r[v] + h' > τ + II] − [r[start] > τ],
    for #{ j : τ + j·II < c } = div(c, II) + [mod(c, II) > τ], counted from j = 0.
    """
    at = variables.slot[slot_of]
    begun = variables.stage[life.start] + count((variables.slot[life.start] - at).at_least(1))
    return tuple(_released_after(variables, end, at) - begun for end in life.ends)


def _released_after(variables: Variables, end: End, at: Sum) -> Sum:
    turns, rest = divmod(end.held, variables.interval)
    gap = variables.slot[end.operation] - at
    later = count(gap.at_least(1 - rest))
    # Without a rest the slot itself is compared, which is below II.
    much_later = count(gap.at_least(variables.interval + 1 - rest)) if rest else Sum()
    whole = variables.stage[end.operation] + end.distance + turns
    return add_up((whole, later, much_later))


def counted(variables: Variables, name: str, condition: Formula, bounds: tuple[Sum, ...]) -> Sum:
    """An integer that is no less than the bounds where the condition holds, nor than 0."""
    if condition == TRUE and len(bounds) == 1:
        return bounds[0]
    number = variables.script.integer(name, 0)
    enough = conjunction((number - bound).at_least(0) for bound in bounds)
    variables.script.define(implication(condition, enough))
    return number


def fits_turns(variables: Variables, life: Life, turns: Sum) -> Formula:
    """The life lasts no longer than so many turns of II."""
    slot, stage = variables.slot, variables.stage
    return conjunction(
        variables.reached(
            turns + stage[life.start] - stage[end.operation] - end.distance,
            slot[life.start] - slot[end.operation],
            end.held,
        )
        for end in life.ends
    )
