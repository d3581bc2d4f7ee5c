"""The page as one self-contained HTML file: it asks for nothing, from anywhere."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from html import escape
from urllib.parse import quote

from ...models.answer import Answer
from ...models.document import canonical_text
from ..sentences import headline
from .data import Fields, page_data, strategies
from .files import FILE_SCRIPTS, file_text

Cuda = Mapping[int, str]  # number of an answer: the CUDA source made from it


def page_html(answers: Iterable[Answer], cuda: Cuda | None = None, *, compare: bool = False) -> str:
    """One answer with its strategies, or several to choose from; side by side if `compare`.

    What the file does not hold it cannot load: its policy names the digests of its own script and
    style and forbids all else.
    """
    given = tuple(answers)
    sources = cuda or {}
    if len(given) == 1:
        shown = list(strategies(given[0], sources.get(0)))
    else:
        shown = [page_data(answer, sources.get(at)) for at, answer in enumerate(given)]
        _tell_apart(shown)
    script = "\n".join(file_text(name) for name in FILE_SCRIPTS)
    style = file_text("page.css")
    titles = " and ".join(f"{answer.kernel} on {answer.gpu}" for answer in given)
    parts = {
        "policy": _policy(script, style),
        "title": escape(f"{titles} - Twill"),
        "icon": "data:image/svg+xml," + quote(file_text("icon.svg")),
        "style": style,
        "noscript": escape(_without_script(given)),
        "data": embedded_json({"schedules": shown, "comparing": compare}),
        "script": script,
    }
    # In one pass: what is put in is not searched for places again.
    return re.sub(r"@([a-z]+)@", lambda found: parts[found[1]], file_text("file.html"))


def embedded_json(value: object) -> str:
    """JSON that may stand in a script element: no character in it can end or open a tag."""
    text = canonical_text(value)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _policy(script: str, style: str) -> str:
    return (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _without_script(answers: Iterable[Answer]) -> str:
    said = [f"{a.kernel} on {a.gpu}: {headline(a)}." for a in answers]
    return " ".join([*said, "This page draws itself with JavaScript, which is off."])


def _tell_apart(shown: list[Fields]) -> None:
    """Equal names get numbers."""
    names = [data["name"] for data in shown]
    for at, data in enumerate(shown):
        if names.count(data["name"]) > 1:
            data["name"] = f"{data['name']} ({at + 1})"
