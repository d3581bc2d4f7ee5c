"""What can be made of a schedule document: its parts, pictures, CUDA."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from ..models.answer import Answer
from ..models.errors import TwillError
from ..models.problem_object import problem_object
from ..models.schedule import Schedule
from ..models.work import Work
from .question import Question, question_of

NO_SCHEDULE = "there is no schedule: the answer is {status}"


@dataclass(frozen=True, slots=True)
class Made:
    """Text, or why there is none: the JSON of a problem object."""

    text: str | None = None
    problem: str | None = None


def ask(work: str, priority: int) -> Question | str:
    """The question in a piece of work, or the JSON of a problem object; run in the workshop."""
    try:
        return question_of(Work.from_json(work), priority)
    except TwillError as error:
        return json.dumps(problem_object(error))


def make(name: str, document: bytes) -> Made:
    """One artefact of a schedule document; run in the workshop."""
    try:
        answer = Answer.model_validate_json(document)
        return Made(text=MAKERS[name](answer))
    except TwillError as error:
        return Made(problem=json.dumps(problem_object(error)))


def _certificate(answer: Answer) -> str:
    from ..models.errors import NoSchedule

    if answer.certificate is None:
        raise NoSchedule(f"there is no certificate: the answer is {answer.status}")
    return answer.certificate.canonical_json() + "\n"


def _trace(answer: Answer) -> str:
    from ..drawing.perfetto import trace_text

    return trace_text(answer.problem, _schedule(answer))


def _timeline(answer: Answer) -> str:
    from ..drawing.svg import draw_svg

    _schedule(answer)
    return draw_svg(answer)


def _cuda(answer: Answer) -> str:
    """As it is printed: not compiled here, so that what compiling would change is not in it."""
    from ..emitting import printed

    _schedule(answer)
    return printed(answer)


def _page(answer: Answer) -> str:
    """With the CUDA source beside it, where there is one."""
    from ..drawing.page.data import page_value

    cuda = None
    if answer.schedule is not None:
        with suppress(TwillError):
            cuda = _cuda(answer)
    return json.dumps(page_value(answer, cuda))


def _schedule(answer: Answer) -> Schedule:
    from ..models.errors import NoSchedule

    if answer.schedule is None:
        raise NoSchedule(NO_SCHEDULE.format(status=answer.status))
    return answer.schedule


MAKERS: Mapping[str, Callable[[Answer], str]] = {
    "certificate.json": _certificate,
    "trace.json": _trace,
    "timeline.svg": _timeline,
    "kernel.cu": _cuda,
    "page.json": _page,
}
CONTENT_TYPES: Mapping[str, str] = {
    "schedule.json": "application/json",
    "certificate.json": "application/json",
    "trace.json": "application/json",
    "timeline.svg": "image/svg+xml",
    "kernel.cu": "text/plain; charset=utf-8",
    "page.json": "application/json",
}
