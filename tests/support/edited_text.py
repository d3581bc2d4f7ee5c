"""Edits of CUDA text, for tests that a fault in it is found."""

from __future__ import annotations

import re
from collections.abc import Callable


def swapped(first: str, second: str) -> Callable[[str], str]:
    """Each of two pieces of text where the other is, wherever they follow one another."""
    pattern = re.compile(rf"({first})((?:.|\n)*?)({second})")
    return lambda text: pattern.sub(r"\3\2\1", text)


def without(piece: str) -> Callable[[str], str]:
    return lambda text: text.replace(piece, "")
