"""Schedules that could begin earlier as they are: the earliest of them is enough."""

from __future__ import annotations

from ...models.problem import Dependence, SchedulingProblem, Value
from .variables import Literal, Variables


def add_first_issue(variables: Variables) -> None:
    """No constraint knows which slot is 0: some operation issues at cycle 0.

    min over v of t[v] = 0
    """
    model, t = variables.model, variables.issue_cycle
    at_zero = []
    for v, window in variables.windows.items():
        if window.first == 0:
            literal = model.new_bool_var(f"begins[{v}]")
            model.add(t[v] == 0).only_enforce_if(literal)
            at_zero.append(literal)
    model.add_bool_or(at_zero)


def add_early_components(variables: Variables) -> None:
    """No component could be moved one initiation interval earlier by itself.

    For every component h (docs/constraints.md, stage bound), one of these holds:
    t[v] < II for some v in h;   t[v] + δ(e)·II − t[u] < D(e) + II for some e = (u→v) into h
    with D(e) = lat(e) + x(e)·cross(e), or the longest latency of a queue that e retires (C4b)

    The move keeps slots, groups and lives; so it is possible wherever neither holds.
    """
    model, t, period = variables.model, variables.issue_cycle, variables.initiation_interval
    component = held_components(variables.problem)
    reasons: dict[str, list[Literal]] = {}
    for v, window in variables.windows.items():
        if window.first < period:
            literal = model.new_bool_var(f"early[{v}]")
            model.add(t[v] < period).only_enforce_if(literal)
            reasons.setdefault(component[v], []).append(literal)
    for index, e in enumerate(variables.problem.dependences):
        if component[e.source] != component[e.target]:
            literal = model.new_bool_var(f"tight[{index}]")
            for_queue = _queue_latency(variables.problem, e)
            for_result = e.latency_cycles + e.handoff_cycles * variables.cross(e)
            slack = t[e.target] + e.distance * period - t[e.source]
            needed = for_result if for_queue is None else for_queue
            model.add(slack < needed + period).only_enforce_if(literal)
            reasons.setdefault(component[e.target], []).append(literal)
    for name in sorted(set(component.values())):
        model.add_bool_or(reasons.get(name, []))


def held_components(problem: SchedulingProblem) -> dict[str, str]:
    """Operations joined by a value in limited storage: its source, its readers, its opener."""
    component = {o.name: o.name for o in problem.operations}

    def find(name: str) -> str:
        while component[name] != name:
            component[name] = component[component[name]]
            name = component[name]
        return name

    openers = {b.name: b.opener for b in problem.buffers}
    for value in problem.values:
        if _is_held(problem, value):
            joined = [d.target for d in problem.readers(value.name)]
            joined += [openers[value.buffer]] if value.buffer is not None else []
            for name in joined:
                component[find(name)] = find(value.source)
    return {name: find(name) for name in component}


def _is_held(problem: SchedulingProblem, value: Value) -> bool:
    return (
        bool(value.registers)
        or value.buffer is not None
        or any(d.staged_bytes for d in problem.readers(value.name))
    )


def _queue_latency(problem: SchedulingProblem, e: Dependence) -> int | None:
    """The longest wait that e may mean; None if only its own result is waited for."""
    queue = problem.operation(e.source).queue
    if not e.blocking or queue is None:
        return None
    latencies = [o.latency_cycles for o in problem.operations if o.queue == queue]
    return max(e.latency_cycles + e.handoff_cycles, *latencies)
