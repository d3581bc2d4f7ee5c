"""C5: which operations may share a warp group."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from ...models.problem import LegalityRule
from .timeline import Timeline

MOST_ONE_WARP_GROUPS = 4


def illegal_groups(timeline: Timeline) -> Iterator[str]:
    """C5. Variable latency sits alone in group 0, rules hold, one-warp groups fit 128 threads."""
    problem, schedule = timeline.problem, timeline.schedule
    for operation in problem.operations:
        group = schedule.warp_group(operation.name)
        if group >= problem.machine.warp_groups:
            yield f"C5 {operation.name} in warp group {group} of {problem.machine.warp_groups}"
        elif operation.variable_latency and group != 0:
            yield f"C5 {operation.name} has variable latency and sits in warp group {group}, not 0"
        elif not operation.variable_latency and group == 0:
            yield f"C5 {operation.name} sits in warp group 0 and has no variable latency"
    for rule in problem.rules:
        yield from _broken(timeline, rule)
    narrow = [group for group in schedule.used_groups if width(timeline, group) == 1]
    if len(narrow) > MOST_ONE_WARP_GROUPS:
        yield f"C5 {len(narrow)} warp groups of one warp, {MOST_ONE_WARP_GROUPS} exist"


def width(timeline: Timeline, group: int) -> int:
    """Warps of a warp group in use: as many as its widest operation needs."""
    placed = timeline.schedule.warp_group
    return max(o.warps for o in timeline.problem.operations if placed(o.name) == group)


def _broken(timeline: Timeline, rule: LegalityRule) -> Iterator[str]:
    for left, right in combinations(rule.operations, 2):
        groups = timeline.schedule.warp_group(left), timeline.schedule.warp_group(right)
        if rule.kind == "together" and groups[0] != groups[1]:
            yield f"C5 {rule.rule}: {left} in warp group {groups[0]}, {right} in {groups[1]}"
        if rule.kind == "apart" and groups[0] == groups[1]:
            yield f"C5 {rule.rule}: {left} and {right} share warp group {groups[0]}"
