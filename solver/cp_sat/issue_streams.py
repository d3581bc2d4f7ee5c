"""C3: issue streams."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from .group_classes import PRODUCER
from .variables import Variables, negated


def add_issue_stream_constraints(variables: Variables) -> None:
    """C3. A warp group issues one operation at a time: issue blocks do not overlap, modulo II.

    tail(v) ≤ II, and for u ≠ v with g[u] = g[v], with d = r[v] − r[u]:
    d ≥ tail(u) and II − d ≥ tail(v), or the same with u and v exchanged
    """
    model, period = variables.model, variables.initiation_interval
    for v in variables.slot:
        model.add(variables.tail(v) <= period)
    for u, v in stream_pairs(variables):
        if not (_is_zero(variables.tail(u)) and _is_zero(variables.tail(v))):
            _add_pair(variables, u, v)


def stream_pairs(variables: Variables) -> Iterator[tuple[str, str]]:
    """Pairs of operations that may share an issue stream."""
    for u, v in combinations(variables.slot, 2):
        if variables.classes.share(u, v) is not False:
            yield u, v


def _is_zero(cycles: object) -> bool:
    return isinstance(cycles, int) and cycles == 0


def _add_pair(variables: Variables, u: str, v: str) -> None:
    model, r, period = variables.model, variables.slot, variables.initiation_interval
    same, first = variables.same(u, v), variables.first(u, v)
    for x, y, before in ((u, v, first), (v, u, negated(first))):
        model.add(r[x] + variables.tail(x) <= r[y]).only_enforce_if(same, before)
        model.add(r[y] + variables.tail(y) <= r[x] + period).only_enforce_if(same, before)


def add_stream_work(variables: Variables) -> None:
    """C4i. What a warp group issues, waits and receives in one period fits the period.

    Σ over v of (iss(v) + wait(v))·y[v,w] ≤ II for every w;   Σ of tail + head of all but the
    producer's ≤ II·Σ of used[w]
    """
    model, period = variables.model, variables.initiation_interval
    fixed = {
        o.name: o.issue_cycles + variables.wait_cycles[o.name] for o in variables.problem.operations
    }
    for w in variables.group_indices:
        work = sum(cycles * variables.sits_in(v, w) for v, cycles in fixed.items())
        model.add(work <= period)
    others = [v for v in fixed if variables.sits_in(v, PRODUCER) is not True]
    everything = sum(variables.tail(v) + variables.head(v) for v in others)
    model.add(everything <= period * sum(variables.used[w] for w in variables.classes.groups))
