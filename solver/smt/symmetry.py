"""Schedules that differ by a renaming are asked for once."""

from __future__ import annotations

from collections.abc import Iterator

from .labelled import Labelled
from .terms import FALSE, disjunction, negation
from .variables import Variables


def symmetry_constraints(variables: Variables) -> Iterator[Labelled]:
    """Not a family: no schedule is lost but for the names of groups and of equal sub-tiles.

    Groups 1 .. W−1 are alike: an operation sits in group w ≥ 2 only if one before it sits in w − 1.
    Of the two members of a swap, the first in the problem's order issues no later. Both hold at
    once, as a renaming of groups moves no issue cycle, and all swaps follow the same order.
    """
    yield from _groups(variables)
    yield from _swaps(variables)


def _groups(variables: Variables) -> Iterator[Labelled]:
    before: list[str] = []
    for operation in variables.domains.representatives:
        for group in range(2, variables.problem.machine.warp_groups):
            sits = variables.sits(operation, group)
            opened = [variables.sits(other, group - 1) for other in before]
            if sits != FALSE:
                yield Labelled("warp groups", disjunction((negation(sits), *opened)))
        before.append(operation)


def _swaps(variables: Variables) -> Iterator[Labelled]:
    place = {operation.name: index for index, operation in enumerate(variables.problem.operations)}
    for swap in variables.problem.symmetries:
        moved = [pair for pair in swap if pair[0] != pair[1]]
        if moved:
            pair = min(moved, key=lambda names: min(place[name] for name in names))
            first, second = sorted(pair, key=lambda name: place[name])
            yield Labelled("sub-tiles", variables.follows(first, second, 0))
