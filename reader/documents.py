"""Reading documents: text or file to a valid, located value, or one clear error."""

from __future__ import annotations

import json
import os
from typing import TypeVar

from pydantic import ValidationError

from ..models.document import Document
from ..models.errors import InvalidInput
from .explain import explain
from .limits import MAXIMUM_BYTES
from .located import Located
from .yaml_text import load_yaml, too_large

D = TypeVar("D", bound=Document)


def read_document(
    text: str, file: str, model: type[D], error: type[InvalidInput] = InvalidInput
) -> Located[D]:
    """The document in `text`; `file` is the name that messages give.

    Raises `error` (InvalidKernel, InvalidProfile, ...) with every problem found.
    """
    try:
        value, places = load_yaml(text, file)
    except InvalidInput as fault:
        raise _as(error, fault) from None
    try:
        # From JSON, pydantic's strict mode still takes lists for tuples.
        document = model.model_validate_json(json.dumps(value))
    except ValidationError as fault:
        problems = explain(fault, model, value, places, file)
        raise error(problems[0].message, problems=problems) from None
    return Located(document, file, text, places)


def read_file(
    path: str | os.PathLike[str], model: type[D], error: type[InvalidInput] = InvalidInput
) -> Located[D]:
    """The document in a file, of which at most the limit is held in memory."""
    return read_document(read_text(path, error), os.fspath(path), model, error)


def read_text(path: str | os.PathLike[str], error: type[InvalidInput] = InvalidInput) -> str:
    """The UTF-8 text of a file within the limit of bytes."""
    file = os.fspath(path)
    try:
        with open(path, "rb") as stream:
            data = stream.read(MAXIMUM_BYTES + 1)
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or str(fault)
        cure = "give the path of a file that can be read"
        raise error(f"cannot be read: {reason}", file=file, cure=cure) from None
    if len(data) > MAXIMUM_BYTES:
        raise _as(error, too_large(file))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        before = data[: fault.start]
        line = before.count(b"\n") + 1
        start = before.rfind(b"\n") + 1
        column = len(before[start:].decode(errors="replace")) + 1
        message = f"byte {data[fault.start]:#04x} is not UTF-8"
        cure = "save the file as UTF-8"
        raise error(message, file=file, line=line, column=column, cure=cure) from None


def _as(error: type[InvalidInput], fault: InvalidInput) -> InvalidInput:
    return error(fault.problems[0].message, problems=fault.problems)
