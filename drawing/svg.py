"""A schedule as one self-contained SVG: prologue, steady state and epilogue of groups and units."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..models.answer import Answer
from .expansion import Expansion, expand
from .sentences import headline
from .svg_elements import COLOURS, STYLE, element, text_element
from .timeline_rows import Bar, Row, group_rows, unit_rows

LABEL_WIDTH = 150
CHART_WIDTH = 1100
MARGIN = 20
LANE_HEIGHT = 22
ROW_GAP = 6
AXIS_TOP = 84
CHART_TOP = AXIS_TOP + 34
CHARACTER_WIDTH = 6.3  # of the label font, on the wide side


@dataclass(frozen=True, slots=True)
class _Scale:
    cycles: int

    def x(self, cycle: float) -> float:
        return LABEL_WIDTH + MARGIN + cycle * CHART_WIDTH / self.cycles


def draw_svg(answer: Answer) -> str:
    """The timeline of an answer that has a schedule, light or dark as the viewer prefers."""
    problem, schedule = answer.problem, answer.schedule
    if schedule is None:
        raise ValueError("an answer without a schedule has no timeline")
    expansion = expand(problem, schedule)
    sections = (
        ("Warp groups", tuple(group_rows(problem, schedule, expansion))),
        ("Functional units", tuple(unit_rows(problem, expansion))),
    )
    scale = _Scale(expansion.end)
    body, bottom = _draw_sections(sections, scale)
    width = LABEL_WIDTH + CHART_WIDTH + 2 * MARGIN
    height = bottom + 56
    parts = [
        element("rect", klass="background", width=width, height=height),
        *_title(answer),
        *_phases(expansion, scale, bottom),
        *_axis(expansion, scale, bottom),
        *body,
        *_legend(expansion, bottom + 18),
    ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="twill" role="img" '
        f'width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'aria-labelledby="twill-title">\n<style>{STYLE}</style>\n'
    )
    return head + "\n".join(parts) + "\n</svg>\n"


def _title(answer: Answer) -> Iterator[str]:
    yield text_element(
        "title", f"{answer.kernel} on {answer.gpu}: {answer.status}", id="twill-title"
    )
    title = f"{answer.kernel} on {answer.gpu}"
    yield text_element("text", title, klass="title", x=MARGIN, y=34)
    yield text_element("text", headline(answer), klass="subtitle", x=MARGIN, y=56)


def _phases(expansion: Expansion, scale: _Scale, bottom: int) -> Iterator[str]:
    for phase, first, last in expansion.phases:
        x, width = scale.x(first), scale.x(last) - scale.x(first)
        if phase == "steady state":
            place = {"x": x, "y": AXIS_TOP - 10, "width": width, "height": bottom - AXIS_TOP + 10}
            yield element("rect", klass="steady", **place)
        if width > len(phase) * CHARACTER_WIDTH:
            yield text_element("text", phase, klass="phase", x=x + 5, y=AXIS_TOP + 4)


def _axis(expansion: Expansion, scale: _Scale, bottom: int) -> Iterator[str]:
    step = _tick_step(expansion.end)
    for cycle in range(0, expansion.end + 1, step):
        place = {"x1": scale.x(cycle), "x2": scale.x(cycle)}
        yield element("line", klass="tick", **place, y1=CHART_TOP - 8, y2=bottom)
        at = {"x": scale.x(cycle), "y": CHART_TOP - 12}
        yield text_element("text", f"{cycle:,}", klass="number", **at)
    for cycle in range(0, expansion.end + 1, expansion.initiation_interval):
        place = {"x1": scale.x(cycle), "x2": scale.x(cycle)}
        yield element("line", klass="interval", **place, y1=AXIS_TOP - 10, y2=bottom)
    yield text_element("text", "cycle", klass="number end", x=LABEL_WIDTH + 6, y=CHART_TOP - 12)


def _tick_step(cycles: int) -> int:
    for power in range(10):
        for factor in (1, 2, 5):
            if cycles / (factor * 10**power) <= 16:
                return int(factor * 10**power)
    return cycles


def _draw_sections(
    sections: Iterable[tuple[str, tuple[Row, ...]]], scale: _Scale
) -> tuple[list[str], int]:
    parts: list[str] = []
    y = CHART_TOP
    for title, rows in sections:
        if not rows:
            continue
        parts.append(text_element("text", title, klass="section", x=MARGIN, y=y + 14))
        y += 24
        for row in rows:
            parts += _draw_row(row, y, scale)
            y += len(row.lanes) * LANE_HEIGHT + ROW_GAP
        y += 10
    return parts, y


def _draw_row(row: Row, top: int, scale: _Scale) -> Iterator[str]:
    yield text_element("text", row.label, klass="label", x=MARGIN, y=top + 15)
    note_at = {"x": LABEL_WIDTH + MARGIN - 8, "y": top + 15}
    yield text_element("text", row.note, klass="note end", **note_at)
    height = len(row.lanes) * LANE_HEIGHT
    place = {"x": scale.x(0), "y": top, "width": CHART_WIDTH, "height": height}
    yield element("rect", klass="row", **place)
    for index, lane in enumerate(row.lanes):
        for bar in lane:
            yield _draw_bar(bar, top + index * LANE_HEIGHT + 1, scale)


def _draw_bar(bar: Bar, top: int, scale: _Scale) -> str:
    colour = f"i{bar.instance.iteration % COLOURS}"
    x, solid, end = scale.x(bar.start), scale.x(bar.solid_end), scale.x(bar.end)
    parts = [text_element("title", bar.about)]
    place = {"x": x, "y": top, "height": LANE_HEIGHT - 2, "rx": 2}
    if bar.end > bar.solid_end:
        parts.append(element("rect", klass=f"{colour} flight", width=end - x, **place))
    if bar.solid_end > bar.start:
        parts.append(element("rect", klass=colour, width=max(solid - x, 1.5), **place))
    shown = _fitting(bar.instance.operation.name, end - x - 6)
    if shown:
        parts.append(text_element("text", shown, klass="bar", x=x + 4, y=top + 14))
    return "<g>" + "".join(parts) + "</g>"


def _fitting(name: str, width: float) -> str:
    room = int(width / CHARACTER_WIDTH)
    if len(name) <= room:
        return name
    return name[: room - 1] + "\N{HORIZONTAL ELLIPSIS}" if room >= 4 else ""


def _legend(expansion: Expansion, top: int) -> Iterator[str]:
    x = float(LABEL_WIDTH + MARGIN)
    for iteration in range(min(expansion.iterations, COLOURS)):
        place = {"x": x, "y": top, "width": 14, "height": 14, "rx": 2}
        yield element("rect", klass=f"i{iteration}", **place)
        words = f"iteration {iteration}"
        yield text_element("text", words, klass="key", x=x + 19, y=top + 11)
        x += 40 + len(words) * CHARACTER_WIDTH
    yield element("rect", klass="i0 flight", x=x, y=top, width=28, height=14, rx=2)
    yield element("rect", klass="i0", x=x, y=top, width=12, height=14, rx=2)
    words = "full colour: issues, or holds the unit; pale: in flight"
    yield text_element("text", words, klass="key", x=x + 34, y=top + 11)
