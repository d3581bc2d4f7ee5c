"""YAML text to plain values and their places, within limits and in one pass over the events."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import yaml

from ..models.errors import InvalidInput, Problem
from .limits import MAXIMUM_BYTES, MAXIMUM_DEPTH, MAXIMUM_EVENTS
from .located import Path, Place
from .scalars import ScalarRefused, plain_scalar

Value = str | int | float | bool | None | list["Value"] | dict[str, "Value"]
# What YAML takes for a line break; str.splitlines() knows more of them.
_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_yaml(text: str, file: str) -> tuple[Value, dict[Path, Place]]:
    """The one document in `text`; raises InvalidInput with line, column and cure."""
    if len(text) > MAXIMUM_BYTES or len(text.encode(errors="replace")) > MAXIMUM_BYTES:
        raise too_large(file)
    builder = _Builder(file, text)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.add(event)
    except yaml.YAMLError as error:
        raise _syntax_error(error, text, file) from None
    except UnicodeEncodeError as error:
        message = "the text holds half of a surrogate pair"
        raise _at_offset(message, text, error.start, file) from None
    if not builder.has_value or builder.root is None:
        raise InvalidInput(
            "the document is empty", file=file, line=1, column=1, cure="write its fields"
        )
    return builder.root, builder.places


def too_large(file: str) -> InvalidInput:
    """The error for a document beyond the limit of bytes."""
    message = f"the document is larger than {MAXIMUM_BYTES // 1024} KiB"
    return InvalidInput(message, file=file, line=1, column=1, cure="split it, or leave out data")


@dataclass(slots=True)
class _Frame:
    """A mapping or list that is still open."""

    value: dict[str, Value] | list[Value]
    path: Path
    key: str | None = None
    key_position: tuple[int, int] = (1, 1)


@dataclass(slots=True)
class _Builder:
    """Consumes events and grows the value; iterative, so depth costs no stack."""

    file: str
    text: str
    root: Value = None
    has_value: bool = False
    places: dict[Path, Place] = field(default_factory=dict)
    frames: list[_Frame] = field(default_factory=list)
    events: int = 0
    documents: int = 0

    def add(self, event: yaml.Event) -> None:
        self.events += 1
        if self.events > MAXIMUM_EVENTS:
            self.refuse(event, f"more than {MAXIMUM_EVENTS} values", "make the document smaller")
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                self.refuse(event, "a second document", "keep one document in each file")
        elif isinstance(event, yaml.AliasEvent):
            self.refuse(event, f"the alias *{event.anchor}", "write the value out; aliases are off")
        elif isinstance(event, yaml.ScalarEvent):
            self.check_plain_node(event, event.tag if not any(event.implicit) else None)
            self.add_scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self.check_plain_node(event, event.tag)
            self.open(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self.close()

    def check_plain_node(self, event: yaml.NodeEvent, tag: str | None) -> None:
        if event.anchor is not None:
            self.refuse(event, f"the anchor &{event.anchor}", "leave it out; aliases are off")
        if tag is not None:
            self.refuse(event, f"the tag {tag}", "leave it out; the field decides the type")

    def add_scalar(self, event: yaml.ScalarEvent) -> None:
        frame = self.frames[-1] if self.frames else None
        if frame is not None and isinstance(frame.value, dict) and frame.key is None:
            self.set_key(frame, event)
            return
        value: Value = event.value
        if event.implicit[0]:  # not quoted
            try:
                value = plain_scalar(event.value)
            except ScalarRefused as refused:
                self.refuse(event, refused.message, refused.cure)
        indentation = _indentation(event, self.text) if event.style == "|" else None
        quotes = 1 if event.style in ("'", '"') else 0
        self.place(event, value, indentation, quotes)

    def set_key(self, frame: _Frame, event: yaml.ScalarEvent) -> None:
        assert isinstance(frame.value, dict)
        if event.value in frame.value:
            first = self.places[(*frame.path, event.value)].key_line
            cure = f"it stands on line {first} already; keep one of the two"
            self.refuse(event, f"the key {event.value[:80]!r} a second time", cure)
        frame.key = event.value
        frame.key_position = _position(event)

    def open(self, event: yaml.CollectionStartEvent) -> None:
        if len(self.frames) >= MAXIMUM_DEPTH:
            self.refuse(event, f"more than {MAXIMUM_DEPTH} levels of nesting", "nest less")
        frame = self.frames[-1] if self.frames else None
        if frame is not None and isinstance(frame.value, dict) and frame.key is None:
            self.refuse(event, "a key that is a mapping or a list", "use a name as the key")
        value: dict[str, Value] | list[Value]
        value = {} if isinstance(event, yaml.MappingStartEvent) else []
        self.frames.append(_Frame(value, self.place(event, value)))

    def close(self) -> None:
        self.frames.pop()

    def place(
        self, event: yaml.NodeEvent, value: Value, indentation: int | None = None, quotes: int = 0
    ) -> Path:
        """Put the value where it belongs; returns its path."""
        here = _position(event)
        if not self.frames:
            self.root, self.has_value = value, True
            self.places[()] = Place(*here, *here, indentation, quotes)
            return ()
        frame = self.frames[-1]
        if isinstance(frame.value, list):
            path: Path = (*frame.path, len(frame.value))
            frame.value.append(value)
            self.places[path] = Place(*here, *here, indentation, quotes)
            return path
        assert frame.key is not None
        path = (*frame.path, frame.key)
        frame.value[frame.key] = value
        frame.key = None
        self.places[path] = Place(*here, *frame.key_position, indentation, quotes)
        return path

    def refuse(self, event: yaml.Event, message: str, cure: str) -> None:
        line, column = _position(event)
        raise InvalidInput(message, file=self.file, line=line, column=column, cure=cure)


def _position(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    assert mark is not None, "every event of a text has a mark"
    return mark.line + 1, mark.column + 1


def _indentation(event: yaml.ScalarEvent, text: str) -> int:
    """Spaces before each line of a block scalar, seen on its first line that is not empty."""
    header = _position(event)[0] - 1
    lines = _LINE_BREAK.split(text, maxsplit=header + event.value.count("\n") + 2)
    for written, line in zip(lines[header + 1 :], event.value.split("\n"), strict=False):
        if line:
            return len(written) - len(line)
    return 0


def _syntax_error(error: yaml.YAMLError, text: str, file: str) -> InvalidInput:
    if isinstance(error, yaml.reader.ReaderError):
        message = f"a character that YAML does not allow ({_character(error.character)})"
        return _at_offset(message, text, error.position, file)
    if not isinstance(error, yaml.MarkedYAMLError):
        return InvalidInput(f"not YAML: {error}", file=file, line=1, column=1)
    mark = error.problem_mark or error.context_mark
    if mark and mark.index >= len(text.rstrip()) and error.context_mark:
        mark = error.context_mark  # what was left open, rather than the end of the text
    what = error.problem or error.context or "syntax error"
    if error.context and error.problem:
        what = f"{what} ({error.context})"
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    lines = _LINE_BREAK.split(text, maxsplit=line)
    is_tab = line <= len(lines) and lines[line - 1][column - 1 : column] == "\t"
    cure = "indent with spaces, not tabs" if is_tab else "see the lines just before"
    return InvalidInput(f"not YAML: {what}", file=file, line=line, column=column, cure=cure)


def _character(character: object) -> str:
    code = character if isinstance(character, int) else ord(str(character)[:1] or "\0")
    return f"U+{code:04X}"


def _at_offset(message: str, text: str, offset: int, file: str) -> InvalidInput:
    before = text[: max(offset, 0)]
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    cure = "remove it"
    problem = Problem(message, file, line, column, cure)
    return InvalidInput(message, problems=(problem,))
