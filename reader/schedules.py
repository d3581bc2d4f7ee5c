"""Stored schedules: JSON that Twill wrote, read back strictly."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

from pydantic import ValidationError

from ..models.answer import Answer
from ..models.errors import InvalidInput, InvalidSchedule, Problem

MAXIMUM_BYTES = 64 << 20  # a schedule embeds its problem and texts
_CURE = "take the file as `twill solve -o` wrote it, or solve again"


def read_schedule(path: str | os.PathLike[str]) -> Answer:
    """The answer in a schedule file, not yet verified; raises InvalidSchedule."""
    file = os.fspath(path)
    try:
        with open(path, "rb") as stream:
            data = stream.read(MAXIMUM_BYTES + 1)
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or str(fault)
        cure = "give the path of a file that `twill solve -o` wrote"
        raise InvalidSchedule(f"cannot be read: {reason}", file=file, cure=cure) from None
    if len(data) > MAXIMUM_BYTES:
        raise InvalidSchedule("too large for a schedule", file=file, cure=_CURE)
    try:
        return Answer.model_validate_json(data)
    except ValidationError as fault:
        problems = tuple(_problems(fault, file))
        raise InvalidSchedule(problems[0].message, problems=problems) from None
    except InvalidInput as fault:  # the embedded problem contradicts itself
        problems = tuple(replace(problem, file=file) for problem in fault.problems)
        raise InvalidSchedule(problems[0].message, problems=problems) from None


def _problems(fault: ValidationError, file: str) -> Iterator[Problem]:
    errors = fault.errors(include_url=False, include_context=False, include_input=False)
    for error in errors[:5]:
        place = ".".join(str(part) for part in error["loc"]) or "document"
        yield Problem(f"{place}: {error['msg']}", file, cure=_CURE)
