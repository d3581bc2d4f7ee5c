"""Every assignment of warp groups that the rules admit, up to renaming the groups 1, 2, ..."""

from collections.abc import Iterator

from twill.models.problem import SchedulingProblem


def partitions(problem: SchedulingProblem) -> Iterator[tuple[int, ...]]:
    """Groups by operation; one above 1 appears only after all smaller ones (C5, and a of C8)."""
    yield from _extend(problem, ())


def is_legal(problem: SchedulingProblem, groups: tuple[int, ...]) -> bool:
    """C5, and a of C8."""
    produced = all(
        operation.variable_latency == (group == 0)
        for operation, group in zip(problem.operations, groups, strict=True)
    )
    in_range = max(groups) < problem.machine.warp_groups
    return produced and in_range and _rules_hold(problem, groups) and _fit_block(problem, groups)


def _extend(problem: SchedulingProblem, groups: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    if len(groups) == len(problem.operations):
        if _fit_block(problem, groups):
            yield groups
        return
    if problem.operations[len(groups)].variable_latency:
        choices = range(1)
    else:
        choices = range(1, min(max(groups, default=0) + 1, problem.machine.warp_groups - 1) + 1)
    for group in choices:
        if _rules_hold(problem, (*groups, group)):
            yield from _extend(problem, (*groups, group))


def _rules_hold(problem: SchedulingProblem, groups: tuple[int, ...]) -> bool:
    placed = {o.name: g for o, g in zip(problem.operations, groups, strict=False)}
    for rule in problem.rules:
        seen = [placed[name] for name in rule.operations if name in placed]
        if rule.kind == "together" and len(set(seen)) > 1:
            return False
        if rule.kind == "apart" and len(set(seen)) < len(seen):
            return False
    return True


def _fit_block(problem: SchedulingProblem, groups: tuple[int, ...]) -> bool:
    wide = {g for o, g in zip(problem.operations, groups, strict=True) if o.warps == 4}
    narrow = set(groups) - wide
    if len(narrow) > 4:
        return False
    registers = problem.machine.registers
    return registers is None or len(wide) + bool(narrow) <= len(registers.pool)
