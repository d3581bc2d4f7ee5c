"""The style sheet of the drawings, and SVG elements as escaped text."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

COLOURS = 6  # iterations take them in turn

_LIGHT = ("#8fb8f0", "#f5b676", "#9ccf8a", "#eba6c8", "#c5b0f0", "#e8cf5e")
_DARK = ("#3f72b8", "#b0671f", "#47883c", "#a3507c", "#7056b5", "#87711a")

_RULES = """
.twill { font-family: system-ui, -apple-system, "Segoe UI", "Helvetica Neue", sans-serif;
  --background: #ffffff; --ink: #1b1f24; --faint: #6a737d; --line: #d8dee4; --row: #f3f5f7;
  --steady: #fdf7e3; --interval: #9aa4af; LIGHT }
@media (prefers-color-scheme: dark) { .twill {
  --background: #14171b; --ink: #e8ebee; --faint: #98a2ad; --line: #2e353d; --row: #1d2228;
  --steady: #26241a; --interval: #66707b; DARK } }
.twill text { fill: var(--ink); font-size: 11px; }
.twill .background { fill: var(--background); }
.twill .title { font-size: 19px; font-weight: 600; }
.twill .subtitle { font-size: 13px; fill: var(--faint); }
.twill .section { font-size: 12px; font-weight: 600; fill: var(--faint); }
.twill .label { font-size: 12px; }
.twill .note { fill: var(--faint); font-size: 10px; }
.twill .phase { font-size: 11px; font-style: italic; fill: var(--faint); }
.twill .number { fill: var(--faint); text-anchor: middle; font-size: 10px; }
.twill .end { text-anchor: end; }
.twill .key { fill: var(--faint); }
.twill .bar { pointer-events: none; }
.twill .row { fill: var(--row); fill-opacity: 0.6; }
.twill .steady { fill: var(--steady); }
.twill .tick { stroke: var(--line); stroke-width: 0.6; }
.twill .interval { stroke: var(--interval); stroke-width: 1; stroke-dasharray: 4 3; }
.twill .flight { fill-opacity: 0.38; }
"""


def _style() -> str:
    light = " ".join(f"--i{n}: {colour};" for n, colour in enumerate(_LIGHT))
    dark = " ".join(f"--i{n}: {colour};" for n, colour in enumerate(_DARK))
    fills = "".join(f".twill .i{n} {{ fill: var(--i{n}); }}\n" for n in range(COLOURS))
    return _RULES.replace("LIGHT", light).replace("DARK", dark) + fills


STYLE = _style()


def element(name: str, klass: str = "", **attributes: float | str) -> str:
    """`<name class="klass" .../>`; numbers are rounded to hundredths of a pixel."""
    return f"<{name}{_attributes(klass, attributes)}/>"


def text_element(name: str, content: str, klass: str = "", **attributes: float | str) -> str:
    """`<name ...>content</name>`, with the content escaped."""
    return f"<{name}{_attributes(klass, attributes)}>{escape(content)}</{name}>"


def _attributes(klass: str, attributes: dict[str, float | str]) -> str:
    given = {"class": klass, **attributes} if klass else attributes
    return "".join(f" {name}={quoteattr(_shown(value))}" for name, value in given.items())


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
