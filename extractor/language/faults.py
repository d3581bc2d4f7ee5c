"""A fault in program text, and how it becomes an error with line, column and cure."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NoReturn

from ...models.errors import InvalidKernel, Problem
from ...models.kernel import KernelDocument
from ...models.tile_operation import SourcePosition
from ...reader.located import Located, Path


class Fault(Exception):
    """Something in the text is not part of the language; `node` is where."""

    def __init__(self, message: str, node: ast.AST, cure: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.node = node
        self.cure = cure


@dataclass(frozen=True)
class SourceText:
    """A piece of program text inside a kernel document."""

    document: Located[KernelDocument]
    path: Path
    text: str

    @cached_property
    def _lines(self) -> list[bytes]:
        return self.text.encode(errors="replace").split(b"\n")

    def position(self, node: ast.AST) -> SourcePosition:
        """Where the node begins in the document's file."""
        line, offset = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        # ast counts columns in bytes of UTF-8
        written = self._lines[line - 1] if line <= len(self._lines) else b""
        return self.at(line, len(written[:offset].decode(errors="replace")) + 1)

    def at(self, line: int, column: int) -> SourcePosition:
        """Where a line and column of this text, both from 1, stand in the document's file."""
        file_line, file_column = self.document.position_inside(self.path, line, column)
        return SourcePosition(line=file_line, column=file_column)

    def refuse(self, message: str, line: int, column: int, cure: str | None = None) -> NoReturn:
        """Raises InvalidKernel for a place of this text."""
        place = self.at(line, column)
        raise _invalid(self.document.file, message, place, cure)

    def invalid(self, fault: Fault) -> InvalidKernel:
        """The error that the caller of Twill sees."""
        return _invalid(self.document.file, fault.message, self.position(fault.node), fault.cure)


def _invalid(file: str, message: str, position: SourcePosition, cure: str | None) -> InvalidKernel:
    problem = Problem(message, file, position.line, position.column, cure)
    return InvalidKernel(message, problems=(problem,))


def near_miss(given: str, known: Iterable[str], otherwise: str) -> str:
    """`did you mean ...?` for the closest of the known names, else the other advice."""
    near = difflib.get_close_matches(given, list(known), n=1)
    return f"did you mean {near[0]}?" if near else otherwise
