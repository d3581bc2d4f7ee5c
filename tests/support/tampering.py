"""Documents with one value changed: every place of a JSON document, and other values for it."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

Place = tuple[str | int, ...]


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Where every number, text, truth value and null of a document stands."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*at, index))
    else:
        yield at


def other_value(value: Any) -> Any:
    """A value of the same type that is not the given one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return value + "x"
    return "x"


def value_at(document: Any, place: Place) -> Any:
    """The value at a place."""
    for item in place:
        document = document[item]
    return document


def with_value(document: Any, place: Place, value: Any) -> Any:
    """A copy of the document with another value at the place."""
    changed = deepcopy(document)
    value_at(changed, place[:-1])[place[-1]] = value
    return changed


def without_item(document: Any, place: Place) -> Any:
    """A copy of the document without the field or item at the place."""
    changed = deepcopy(document)
    del value_at(changed, place[:-1])[place[-1]]
    return changed
