"""The sentence for one of pydantic's objections, and the sentence for its cure."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from pydantic_core import ErrorDetails

from ..models.document import Document
from .located import Path
from .schema_fields import fields_at

_EXPECTED: Mapping[str, str] = {
    "int_type": "an integer",
    "int_from_float": "an integer",
    "int_parsing": "an integer",
    "float_type": "a number",
    "finite_number": "a finite number",
    "string_type": "text",
    "bool_type": "true or false",
    "none_required": "empty",
    "list_type": "a list",
    "tuple_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}


def wording(details: list[ErrorDetails], path: Path, model: type[Document]) -> tuple[str, str]:
    """What is wrong, and what would be right; `details` are the objections to one value.

    There are several where the field has a union of types: one from each member.
    """
    first = next((d for d in details if not _names_a_type(d)), None)
    if first is not None:
        return _one(first, path, model)
    given = details[0]["input"]
    choices = [word for d in details for word in _choices(d)]
    expected = " or ".join(dict.fromkeys(_expected(d) for d in details))
    cure = _nearest(given, choices) or f"write {expected}"
    return f"must be {expected}, not {_shown(given)}", cure


def _names_a_type(details: ErrorDetails) -> bool:
    return details["type"] in _EXPECTED or details["type"] == "literal_error"


def _expected(details: ErrorDetails) -> str:
    if details["type"] == "literal_error":
        return str(details["ctx"]["expected"])
    return _EXPECTED[details["type"]]


def _choices(details: ErrorDetails) -> list[str]:
    if details["type"] != "literal_error":
        return []
    words = str(details["ctx"]["expected"]).replace(" or ", ",").split(",")
    return [word.strip(" '") for word in words]


def _one(details: ErrorDetails, path: Path, model: type[Document]) -> tuple[str, str]:
    kind, given = details["type"], _shown(details["input"])
    context: Mapping[str, Any] = details.get("ctx", {})
    if kind == "missing":
        return "is missing", f"add `{path[-1]}:`"
    if kind == "extra_forbidden":
        known = fields_at(model, path[:-1])
        return "unknown field", _nearest(str(path[-1]), known) or f"one of {', '.join(known)}"
    if kind == "string_pattern_mismatch":
        if path[-1] == "source":
            kinds = "documentation:, derived:, measured: or estimated:"
            return f"{given} is no source", f"write {kinds} and 8 to 400 characters that say which"
        if given.count("(") != given.count(")"):
            return f"{given} is not a legal name", "quote text that has a comma inside { } or [ ]"
        return f"{given} is not a legal name", f"it must match {context['pattern']}"
    if kind == "too_long":
        most = context["max_length"]
        return f"has more than {most} items", f"leave out what exceeds {most}"
    if kind == "too_short":
        least = context["min_length"]
        return f"needs at least {least} item{'s' if least > 1 else ''}", "write what it holds"
    if kind in ("value_error", "assertion_error"):
        # documents write "what is wrong; what would be right"
        said, _, cure = details["msg"].split(", ", 1)[-1].partition("; ")
        return said, cure or "change one of the fields that it names"
    said = details["msg"].replace("Input should", "must").replace("should", "must")
    said = said[:1].lower() + said[1:]
    return f"{said}, not {given}", _cure(said)


def _cure(said: str) -> str:
    if said.startswith("must "):
        return f"write a value that {said}".replace("that must be", "that is")
    return "see the schema of the document"


def _nearest(given: object, known: list[str]) -> str | None:
    near = difflib.get_close_matches(str(given), known, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"known here: {', '.join(known)}" if 0 < len(known) <= 12 else None


def _shown(given: object) -> str:
    if given is None:
        return "nothing"
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, dict):
        return "a mapping"
    if isinstance(given, list | tuple):
        return "a list"
    if isinstance(given, str):
        return f"the text {given if len(given) <= 40 else given[:37] + '...'!r}"
    return str(given)
