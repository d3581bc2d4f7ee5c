"""C6: values that cross between warp groups."""

from __future__ import annotations

from collections.abc import Iterator

from ...models.problem import Dependence, SchedulingProblem
from .group_domains import GroupDomains
from .labelled import Labelled
from .longest_paths import Difference
from .terms import Formula, Sum, add_up, count, disjunction, negation
from .variables import Variables


def crossing_constraints(variables: Variables) -> Iterator[Labelled]:
    """C6. A value that moves between warp groups pays a hand-off and issue cycles on both sides.

    t[v] + δ(e)·II ≥ t[u] + lat(e) + x(e)·cross(e)
    send(v)    = Σ over values of v of max over e out of v of send_cycles(e)·cross(e)
    receive(v) = Σ over e into v of receive_cycles(e)·cross(e)
    """
    for e in variables.problem.dependences:
        if variables.may_cross(e) and e.handoff_cycles:
            delay = e.latency_cycles + e.handoff_cycles - e.distance * variables.interval
            late = variables.follows(e.source, e.target, delay)
            stays = negation(variables.crosses(e))
            yield Labelled(f"{e.source} -> {e.target}", disjunction((stays, late)))
    for operation in variables.problem.operations:
        yield from _transfers(variables, operation.name)


def _transfers(variables: Variables, name: str) -> Iterator[Labelled]:
    received = [
        count(variables.crosses(e)) * e.receive_cycles
        for e in variables.into.get(name, ())
        if e.receive_cycles
    ]
    if received:
        yield Labelled(name, (variables.receive(name) - add_up(received)).at_least(0))
    values: dict[str | None, list[Dependence]] = {}
    for e in variables.out_of.get(name, ()):
        if e.send_cycles:
            values.setdefault(e.value, []).append(e)
    if values:
        sent = add_up(_dearest(variables, readers) for readers in values.values())
        yield Labelled(name, (variables.send(name) - sent).at_least(0))


def _dearest(variables: Variables, readers: list[Dependence]) -> Sum:
    """A value is sent once: what its dearest reader in another group costs, as a sum of steps."""
    costs = sorted({e.send_cycles for e in readers})
    steps = zip(costs, (0, *costs), strict=False)
    return add_up(
        count(_any_crosses(variables, [e for e in readers if e.send_cycles >= cost]))
        * (cost - below)
        for cost, below in steps
    )


def _any_crosses(variables: Variables, readers: list[Dependence]) -> Formula:
    return disjunction(variables.crosses(e) for e in readers)


def crossing_differences(
    problem: SchedulingProblem, domains: GroupDomains, interval: int
) -> Iterator[Difference]:
    """C6 where the domains of the groups leave no choice but to cross."""
    for e in problem.dependences:
        ends = domains.representative(e.source), domains.representative(e.target)
        if domains.share(*ends) is False:
            delay = e.latency_cycles + e.handoff_cycles
            yield Difference(e.source, e.target, delay - e.distance * interval)
