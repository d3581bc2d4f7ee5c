"""The fields of a JSON object, each taken with its type; errors name the file and the field."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from ..models.errors import InvalidInput


class Fields:
    """One object of a JSON file. `finish` refuses the fields that nobody took."""

    def __init__(self, value: object, file: str, place: str = "") -> None:
        self._file = file
        self._place = place
        if not isinstance(value, dict):
            raise InvalidInput(f"{place or 'the file'} is not an object", file=file)
        self._left: dict[str, Any] = dict(value)

    def fail(self, name: str, message: str, cure: str | None = None) -> NoReturn:
        """Raise InvalidInput for a field."""
        raise InvalidInput(f"{self._name(name)}: {message}", file=self._file, cure=cure)

    def take(self, name: str) -> Any:
        """A field of any type."""
        if name not in self._left:
            raise InvalidInput(f"the field {self._name(name)} is missing", file=self._file)
        return self._left.pop(name)

    def text(self, name: str, choices: Sequence[str] = ()) -> str:
        """A string, one of the choices if there are any."""
        value = self.take(name)
        if not isinstance(value, str):
            self.fail(name, f"{_shown(value)} is not a string")
        if choices and value not in choices:
            self.fail(name, f"{_shown(value)} is unknown", f"write one of {', '.join(choices)}")
        return value

    def whole(self, name: str, least: int, most: int) -> int:
        """An integer within bounds, both included."""
        value = self.take(name)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.fail(name, f"{_shown(value)} is not an integer from {least} to {most}")
        return value

    def number(self, name: str) -> float:
        """A finite number that is not negative."""
        value = self.take(name)
        wrong = not isinstance(value, int | float) or isinstance(value, bool)
        if wrong or value < 0 or not math.isfinite(value):
            self.fail(name, f"{_shown(value)} is not a number from 0 on")
        return float(value)

    def items(self, name: str, most: int) -> list[Any]:
        """A list of at most so many values."""
        value = self.take(name)
        if not isinstance(value, list):
            self.fail(name, f"{_shown(value)} is not a list")
        if len(value) > most:
            self.fail(name, f"{len(value)} entries; at most {most} are read")
        return value

    def texts(self, name: str, most: int) -> tuple[str, ...]:
        """A list of strings."""
        values = self.items(name, most)
        for value in values:
            if not isinstance(value, str):
                self.fail(name, f"{_shown(value)} is not a string")
        return tuple(values)

    def objects(self, name: str, most: int) -> Iterator[Fields]:
        """A list of objects."""
        for index, value in enumerate(self.items(name, most)):
            yield Fields(value, self._file, f"{self._name(name)}[{index}]")

    def object(self, name: str) -> Fields:
        """An object."""
        return Fields(self.take(name), self._file, self._name(name))

    def has(self, name: str) -> bool:
        """Whether the field is there and was not taken."""
        return name in self._left

    def rest(self) -> dict[str, Any]:
        """All fields that were not taken."""
        left, self._left = self._left, {}
        return left

    def finish(self) -> None:
        """Refuse what was not taken: a misspelt field must not go unnoticed."""
        if self._left:
            name = next(iter(self._left))
            raise InvalidInput(f"the field {self._name(name)} is unknown", file=self._file)

    def _name(self, name: str) -> str:
        return f"{self._place}.{name}" if self._place else name


def read_json(text: bytes, file: str) -> object:
    """The value of a JSON text. InvalidInput for what is no JSON, and for a key written twice."""
    try:
        value: object = json.loads(
            text.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse
        )
    except (ValueError, RecursionError) as wrong:
        why = "nested too deeply" if isinstance(wrong, RecursionError) else wrong
        raise InvalidInput(f"not JSON: {why}", file=file) from wrong
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is written twice in one object")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
