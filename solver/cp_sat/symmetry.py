"""Schedules that differ in names only: one of each kind is enough."""

from __future__ import annotations

from .variables import Variables, negated


def add_group_precedence(variables: Variables) -> None:
    """Groups other than 0 are interchangeable: number them by their first operation.

    y[c,w] ⇒ w ≤ c;   y[c,w] ⇒ y[c',w−1] for some c' < c,  for w ≥ 2
    """
    y, groups = variables.in_group, variables.classes.groups
    for c in range(1, variables.classes.count):
        for w in groups:
            if w >= 2:
                earlier = [y[other, w - 1] for other in range(1, c)]
                variables.model.add_bool_or(*earlier, negated(y[c, w]))


def add_sub_tile_order(variables: Variables) -> None:
    """Equal sub-tiles are interchangeable: the earliest operation that a swap moves issues first.

    For every swap σ, with v the first operation in the order of the problem that σ moves:
    t[v] ≤ t[σ(v)]. As the order is one for all swaps, this keeps the schedule that is least
    lexicographically; relabelling groups moves no t, so the two rules hold together.
    """
    position = {v: index for index, v in enumerate(variables.slot)}
    for swap in variables.problem.symmetries:
        first = min(swap, key=lambda pair: min(position[v] for v in pair))
        v, image = sorted(first, key=position.__getitem__)
        if v != image:
            variables.model.add(variables.issue_cycle[v] <= variables.issue_cycle[image])
