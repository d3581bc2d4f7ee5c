"""The text of a schedule file: JSON in lines that a person can review, and the same every time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .answer import Answer

SPREAD = frozenset({"alternatives"})
"""Lists whose items are too large for one line each."""


def schedule_text(answer: Answer) -> str:
    """The sealed answer as text, with a line for each field and for each item of a list.

    Equal answers give equal bytes. Fields of the problem that are as the format says anyway are
    left out.
    """
    sealed = answer.sealed()
    value = sealed.model_dump(mode="json", exclude={"problem"})
    problem = sealed.problem.model_dump(mode="json", exclude_defaults=True)
    fields = {
        name: problem if name == "problem" else value[name] for name in type(sealed).model_fields
    }
    return "\n".join(_mapping(fields, "", "")) + "\n"


def _mapping(fields: dict[str, Any], indent: str, after: str) -> Iterator[str]:
    """Lines of an object, each field on lines of its own; `after` follows the last brace."""
    if not fields:
        yield f"{indent}{{}}{after}"
        return
    yield indent + "{"
    last = len(fields) - 1
    for number, (name, value) in enumerate(fields.items()):
        comma = "" if number == last else ","
        yield from _field(name, value, indent + " ", comma)
    yield f"{indent}}}{after}"


def _field(name: str, value: Any, indent: str, comma: str) -> Iterator[str]:
    head = f"{indent}{json.dumps(name)}: "
    if isinstance(value, dict) and value:
        lines = _mapping(value, indent, comma)
        next(lines)
        yield head + "{"
        yield from lines
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        yield head + "["
        for number, item in enumerate(value):
            follows = "" if number == len(value) - 1 else ","
            if name in SPREAD:
                yield from _mapping(item, indent + " ", follows)
            else:
                yield f"{indent} {_line(item)}{follows}"
        yield f"{indent}]{comma}"
    else:
        yield f"{head}{_line(value)}{comma}"


def _line(value: Any) -> str:
    return json.dumps(value, allow_nan=False)
