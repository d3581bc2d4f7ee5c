"""What a stored answer must satisfy without solving: it says what its schedule says."""

from __future__ import annotations

from collections.abc import Iterator

from .answer import Answer
from .errors import Problem
from .problem import SchedulingProblem
from .rows import schedule_rows
from .schedule import Schedule

_CURE = "solve again, or take the file as it was written"


def answer_faults(answer: Answer) -> Iterator[Problem]:
    """Every contradiction inside an answer; whether the schedule keeps C1 to C9 is not asked."""
    if (answer.schedule is None) != (answer.status in ("infeasible", "unknown")):
        yield _fault(f"the status is {answer.status}, but the schedule says otherwise", "status")
    yield from _certificate(answer)
    if answer.schedule is None:
        return
    misplaced = _placement_faults(answer.problem, answer.schedule)
    if misplaced:
        yield misplaced
        return  # the rows cannot be derived
    yield from _rows(answer, answer.schedule)


def _rows(answer: Answer, schedule: Schedule) -> Iterator[Problem]:
    for field, value in schedule_rows(answer.problem, schedule).items():
        if getattr(answer, field) != value:
            yield _fault(f"{field} is not what the schedule gives", field)


def _placement_faults(problem: SchedulingProblem, schedule: Schedule) -> Problem | None:
    placed = [placement.operation for placement in schedule.placements]
    if placed == [operation.name for operation in problem.operations]:
        return None
    return _fault("the schedule does not place the operations of the problem", "schedule")


def _certificate(answer: Answer) -> Iterator[Problem]:
    certificate = answer.certificate
    if certificate is None:
        if answer.status == "optimal":
            yield _fault(f"the status is {answer.status}, but there is no certificate", "status")
        return
    if certificate.problem_digest != answer.problem.digest():
        yield _fault("the certificate is for another problem", "certificate")
    digest = answer.schedule.digest() if answer.schedule is not None else None
    if certificate.schedule_digest != digest:
        yield _fault("the certificate is for another schedule", "certificate")
    if answer.status == "optimal":
        least = certificate.least_initiation_interval
        if answer.initiation_interval != least:
            yield _fault(f"the certificate proves {least} as the least", "initiation_interval")


def _fault(message: str, field: str) -> Problem:
    return Problem(message, cure=_CURE, path=(field,))
