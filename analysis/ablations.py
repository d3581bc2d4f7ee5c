"""The same problem with fewer warp groups, no crossing, or a prescribed partition."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..models.errors import UsageError
from ..models.problem import LegalityRule, SchedulingProblem

NO_CROSSING = "ablation-no-crossing/1"
PARTITION = "ablation-partition/1"


def with_warp_groups(problem: SchedulingProblem, warp_groups: int) -> SchedulingProblem:
    """The problem on a machine with at most that many warp groups, the producer included."""
    machine = problem.machine.model_copy(update={"warp_groups": warp_groups})
    return renewed(problem, machine=machine)


def without_crossing(problem: SchedulingProblem) -> SchedulingProblem:
    """The problem in which no value moves between warp groups, but for those of the producer."""
    producers = {o.name for o in problem.operations if o.variable_latency}
    pairs = dict.fromkeys(
        (d.source, d.target)
        for d in problem.dependences
        if d.value is not None and d.source != d.target and not {d.source, d.target} & producers
    )
    rules = tuple(LegalityRule(rule=NO_CROSSING, kind="together", operations=p) for p in pairs)
    return renewed(problem, rules=(*problem.rules, *rules))


def with_partition(
    problem: SchedulingProblem, groups: Iterable[Sequence[str]]
) -> SchedulingProblem:
    """The problem in which each of the given sets of operations has a warp group of its own.

    Operations of the producer are left out. Raises UsageError unless the sets hold every other
    operation exactly once.
    """
    sets = tuple(tuple(group) for group in groups if group)
    named = sorted(name for group in sets for name in group)
    wanted = sorted(o.name for o in problem.operations if not o.variable_latency)
    if named != wanted:
        wrong = sorted(set(named) ^ set(wanted)) or sorted(named)
        raise UsageError(
            f"not a partition of the operations: {', '.join(wrong)}",
            cure="name every operation outside the producer exactly once",
        )
    rules = [
        LegalityRule(rule=PARTITION, kind="together", operations=g) for g in sets if len(g) > 1
    ]
    if len(sets) > 1:
        first = tuple(group[0] for group in sets)
        rules.append(LegalityRule(rule=PARTITION, kind="apart", operations=first))
    return renewed(problem, rules=(*problem.rules, *rules), symmetries=())


def renewed(problem: SchedulingProblem, **changes: object) -> SchedulingProblem:
    """A changed copy, checked as at its birth.

    The caller drops the symmetries that the change breaks.
    """
    fields = {name: getattr(problem, name) for name in SchedulingProblem.model_fields}
    return SchedulingProblem(**{**fields, **changes})
