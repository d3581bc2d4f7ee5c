"""C8: registers of each warp group and of the block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ...models.problem import RegisterFile
from .groups import width
from .timeline import Span, Timeline


def overfull_registers(timeline: Timeline) -> Iterator[str]:
    """C8. Live values fit the budget of their warp group; budgets are legal and fit the block."""
    registers = timeline.problem.machine.registers
    stated = {b.warp_group: b.registers_per_thread for b in timeline.schedule.budgets}
    for group, times in Counter(b.warp_group for b in timeline.schedule.budgets).items():
        if times > 1:
            yield f"C8 warp group {group}: its budget is stated {times} times"
    if registers is None:
        yield from (f"C8 warp group {g}: a budget without a limit" for g in stated if stated[g])
        return
    wide = [g for g in timeline.schedule.used_groups if width(timeline, g) == 4]
    for group in sorted(set(stated) - set(wide)):
        if stated[group]:
            yield f"C8 warp group {group}: {stated[group]} registers for no group of four warps"
    for group in wide:
        if group not in stated:
            yield f"C8 warp group {group}: no budget is stated"
        else:
            yield from _overfull_group(timeline, registers, group, stated[group])
    yield from _overfull_block(timeline, registers, [stated.get(group, 0) for group in wide])


def _overfull_group(
    timeline: Timeline, registers: RegisterFile, group: int, budget: int
) -> Iterator[str]:
    if budget not in range(registers.least, registers.most + 1, registers.step):
        yield (
            f"C8 warp group {group}: {budget} is none of "
            f"{registers.least}, {registers.least + registers.step} ... {registers.most}"
        )
    peak = timeline.peak([*_produced(timeline, group), *_received(timeline, group)])
    needed = registers.base + peak.amount
    if needed > budget:
        holders = ", ".join(("base", *peak.holders))
        yield (
            f"C8 warp group {group} over its budget at slot {peak.slot} "
            f"({needed} of {budget}): {holders}"
        )


def _produced(timeline: Timeline, group: int) -> Iterator[Span]:
    for value in timeline.problem.values:
        if value.registers and timeline.schedule.warp_group(value.source) == group:
            start, end = timeline.issue(value.source), timeline.end(value.name)
            yield Span(start, end, value.registers, value.name)


def _received(timeline: Timeline, group: int) -> Iterator[Span]:
    for dependence in timeline.problem.dependences:
        if not timeline.crosses(dependence) or not dependence.received_registers:
            continue
        target = dependence.target
        if timeline.schedule.warp_group(target) == group:
            held = f"{dependence.source} received by {target}"
            start, end = timeline.issue(target), timeline.done(target)
            yield Span(start, end, dependence.received_registers, held)


def _overfull_block(
    timeline: Timeline, registers: RegisterFile, budgets: list[int]
) -> Iterator[str]:
    narrow = len(timeline.schedule.used_groups) > len(budgets)
    aligned, taken = len(budgets), sum(budgets)
    if narrow:
        aligned, taken = aligned + 1, taken + registers.least
    if aligned > len(registers.pool):
        yield f"C8 {aligned} aligned warp groups, {len(registers.pool)} fit a block"
    elif taken > registers.pool[aligned - 1]:
        yield (
            f"C8 the budgets take {taken} registers, {aligned} aligned warp groups "
            f"have {registers.pool[aligned - 1]}"
        )
