"""The strategy of a schedule: which operations share a warp group, whatever the groups are called.

The same notion as that of `--top K` (docs/explaining.md).
"""

from __future__ import annotations

from ..analysis.ablations import with_partition
from ..models.problem import SchedulingProblem
from ..models.schedule import Schedule

Groups = tuple[tuple[str, ...], ...]


def strategy_of(problem: SchedulingProblem, schedule: Schedule) -> Groups:
    """The operations of each warp group but the producer, in the order of the problem."""
    order = {operation.name: i for i, operation in enumerate(problem.operations)}
    produced = {o.name for o in problem.operations if o.variable_latency}
    groups = (tuple(sorted(group, key=order.__getitem__)) for group in schedule.partition)
    kept = (group for group in groups if not produced & {*group})
    return tuple(sorted(kept, key=lambda group: order[group[0]]))


def with_strategy(problem: SchedulingProblem, groups: Groups) -> SchedulingProblem:
    """The problem in which exactly these operations share warp groups: rules of C5 say so."""
    return with_partition(problem, groups)
