"""C5: warp-group legality."""

from __future__ import annotations

from .group_classes import PRODUCER
from .variables import Variables, negated

MOST_NARROW_GROUPS = 4
"""One-warp groups share one aligned warp group of 128 threads."""


def add_warp_group_constraints(variables: Variables) -> None:
    """C5. Operations sit where the emitter can lower them.

    (a) variable_latency(v) ⇔ g[v] = 0: the producer's class has no other group, the rest not 0
    (b) together: g[u] = g[v] (one class);   apart: g[u] ≠ g[v]
    (c) Σ over w of narrow[w] ≤ 4
    """
    model, classes = variables.model, variables.classes
    if classes.contradict:
        model.add_bool_or()
    for pair in sorted(map(sorted, classes.apart)):
        if PRODUCER not in pair and len(pair) == 2:
            for w in classes.groups:
                model.add_at_most_one(variables.in_group[c, w] for c in pair)
    model.add(sum(variables.narrow.values()) <= MOST_NARROW_GROUPS)


def define_groups(variables: Variables) -> None:
    """One group for every class; used, wide and narrow as the operations of a group say.

    Σ over w of y[c,w] = 1;   used[w] ⇔ ∃c y[c,w];   wide[w] ⇔ ∃c of 4 warps y[c,w]
    """
    model, classes = variables.model, variables.classes
    for c in range(1, classes.count):
        model.add_exactly_one(variables.in_group[c, w] for w in classes.groups)
    for w in classes.groups:
        used, wide = variables.used[w], variables.wide[w]
        everyone = [variables.in_group[c, w] for c in range(1, classes.count)]
        demanding = [
            variables.in_group[c, w]
            for c in range(1, classes.count)
            if variables.takes_four_warps(c)
        ]
        for literal, members in ((used, everyone), (wide, demanding)):
            model.add_bool_or(*members, negated(literal))
            for member in members:
                model.add_implication(member, literal)
        model.add(variables.narrow[w] == used - wide)
