"""C6: values that cross between warp groups."""

from __future__ import annotations

from collections.abc import Iterator

from ...models.problem import Dependence, SchedulingProblem
from .group_classes import GroupClasses
from .variables import Linear, Variables
from .windows import Difference


def add_crossing_constraints(variables: Variables) -> None:
    """C6. A value that moves between warp groups pays a hand-off and issue cycles on both sides.

    t[v] + δ(e)·II ≥ t[u] + lat(e) + x(e)·cross(e)
    send(v)    = Σ over values of v of max over e out of v of send_cycles(e)·cross(e)
    receive(v) = Σ over e into v of receive_cycles(e)·cross(e)
    """
    t, period = variables.issue_cycle, variables.initiation_interval
    for e in variables.problem.dependences:
        if e.handoff_cycles and variables.classes.share(e.source, e.target) is not True:
            handoff = e.handoff_cycles * variables.cross(e)
            variables.model.add(
                t[e.target] + e.distance * period >= t[e.source] + e.latency_cycles + handoff
            )
    _add_receiving(variables)
    _add_sending(variables)


def _add_receiving(variables: Variables) -> None:
    received: dict[str, list[Linear]] = {}
    for e in _crossing(variables):
        if e.receive_cycles:
            received.setdefault(e.target, []).append(e.receive_cycles * variables.cross(e))
    for v, terms in received.items():
        variables.model.add(variables.receive[v] == sum(terms))


def _add_sending(variables: Variables) -> None:
    """A value is sent once, whoever reads it: the dearest reader that crosses counts."""
    sent: dict[str, dict[str | None, list[Dependence]]] = {}
    for e in _crossing(variables):
        if e.send_cycles:
            sent.setdefault(e.source, {}).setdefault(e.value, []).append(e)
    for v, by_value in sent.items():
        terms = [_dearest(variables, v, index, es) for index, es in enumerate(by_value.values())]
        variables.model.add(variables.send[v] >= sum(terms))


def _dearest(variables: Variables, v: str, index: int, readers: list[Dependence]) -> Linear:
    if len(readers) == 1:
        return readers[0].send_cycles * variables.cross(readers[0])
    most = max(e.send_cycles for e in readers)
    cycles = variables.model.new_int_var(0, most, f"send[{v},{index}]")
    for e in readers:
        variables.model.add(cycles >= e.send_cycles * variables.cross(e))
    return cycles


def _crossing(variables: Variables) -> Iterator[Dependence]:
    for e in variables.problem.dependences:
        if variables.classes.share(e.source, e.target) is not True:
            yield e


def crossing_differences(
    problem: SchedulingProblem, classes: GroupClasses, period: int
) -> Iterator[Difference]:
    """C6 as differences: hand-offs of the dependences that cross in every schedule."""
    for e in problem.dependences:
        if classes.share(e.source, e.target) is False:
            delay = e.latency_cycles + e.handoff_cycles
            yield Difference(e.source, e.target, delay - e.distance * period)
