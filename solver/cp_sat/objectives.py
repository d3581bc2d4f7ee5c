"""What may be minimised once the initiation interval is fixed, as linear expressions."""

from __future__ import annotations

from collections.abc import Callable

from .storage import staged_size
from .variables import Linear, Variables


def used_groups(variables: Variables) -> Linear:
    """Σ over w of used[w]."""
    return sum(variables.used.values())


def crossings(variables: Variables) -> Linear:
    """Σ of cross(e) over the e that carry a value from an operation of constant latency."""
    return sum(
        variables.cross(e)
        for e in variables.problem.dependences
        if e.value is not None and not variables.problem.operation(e.source).variable_latency
    )


def staged_bytes(variables: Variables) -> Linear:
    """Σ over staged x of depth[x]·bytes(x)."""
    return sum(
        staged_size(variables.problem, variables.problem.value(name)) * depth
        for name, depth in variables.staged_depth.items()
    )


def registers(variables: Variables) -> Linear:
    """Σ over w of R[w]."""
    file = variables.problem.machine.registers
    return 0 if file is None else file.step * sum(variables.budget.values())


def length(variables: Variables) -> Linear:
    """Largest t[v] + lat(v); at the least of it some operation issues at cycle 0."""
    model, horizon = variables.model, variables.stages * variables.initiation_interval
    last = model.new_int_var(0, horizon, "length")
    for operation in variables.problem.operations:
        model.add(last >= variables.issue_cycle[operation.name] + operation.latency_cycles)
    return last


def stages(variables: Variables) -> Linear:
    """The least n ≥ 1 with t[v] + lat(v) ≤ n·II for every v."""
    model, period = variables.model, variables.initiation_interval
    count = model.new_int_var(1, variables.stages, "stages")
    for operation in variables.problem.operations:
        over = variables.issue_cycle[operation.name] + operation.latency_cycles
        model.add(over <= period * count)
    return count


def issue_cycle_sum(variables: Variables) -> Linear:
    """Σ over v of t[v]: what makes the published schedule one of few."""
    return sum(variables.issue_cycle.values())


EXPRESSIONS: dict[str, Callable[[Variables], Linear]] = {
    "warp_groups": used_groups,
    "crossings": crossings,
    "staged_bytes": staged_bytes,
    "registers": registers,
    "length": length,
    "stages": stages,
}
