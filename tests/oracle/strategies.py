"""The least initiation interval of every strategy, by trying everything."""

from twill.models.problem import SchedulingProblem

from .partitions import partitions
from .search import _most_constrained_first, _place
from .tables import Tables

Partition = frozenset[frozenset[str]]


def least_by_strategy(
    problem: SchedulingProblem, stages: int, most_ii: int
) -> dict[Partition, int | None]:
    """Which operations share a group, to the smallest II up to most_ii with a schedule, or None.

    Groups that differ in their names alone are one strategy.
    """
    names = _most_constrained_first(problem)
    ordered = problem.model_copy(update={"operations": tuple(map(problem.operation, names))})
    found: dict[Partition, int | None] = {}
    for groups in partitions(ordered):
        strategy = frozenset(
            frozenset(n for n, g in zip(names, groups, strict=True) if g == group)
            for group in {*groups}
        )
        least = _least(ordered, stages, most_ii, groups)
        known = found.get(strategy)
        found[strategy] = min((ii for ii in (least, known) if ii is not None), default=None)
    return found


def _least(
    ordered: SchedulingProblem, stages: int, most_ii: int, groups: tuple[int, ...]
) -> int | None:
    for interval in range(1, most_ii + 1):
        if _place(Tables(ordered, interval, stages, groups)) is not None:
            return interval
    return None
