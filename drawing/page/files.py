"""The files that a browser is given, as they lie in the package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_VIEWS = (
    "dom.js", "theme.js", "tooltip.js", "bars.js", "chart.js", "steering.js", "timeline.js",
    "slots.js", "reservation.js", "occupancy.js", "graph.js", "details.js", "source.js",
    "certificate.js", "compare.js", "view.js",
)  # fmt: skip
FILE_SCRIPTS = (*_VIEWS, "file.js")
"""What draws schedules that lie in the file itself, in the order in which it runs."""

SERVED_SCRIPTS = (
    *_VIEWS, "api.js", "events.js", "progress.js", "solve.js", "jobs.js", "served.js",
)  # fmt: skip
"""What draws schedules that a service has, and asks it to solve."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy of the served page."""


@dataclass(frozen=True, slots=True)
class StaticFile:
    """Bytes, and what they are."""

    content: bytes
    content_type: str


def static_files() -> Mapping[str, StaticFile]:
    """Every file of the served page by its path below `/`; the empty path is the page itself."""
    found = {
        "": StaticFile(index_html().encode(), "text/html; charset=utf-8"),
        "page/icon.svg": StaticFile(_bytes("icon.svg"), "image/svg+xml"),
        "page/page.css": StaticFile(_bytes("page.css"), "text/css; charset=utf-8"),
        "page/served.css": StaticFile(_bytes("served.css"), "text/css; charset=utf-8"),
    }
    for name in SERVED_SCRIPTS:
        found[f"page/{name}"] = StaticFile(_bytes(name), "text/javascript; charset=utf-8")
    return found


def index_html() -> str:
    """The document at `/`; it holds no script and no style of its own."""
    scripts = "\n".join(f'<script src="page/{n}" defer></script>' for n in SERVED_SCRIPTS)
    return file_text("index.html").replace("@scripts@", scripts)


@cache
def file_text(name: str) -> str:
    """One of the files as text."""
    return _bytes(name).decode()


def _bytes(name: str) -> bytes:
    return (files(__package__) / "static" / name).read_bytes()
