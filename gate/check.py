"""A file of the store checked: read, judged, and made anew where it is missing or unreadable."""

from __future__ import annotations

import time
from pathlib import Path

from ..models.answer import Origin
from ..models.check_report import CheckedSchedule, State
from ..models.errors import InvalidInput
from ..reader.schedules import read_schedule
from .judge import Judge, messages
from .judgement import numbers_of
from .means import Means
from .origin import origin_task
from .store import stored_text


def check_file(file: Path, means: Means, origin: Origin | None = None) -> CheckedSchedule:
    """The state of one stored schedule; `origin` is known of files that the library should have.

    What is wrong with the file or with its sources is in the state, and nothing of it is raised.
    """
    began = time.monotonic()
    checked = _check(file, means, origin)
    return checked.model_copy(update={"seconds": round(time.monotonic() - began, 3)})


def _check(file: Path, means: Means, origin: Origin | None) -> CheckedSchedule:
    if origin is not None and not file.exists():
        return _made(file, means, origin, _unread(file, "missing", "no schedule is stored"))
    try:
        stored = read_schedule(file)
    except InvalidInput as fault:
        said = fault.problems[0].message
        cures = tuple(dict.fromkeys(p.cure for p in fault.problems if p.cure))
        unread = _unread(file, "unreadable", said, cures)
        return unread if origin is None else _made(file, means, origin, unread)
    return Judge(means, file, stored, origin or stored.origin).judged()


def _unread(
    file: Path, state: State, sentence: str, reasons: tuple[str, ...] = ()
) -> CheckedSchedule:
    return CheckedSchedule(
        file=str(file), kernel=None, gpu=None, state=state, sentence=sentence, reasons=reasons
    )


def _made(file: Path, means: Means, origin: Origin, checked: CheckedSchedule) -> CheckedSchedule:
    """The same, or what comes of making the file from its origin."""
    if not means.updates:
        return checked
    try:
        task = origin_task(origin, str(file))
    except InvalidInput as fault:
        return checked.model_copy(update={"reasons": messages(fault)})
    fresh = means.solve(task)
    told: dict[str, object] = {
        "kernel": fresh.kernel,
        "gpu": fresh.gpu,
        "after": numbers_of(fresh),
    }
    if fresh.status in ("optimal", "infeasible"):
        means.write(file, stored_text(fresh, origin))
        told["updated"] = True
    else:
        told |= {"state": "open", "sentence": fresh.reason}
    return checked.model_copy(update=told)
