"""C4: blocking waits."""

from __future__ import annotations

from ...models.problem import Dependence
from .issue_streams import stream_pairs
from .variables import Variables, negated


def add_blocking_wait_constraints(variables: Variables) -> None:
    """C4. A warp group issues nothing while it waits, and its queues retire oldest first.

    (a) tail(v) + head(v) ≤ II, and for u ≠ v with g[u] = g[v], with d = r[v] − r[u]:
        d ≥ tail(u) + head(v) and II − d ≥ tail(v) + head(u), or the same with u, v exchanged
    (b) t[v] + δ(e)·II − t[u] + (r[u] − r[o]) mod II ≥ lat(o)   for every blocking e = (u→v) and
        every o ≠ u of the queue and the group of u
    """
    _add_waits(variables)
    for dependence in variables.problem.dependences:
        queue = variables.problem.operation(dependence.source).queue
        if not dependence.blocking or queue is None:
            continue
        for older in variables.problem.operations:
            if older.queue == queue and older.name != dependence.source:
                _add_retirement(variables, dependence, older.name)


def _add_waits(variables: Variables) -> None:
    model, period = variables.model, variables.initiation_interval
    waits = {v for v in variables.slot if variables.wait_cycles[v] or variables.receive_most[v]}
    for v in waits:
        model.add(variables.tail(v) + variables.head(v) <= period)
    for u, v in stream_pairs(variables):
        if u in waits or v in waits:
            _add_pair(variables, u, v)


def _add_pair(variables: Variables, u: str, v: str) -> None:
    model, r, period = variables.model, variables.slot, variables.initiation_interval
    tail, head = variables.tail, variables.head
    same, first = variables.same(u, v), variables.first(u, v)
    for x, y, before in ((u, v, first), (v, u, negated(first))):
        model.add(r[x] + tail(x) + head(y) <= r[y]).only_enforce_if(same, before)
        model.add(r[y] + tail(y) + head(x) <= r[x] + period).only_enforce_if(same, before)


def _add_retirement(variables: Variables, e: Dependence, older: str) -> None:
    """(r[u] − r[o]) mod II is r[u] − r[o] if r[u] ≥ r[o], hence `later`, and else II more."""
    same = variables.same(e.source, older)
    if same is False:
        return
    model, t, r, period = (
        variables.model,
        variables.issue_cycle,
        variables.slot,
        variables.initiation_interval,
    )
    u, latency = e.source, variables.problem.operation(older).latency_cycles
    later = model.new_bool_var(f"later[{u},{older}]")
    model.add(r[u] < r[older]).only_enforce_if(same, negated(later))
    elapsed = r[u] - r[older] + period * negated(later)
    model.add(t[e.target] + e.distance * period - t[u] + elapsed >= latency).only_enforce_if(same)
