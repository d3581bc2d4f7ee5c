"""What a stored answer says of its schedules, checked again: rows, constraints, objectives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..models.answer import Answer
from ..models.certificate import ObjectiveValue
from ..models.rows import schedule_rows, warp_group_rows
from ..models.schedule import Schedule
from ..models.verification import Check
from .objective_values import OBJECTIVES
from .recheck_certificate import check
from .strategies import steady_state_order
from .verifier import FAMILIES, violations

ROWS = ("initiation_interval", "schedule_length", "stages", "operations", "warp_groups", "rings")


def status_check(answer: Answer) -> Check:
    """The status goes with a schedule or without one, and a proof has a certificate."""
    has = answer.schedule is not None
    if has == (answer.status in ("infeasible", "unknown")):
        said = "the schedule says otherwise"
        return check("status", False, f"the status is {answer.status}, but {said}")
    if answer.status == "optimal" and answer.certificate is None:
        return check("status", False, "the status is optimal, but there is no certificate")
    if bool(answer.reason) == (answer.status == "optimal"):
        said = f"the reason given is {answer.reason!r}" if answer.reason else "no reason is given"
        return check("status", False, f"the status is {answer.status}, but {said}")
    return check("status", True, f"{answer.status}, {'with' if has else 'without'} a schedule")


def schedule_checks(answer: Answer) -> Iterator[Check]:
    """Schedule, rows, constraints, objectives and alternatives, as far as there are any."""
    schedule = answer.schedule
    if schedule is None:
        empty = all(not getattr(answer, field) for field in (*ROWS, "alternatives"))
        yield check("rows", empty, "no schedule, and nothing is said of one")
        return
    placed = [placement.operation for placement in schedule.placements]
    if placed != [operation.name for operation in answer.problem.operations]:
        yield check("schedule", False, "it does not place the operations of the problem")
        return  # the rows cannot be derived
    digest = schedule.digest()
    of = answer.certificate.schedule_digest if answer.certificate is not None else digest
    said = "" if of == digest else "; the certificate is for another schedule"
    yield check("schedule", of == digest, f"the digest of the schedule is {digest}{said}")
    yield _rows(answer, schedule)
    yield _constraints("constraints", answer, schedule)
    yield from _objectives(answer, schedule)
    yield from _alternatives(answer, schedule)


def _rows(answer: Answer, schedule: Schedule) -> Check:
    rows = schedule_rows(answer.problem, schedule)
    wrong = [field for field, value in rows.items() if getattr(answer, field) != value]
    if wrong:
        return check("rows", False, f"{', '.join(wrong)} is not what the schedule gives")
    return check("rows", True, f"{len(answer.operations)} operations stand as the schedule says")


def _constraints(name: str, answer: Answer, schedule: Schedule) -> Check:
    found = violations(answer.problem, schedule)
    if found:
        return check(name, False, "; ".join(found))
    return check(name, True, f"{', '.join(FAMILIES)} hold")


def _objectives(answer: Answer, schedule: Schedule) -> Iterator[Check]:
    if answer.certificate is None:
        return
    stated = answer.certificate.objectives
    wrong = [_wrong(answer, schedule, o) for o in stated]
    faults = [fault for fault in wrong if fault]
    if len({o.objective for o in stated}) != len(stated):
        faults.append("an objective is named twice")
    values = ", ".join(f"{o.objective} {o.value:,}" for o in stated) or "none stated"
    yield check("objectives", not faults, "; ".join(faults) or values)


def _wrong(answer: Answer, schedule: Schedule, stated: ObjectiveValue) -> str:
    if stated.objective not in OBJECTIVES:
        return f"unknown objective {stated.objective}"
    value = OBJECTIVES[stated.objective](answer.problem, schedule)
    if value == stated.value:
        return ""
    return f"{stated.objective} is {value:,}, not {stated.value:,}"


def _alternatives(answer: Answer, first: Schedule) -> Iterator[Check]:
    if not answer.alternatives:
        return
    faults = []
    for number, other in enumerate(answer.alternatives, start=2):
        faults += [f"strategy {number}: {v}" for v in violations(answer.problem, other.schedule)]
        if faults:
            continue
        if other.schedule.initiation_interval != first.initiation_interval:
            faults.append(f"strategy {number} has another initiation interval")
        if other.warp_groups != warp_group_rows(answer.problem, other.schedule):
            faults.append(f"strategy {number}: warp_groups is not what the schedule gives")
        for name, value in other.objectives:
            if name not in OBJECTIVES or OBJECTIVES[name](answer.problem, other.schedule) != value:
                faults.append(f"strategy {number}: {name} is not {value:,}")
    if not faults:
        faults += _repeated([first, *(other.schedule for other in answer.alternatives)])
    sentence = f"{len(answer.alternatives)} more schedules with the same initiation interval"
    yield check("alternatives", not faults, "; ".join(faults) or sentence)


def _repeated(schedules: Sequence[Schedule]) -> Iterator[str]:
    """Strategies that share warp groups and issue in the same order as one before them."""
    first: dict[frozenset[tuple[str, ...]], int] = {}
    for number, schedule in enumerate(schedules, start=1):
        same = first.setdefault(steady_state_order(schedule), number)
        if same != number:
            yield f"strategy {number} is strategy {same} again"
