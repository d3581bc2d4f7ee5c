"""Bars as SVG, without a library: the runtime's box has none."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

LABEL_WIDTH, BAR_WIDTH, ROW, MARGIN = 320, 420, 24, 12
VALUE_WIDTH = 90
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#1b1f24}.title{font-size:15px;font-weight:600}"
    ".ours{fill:#3f72b8}.peer{fill:#b8bfc7}.line{stroke:#a3507c;stroke-dasharray:4 3}"
    ".back{fill:#ffffff}.end{text-anchor:end}"
)


def bars(
    title: str, rows: Sequence[tuple[str, float, str, bool]], line: float | None = None
) -> str:
    """Horizontal bars from 0: name, length, its text, whether it is ours; a line across at a value.

    Raises ValueError without rows.
    """
    if not rows:
        raise ValueError("a plot needs a row")
    largest = max([*(length for _, length, _, _ in rows), line or 0.0]) or 1.0
    width = LABEL_WIDTH + BAR_WIDTH + VALUE_WIDTH + 2 * MARGIN
    height = ROW * (len(rows) + 1) + 3 * MARGIN
    left, top = MARGIN + LABEL_WIDTH, ROW + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}">',
        f"<style>{_STYLE}</style>",
        f'<rect class="back" width="{width}" height="{height}"/>',
        f'<text class="title" x="{MARGIN}" y="{MARGIN + 14}">{escape(title)}</text>',
    ]
    for number, (name, length, text, ours) in enumerate(rows):
        y = top + number * ROW
        long = BAR_WIDTH * max(0.0, length) / largest
        kind = "ours" if ours else "peer"
        parts += [
            f'<text class="end" x="{left - 8}" y="{y + 15}">{escape(name)}</text>',
            f'<rect class="{kind}" x="{left}" y="{y + 3}" width="{long:.1f}" height="{ROW - 6}"/>',
            f'<text x="{left + long + 6:.1f}" y="{y + 15}">{escape(text)}</text>',
        ]
    if line is not None:
        x = f"{left + BAR_WIDTH * line / largest:.1f}"
        parts.append(
            f'<line class="line" x1="{x}" x2="{x}" y1="{top}" y2="{top + ROW * len(rows)}"/>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"
