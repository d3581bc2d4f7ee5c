"""A schedule with one decision changed so that it breaks a given constraint family."""

from collections.abc import Iterator

from twill.models.answer import Answer
from twill.models.rows import schedule_rows
from twill.models.schedule import Schedule
from twill.solver.verifier import violations


def moved(schedule: Schedule) -> Iterator[Schedule]:
    """The schedule with one operation earlier or later, or in another group; or less storage."""
    interval = schedule.initiation_interval
    shifts = (1, -1, 7, -7, 60, -60, interval // 2, interval, -interval, 12 * interval)
    for index, placement in enumerate(schedule.placements):
        changes: list[dict[str, int]] = [
            {"issue_cycle": placement.issue_cycle + shift}
            for shift in shifts
            if placement.issue_cycle + shift >= 0
        ]
        changes += [{"warp_group": g} for g in (0, 1, 2, 3) if g != placement.warp_group]
        for change in changes:
            placements = list(schedule.placements)
            placements[index] = placement.model_copy(update=change)
            yield schedule.model_copy(update={"placements": tuple(placements)})
    for index, ring in enumerate(schedule.rings):
        for depth in (ring.depth + 40, ring.depth - 1):
            if depth:
                rings = list(schedule.rings)
                rings[index] = ring.model_copy(update={"depth": depth})
                yield schedule.model_copy(update={"rings": tuple(rings)})
    for index, budget in enumerate(schedule.budgets):
        budgets = list(schedule.budgets)
        fewer = max(0, budget.registers_per_thread - 8)
        budgets[index] = budget.model_copy(update={"registers_per_thread": fewer})
        yield schedule.model_copy(update={"budgets": tuple(budgets)})


def breaking(answer: Answer, family: str) -> Schedule | None:
    """The change that breaks the family and the fewest others; None if no change does."""
    assert answer.schedule is not None
    best: tuple[int, Schedule] | None = None
    for changed in moved(answer.schedule):
        broken = {sentence.split()[0] for sentence in violations(answer.problem, changed)}
        if family in broken and (best is None or len(broken) < best[0]):
            best = len(broken), changed
    return None if best is None else best[1]


def told_alike(answer: Answer, schedule: Schedule) -> Answer:
    """The answer with another schedule, and with rows and digest that go with it."""
    assert answer.certificate is not None
    certificate = answer.certificate.model_copy(update={"schedule_digest": schedule.digest()})
    rows = schedule_rows(answer.problem, schedule)
    return answer.model_copy(update={"schedule": schedule, "certificate": certificate, **rows})
