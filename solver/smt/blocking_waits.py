"""C4: blocking waits."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from ...models.problem import Dependence
from .labelled import Labelled
from .terms import FALSE, Formula, Sum, conjunction, disjunction, negation
from .variables import Variables


def blocking_wait_constraints(variables: Variables) -> Iterator[Labelled]:
    """C4. A warp group issues nothing while it waits, and its queues retire oldest first.

    (a) head(v) = (wait(v) if a dependence into v is blocking) + receive(v),
        tail(v) + head(v) ≤ II, and for u ≠ v with g[u] = g[v] before'(u, v) or before'(v, u):
        with d = r[v] − r[u] ≥ 0,
        before'(u, v):   d ≥ tail(u) + head(v)   and   II − d ≥ tail(v) + head(u)
    (b) t[v] + δ(e)·II − t[u] + (r[u] − r[o]) mod II ≥ lat(o)   for every blocking e = (u→v) and
        every o ≠ u of the queue and of the group of u
    """
    yield from _waits(variables)
    yield from _retirements(variables)


def _waits(variables: Variables) -> Iterator[Labelled]:
    names = [operation.name for operation in variables.problem.operations]
    heads = {name: variables.head(name) for name in names}
    waiting = [name for name, head in heads.items() if head.parts or head.constant]
    for v in waiting:
        busy = variables.tail(v) + heads[v]
        yield Labelled(v, busy.at_most(variables.interval))
    for u, v in combinations(names, 2):
        if (u in waiting or v in waiting) and variables.same(u, v) != FALSE:
            into_v = variables.tail(u) + heads[v]
            into_u = variables.tail(v) + heads[u]
            yield Labelled(f"{u}, {v}", _ordered(variables, u, v, into_v, into_u))


def _ordered(variables: Variables, u: str, v: str, into_v: Sum, into_u: Sum) -> Formula:
    """In one group, u and v are as far apart as what lies between them, both ways round."""
    slots, period = variables.slot, variables.interval
    ways = [negation(variables.same(u, v))]
    for first, last, between, around in ((u, v, into_v, into_u), (v, u, into_u, into_v)):
        gap = slots[last] - slots[first]
        ways.append(
            conjunction(
                (
                    gap.at_least(0),
                    (gap - between).at_least(0),
                    (gap + around).at_most(period),
                )
            )
        )
    return disjunction(ways)


def _retirements(variables: Variables) -> Iterator[Labelled]:
    problem = variables.problem
    for e in problem.dependences:
        queue = problem.operation(e.source).queue
        if not e.blocking or queue is None:
            continue
        for older in problem.operations:
            if older.queue == queue and older.name != e.source:
                formula = _retired(variables, e, older.name, older.latency_cycles)
                yield Labelled(f"{e.source} -> {e.target}, {older.name}", formula)


def _retired(variables: Variables, e: Dependence, older: str, latency: int) -> Formula:
    """The older operation is over: its last issue is a turn back if its slot is after u's."""
    slot, stage = variables.slot, variables.stage
    behind = (slot[e.source] - slot[older]).at_most(-1)
    stages = stage[e.target] - stage[e.source] + e.distance
    gap = slot[e.target] - slot[older]
    return disjunction(
        (
            negation(variables.same(e.source, older)),
            conjunction((negation(behind), variables.reached(stages, gap, latency))),
            conjunction((behind, variables.reached(stages + 1, gap, latency))),
        )
    )
