"""A document together with where each part of it stands in its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from ..models.document import Document
from ..models.errors import Problem

D = TypeVar("D", bound=Document)
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value and its key begin; lines and columns count from 1."""

    line: int
    column: int
    key_line: int
    key_column: int
    indentation: int | None = None  # of a block scalar (`|`), whose lines stand in the file as is
    quotes: int = 0  # 1 where a quotation mark stands before the text


@dataclass(frozen=True, slots=True)
class Located(Generic[D]):
    """A valid document, its text, and the place of every key and value in it."""

    value: D
    file: str
    text: str
    places: Mapping[Path, Place]

    def position(self, *path: str | int) -> tuple[int, int]:
        """Line and column of the value at the path, or of the nearest value that encloses it."""
        place = _nearest(self.places, path)
        return place.line, place.column

    def key_position(self, *path: str | int) -> tuple[int, int]:
        """Line and column of the key at the path, or of the nearest key that encloses it."""
        place = _nearest(self.places, path)
        return place.key_line, place.key_column

    def position_inside(self, path: Path, line: int, column: int) -> tuple[int, int]:
        """Where the given line and column (from 1) of a text value stand in the file.

        Exact for block scalars (`|`) and for one-line values; else the place of the value.
        """
        place = _nearest(self.places, path)
        if place.indentation is not None:
            return place.line + line, column + place.indentation
        if line > 1:
            return self.position(*path)
        return place.line, place.column + place.quotes + column - 1

    def problem(
        self, message: str, position: tuple[int, int], *, cure: str | None = None
    ) -> Problem:
        """A problem of this document at a line and column."""
        return Problem(message, self.file, position[0], position[1], cure)


def _nearest(places: Mapping[Path, Place], path: Path) -> Place:
    while path not in places:
        path = path[:-1]
    return places[path]
