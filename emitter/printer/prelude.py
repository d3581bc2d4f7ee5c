"""The device functions that a kernel needs: those that its text names, and those that they name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from .tensor_functions import generated_move
from .text import words_in
from .wgmma import generated

FILES = ("prelude.cuh", "tcgen05.cuh", "marks.cuh")
_DEFINED = re.compile(r"\b([A-Za-z_]\w*)\([^)]*\) \{")


@cache
def pieces() -> Mapping[str, str]:
    """The functions of the .cuh files by name, each with the comment above it."""
    found: dict[str, str] = {}
    for piece in _paragraphs()[1:]:
        if named := _DEFINED.search(piece):
            found[named[1]] = piece
    return found


@cache
def _paragraphs() -> tuple[str, ...]:
    folder = files(__package__)
    texts = [folder.joinpath(name).read_text(encoding="utf-8") for name in FILES]
    return tuple("\n\n".join(text.strip() for text in texts).split("\n\n"))


def prelude_for(body: str) -> str:
    """Types, then each function that the body needs, in the order of prelude.cuh."""
    needed, waiting = dict[str, str](), sorted(words_in(body))
    while waiting:
        word = waiting.pop(0)
        text = pieces().get(word) or generated(word) or generated_move(word)
        if text is not None and word not in needed:
            needed[word] = text
            waiting.extend(sorted(words_in(text)))
    own = [text for name, text in pieces().items() if name in needed]
    made = [text for name, text in sorted(needed.items()) if name not in pieces()]
    return "\n\n".join([_paragraphs()[0], *own, *made])
