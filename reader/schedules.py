"""Stored schedules: JSON that Twill wrote, read back strictly, older formats brought up to date."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from ..models.answer import FORMAT, Answer
from ..models.errors import InvalidInput, InvalidSchedule, Problem

MAXIMUM_BYTES = 64 << 20  # a schedule embeds its problem and texts
_CURE = "take the file as `twill solve -o` wrote it, or solve again"
_NUMBERED = re.compile(r"twill-schedule/([0-9]{1,6})")
_WORD = re.compile(r"[A-Za-z0-9_.-]{1,96}")
Fields = dict[str, Any]


def read_schedule(path: str | os.PathLike[str]) -> Answer:
    """The answer in a schedule file, not yet verified; raises InvalidSchedule.

    A file of an older format that can be brought up to date is; any other format is refused with
    the command that makes the file anew.
    """
    file = os.fspath(path)
    return schedule_of(_bytes_of(path, file), file)


def schedule_of(data: bytes, file: str) -> Answer:
    """The answer in a text, as `read_schedule` gives that of a file; errors name the file."""
    try:
        return _answer(data, file)
    except ValidationError as fault:
        problems = tuple(_problems(fault, file))
        raise InvalidSchedule(problems[0].message, problems=problems) from None
    except InvalidSchedule:
        raise
    except InvalidInput as fault:  # the embedded problem contradicts itself
        problems = tuple(replace(problem, file=file) for problem in fault.problems)
        raise InvalidSchedule(problems[0].message, problems=problems) from None


def _bytes_of(path: str | os.PathLike[str], file: str) -> bytes:
    try:
        with open(path, "rb") as stream:
            data = stream.read(MAXIMUM_BYTES + 1)
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or str(fault)
        cure = "give the path of a file that `twill solve -o` wrote"
        raise InvalidSchedule(f"cannot be read: {reason}", file=file, cure=cure) from None
    if len(data) > MAXIMUM_BYTES:
        raise InvalidSchedule("too large for a schedule", file=file, cure=_CURE)
    return data


def _answer(data: bytes, file: str) -> Answer:
    fields = _fields(data)
    stated = fields.get("format", FORMAT)
    if stated == FORMAT:
        return Answer.model_validate_json(data)
    migrate = MIGRATIONS.get(stated) if isinstance(stated, str) else None
    if migrate is None:
        raise _refused(fields, stated, file)
    return Answer.model_validate_json(json.dumps(migrate(fields))).sealed()


def _fields(data: bytes) -> Fields:
    """The fields of the document as far as they can be told; the model says what is wrong."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _from_1(fields: Fields) -> Fields:
    """Format 1 knew neither origin nor seal; what it holds means the same."""
    return {**fields, "format": FORMAT}


MIGRATIONS: Mapping[str, Callable[[Fields], Fields]] = {"twill-schedule/1": _from_1}
"""Older formats, and how each becomes the one of today."""


def _refused(fields: Fields, stated: object, file: str) -> InvalidSchedule:
    again = f"solve again: {_command(fields, file)}"
    numbered = _NUMBERED.fullmatch(stated) if isinstance(stated, str) else None
    if numbered is None:
        return InvalidSchedule(f"the format is not {FORMAT}", file=file, cure=again)
    if int(numbered[1]) > int(FORMAT.rsplit("/", 1)[1]):
        message = f"written by a newer Twill: {stated}, and this one knows up to {FORMAT}"
        return InvalidSchedule(message, file=file, cure=f"update Twill, or {again}")
    return InvalidSchedule(f"{stated} is no longer read; {FORMAT} is", file=file, cure=again)


def _command(fields: Fields, file: str) -> str:
    names = []
    for field, otherwise in (("kernel", "KERNEL.yaml"), ("gpu", "GPU")):
        name = fields.get(field)
        names.append(name if isinstance(name, str) and _WORD.fullmatch(name) else otherwise)
    return f"twill solve {names[0]} --gpu {names[1]} -o {file}"


def _problems(fault: ValidationError, file: str) -> Iterator[Problem]:
    errors = fault.errors(include_url=False, include_context=False, include_input=False)
    for error in errors[:5]:
        place = ".".join(str(part) for part in error["loc"]) or "document"
        yield Problem(f"{place}: {error['msg']}", file, cure=_CURE)
