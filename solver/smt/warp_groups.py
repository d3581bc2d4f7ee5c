"""C5: which operations may share a warp group."""

from __future__ import annotations

from collections.abc import Iterator

from .labelled import Labelled
from .terms import FALSE, TRUE, Formula, add_up, conjunction, count, disjunction, negation
from .variables import Variables

MOST_ONE_WARP_GROUPS = 4


def warp_group_constraints(variables: Variables) -> Iterator[Labelled]:
    """C5. Variable latency sits alone in group 0, rules hold, one-warp groups fit 128 threads.

    variable_latency(v) ⇔ g[v] = 0;  together: g[u] = g[v];  apart: g[u] ≠ g[v];
    #{ w in use : every operation of w needs one warp } ≤ 4

    The first and the `together` rules are the domains of g.
    """
    if variables.domains.contradictory:
        yield Labelled("rules", FALSE)
    for left, right in sorted(variables.domains.apart):
        if left < right:
            for group in variables.domains.groups(left):
                both = variables.sits(left, group), variables.sits(right, group)
                yield Labelled(f"{left}, {right}", negation(conjunction(both)))
    narrow = add_up(count(narrow_group(variables, w)) for w in groups(variables))
    if len(narrow.parts) + narrow.constant > MOST_ONE_WARP_GROUPS:
        yield Labelled("one-warp groups", narrow.at_most(MOST_ONE_WARP_GROUPS))


def groups(variables: Variables) -> range:
    """The warp groups of the machine."""
    return range(variables.problem.machine.warp_groups)


def wide_group(variables: Variables, group: int) -> Formula:
    """Whether the group holds an operation of four warps."""
    return _holds(variables, group, 4)


def narrow_group(variables: Variables, group: int) -> Formula:
    """Whether the group is in use, by operations of one warp alone."""
    wide = wide_group(variables, group)
    return conjunction((_holds(variables, group, 1), negation(wide)))


def _holds(variables: Variables, group: int, warps: int) -> Formula:
    """Whether the group holds an operation of so many warps, as one unknown."""
    key = (group, warps)
    if key not in variables.holds:
        members = dict.fromkeys(
            variables.sits(o.name, group) for o in variables.problem.operations if o.warps == warps
        )
        members.pop(FALSE, None)
        if not members or TRUE in members:
            variables.holds[key] = TRUE if members else FALSE
        else:
            holds = variables.script.boolean(f"holds[{group},{warps}]")
            variables.script.define(disjunction((negation(holds), *members)))
            for member in members:
                variables.script.define(disjunction((negation(member), holds)))
            variables.holds[key] = holds
    return variables.holds[key]
