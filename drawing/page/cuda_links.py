"""Which lines of a CUDA source belong to which operation, by the comments that Twill prints."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

# `// acc[0], iteration n - 1` or `// acc[0]`, alone on its line; `// ---- compute-1` ends one.
_COMMENT = re.compile(r"^(?P<indent> *)// (?P<name>[^ ,]+)(?:, iteration .*)?$")
_LOOP = ("#pragma unroll 1", "if (trips ")
_SECTION = re.compile(r"^ *// ----")


def cuda_links(text: str, operations: Collection[str]) -> tuple[tuple[int, int, str], ...]:
    """(first line, last line, operation), lines from 1, in the order of the text.

    Lines belong to the comment above them until the next one, the next section or the end of the
    block in which it stands. Comments that name no operation of the loop end a stretch too.
    """
    return tuple(
        (first, last, name)
        for first, last, name in _stretches(text.split("\n"))
        if name in operations
    )


def _stretches(lines: list[str]) -> Iterator[tuple[int, int, str]]:
    open_at: tuple[int, str, int] | None = None  # first line, name, indentation
    for number, line in enumerate(lines, 1):
        found = _COMMENT.match(line)
        ends = found is not None or _SECTION.match(line) is not None
        if open_at is not None and (ends or _leaves(line, open_at[2])):
            yield open_at[0], number - 1, open_at[1]
            open_at = None
        if found is not None:
            open_at = number, found["name"], len(found["indent"])
    if open_at is not None:
        yield open_at[0], len(lines), open_at[1]


def _leaves(line: str, indent: int) -> bool:
    """Whether a line stands outside the block, or begins the loop or its steady state."""
    stripped = line.lstrip(" ")
    if not stripped:
        return False
    return len(line) - len(stripped) < indent or stripped.startswith(_LOOP)
