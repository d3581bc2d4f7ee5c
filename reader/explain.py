"""What pydantic objects to, said in the words of the document: path, place, fault and cure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ..models.document import Document
from ..models.errors import Problem
from .limits import MAXIMUM_PROBLEMS
from .located import Path, Place
from .wording import wording
from .yaml_text import Value

_KEY = "[key]"


def explain(
    error: ValidationError,
    model: type[Document],
    value: Value,
    places: Mapping[Path, Place],
    file: str,
) -> tuple[Problem, ...]:
    """One problem per place in the document, in the order of the text."""
    by_path: dict[tuple[Path, bool], list[ErrorDetails]] = {}
    for details in error.errors(include_url=False, include_context=True):
        by_path.setdefault(_document_path(details, value), []).append(details)
    misspelt = [path for (path, is_key), details in by_path.items() if is_key]
    problems = [
        _problem(path, is_key, details, model, places, file)
        for (path, is_key), details in by_path.items()
        if not _is_explained_below(path, by_path) and not _is_misspelt(path, details, misspelt)
    ]
    problems.sort(key=lambda problem: (problem.line or 0, problem.column or 0))
    return tuple(problems[:MAXIMUM_PROBLEMS])


def _document_path(details: ErrorDetails, value: Value) -> tuple[Path, bool]:
    """The error's `loc` without the names of union members, and whether a key is at fault."""
    path: list[str | int] = []
    here: Any = value
    for item in details["loc"]:
        if item == _KEY:
            return tuple(path), True
        if _has(here, item):
            here = here[item]
            path.append(item)
    if details["type"] == "missing":
        path.append(details["loc"][-1])
    return tuple(path), details["type"] == "extra_forbidden"


def _has(value: Any, item: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(item, int) and item < len(value)
    return isinstance(value, dict) and item in value


def _is_explained_below(path: Path, others: Iterable[tuple[Path, bool]]) -> bool:
    """Of a union's members, the one that got furthest into the document is the one meant."""
    return any(len(other) > len(path) and other[: len(path)] == path for other, _ in others)


def _is_misspelt(path: Path, details: list[ErrorDetails], unknown: list[Path]) -> bool:
    """A missing field is not reported beside the unknown field that was meant to be it."""
    beside = [str(other[-1]) for other in unknown if other[:-1] == path[:-1]]
    if details[0]["type"] != "missing":
        return False
    return bool(difflib.get_close_matches(str(path[-1]), beside, n=1))


def _problem(
    path: Path,
    is_key: bool,
    details: list[ErrorDetails],
    model: type[Document],
    places: Mapping[Path, Place],
    file: str,
) -> Problem:
    at = path
    while at not in places:
        at = at[:-1]
    place = places[at]
    line, column = (place.key_line, place.key_column) if is_key else (place.line, place.column)
    message, cure = wording(details, path, model)
    where = path_text(path)
    return Problem(f"{where}: {message}" if where else message, file, line, column, cure)


def path_text(path: Path) -> str:
    """`loop.operations[1].unit`."""
    text = ""
    for item in path:
        text += f"[{item}]" if isinstance(item, int) else f".{item}" if text else item
    return text
