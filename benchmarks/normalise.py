"""Costs in larger units, as the paper's formulation needs them: ceil(c / g), a sum of about 300."""

from __future__ import annotations

import json

from twill.models.problem import SchedulingProblem

SUM = 300  # the budget that the paper gives to all latencies together
TIMES = {"latency_cycles", "handoff_cycles", "issue_cycles", "wait_cycles", "send_cycles"} | {
    "receive_cycles",
    "cycles",
    "offset",
}


def normalise(problem: SchedulingProblem, total: int = SUM) -> SchedulingProblem:
    """Every time divided by the least g with which the latencies add up to `total` at most."""
    return scaled(problem, _divisor(problem, total))


def scaled(problem: SchedulingProblem, divisor: int) -> SchedulingProblem:
    """The problem with every time replaced by ceil(time / divisor)."""
    content = _divided(problem.model_dump(mode="json"), divisor)
    assert isinstance(content, dict)
    content["symmetries"] = ()
    return SchedulingProblem.model_validate_json(json.dumps(content))


def _divisor(problem: SchedulingProblem, total: int) -> int:
    latencies = [o.latency_cycles for o in problem.operations]
    low, high = 1, max(1, sum(latencies))
    while low < high:
        middle = (low + high) // 2
        if sum(-(-latency // middle) for latency in latencies) <= total:
            high = middle
        else:
            low = middle + 1
    return low


def _divided(value: object, divisor: int) -> object:
    if isinstance(value, dict):
        return {
            key: -(-item // divisor)
            if key in TIMES and isinstance(item, int)
            else _divided(item, divisor)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_divided(item, divisor) for item in value]
    return value
