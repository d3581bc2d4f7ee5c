"""Spans of cycles that every iteration repeats, folded modulo II."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Folded:
    """How many copies of a span are there in each slot: `whole` in all, one more in the pieces."""

    whole: int
    pieces: tuple[tuple[int, int], ...]  # slots first .. end - 1, ascending


def fold(start: int, length: int, initiation_interval: int) -> Folded:
    """The span start .. start + length - 1 of every iteration, seen in the slots 0 .. II - 1."""
    whole, rest = divmod(max(length, 0), initiation_interval)
    first = start % initiation_interval
    end = first + rest
    if not rest:
        return Folded(whole, ())
    if end <= initiation_interval:
        return Folded(whole, ((first, end),))
    return Folded(whole, ((0, end - initiation_interval), (first, initiation_interval)))


def folded_total(
    spans: Iterable[tuple[Folded, int]], initiation_interval: int
) -> tuple[tuple[int, int], ...]:
    """(slot, amount held from there on) wherever the sum over all spans changes; slot 0 first."""
    held = 0
    change: dict[int, int] = {0: 0}
    for folded, amount in spans:
        held += folded.whole * amount
        for first, end in folded.pieces:
            change[first] = change.get(first, 0) + amount
            change[end] = change.get(end, 0) - amount
    steps: list[tuple[int, int]] = []
    for slot in sorted(slot for slot in change if slot < initiation_interval):
        held += change[slot]
        if not steps or steps[-1][1] != held:
            steps.append((slot, held))
    return tuple(steps)
