"""C3: issue streams."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from .labelled import Labelled
from .terms import FALSE, Formula, Sum, conjunction, disjunction, negation
from .variables import Variables


def issue_stream_constraints(variables: Variables) -> Iterator[Labelled]:
    """C3. A warp group issues in order, one operation at a time.

    tail(v) = iss(v) + send(v) ≤ II, and for u ≠ v with g[u] = g[v] before(u, v) or before(v, u):
    before(u, v):  with d = r[v] − r[u]:   d ≥ 0,   d ≥ tail(u)   and   II − d ≥ tail(v)
    """
    tails = {o.name: variables.tail(o.name) for o in variables.problem.operations}
    for v, tail in tails.items():
        yield Labelled(v, tail.at_most(variables.interval))
    for u, v in combinations(tails, 2):
        if variables.same(u, v) != FALSE and any(_may_last(tails[x]) for x in (u, v)):
            yield Labelled(f"{u}, {v}", _apart(variables, u, v, tails[u], tails[v]))


def _may_last(cycles: Sum) -> bool:
    return bool(cycles.parts) or cycles.constant > 0


def _apart(variables: Variables, u: str, v: str, after_u: Sum, after_v: Sum) -> Formula:
    gap = variables.slot[v] - variables.slot[u]
    period = variables.interval
    u_first = ((gap - after_u).at_least(0), (gap + after_v).at_most(period))
    v_first = ((gap + after_v).at_most(0), (after_u - gap).at_most(period))
    return disjunction(
        (
            negation(variables.same(u, v)),
            conjunction((gap.at_least(0), *u_first)),
            conjunction((gap.at_most(0), *v_first)),
        )
    )
