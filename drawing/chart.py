"""Bars over a time axis in plain characters: `[name===]....`, solid, then dots in flight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

LEAST_COLUMNS = 24
COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "red")


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: solid in start .. solid_end - 1, in flight from there to end - 1 (cycles)."""

    start: int
    solid_end: int
    end: int
    label: str
    iteration: int


@dataclass(frozen=True, slots=True)
class Row:
    """Bars that do not overlap, under one label; rows of one lane group share a label."""

    label: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """Cycles first .. last - 1 on so many columns."""

    first: int
    last: int
    columns: int

    def column(self, cycle: int) -> int:
        """The column in which a cycle begins, within 0 .. columns."""
        inside = min(max(cycle, self.first), self.last)
        return (inside - self.first) * self.columns // (self.last - self.first)

    def ticks(self) -> list[int]:
        """Round cycles, far enough apart for their numbers."""
        digits = len(f"{self.last:,}") + 3
        step = 1
        for factor in _round_steps():
            step = factor
            if self.column(self.first + step) >= digits or step >= self.last - self.first:
                break
        start = -(-self.first // step) * step
        return list(range(start, self.last, step))


def scale_for(first: int, last: int, width: int, label_width: int) -> Scale:
    """The widest scale within a line; short spans get the same whole columns for every cycle."""
    columns = max(LEAST_COLUMNS, width - label_width - 2)
    per_cycle = columns // (last - first)
    return Scale(first, last, min(per_cycle, 10) * (last - first) if per_cycle else columns)


def draw_chart(rows: Sequence[Row], first: int, last: int, width: int) -> Text:
    """The rows under an axis in cycles, for the cycles first .. last - 1."""
    label_width = max((len(row.label) for row in rows), default=0)
    scale = scale_for(first, last, width, label_width)
    text = Text(no_wrap=True, overflow="crop")
    text.append(" " * (label_width + 1) + _axis(scale) + "\n", style="dim")
    before = None
    for row in rows:
        shown = row.label if row.label != before else ""
        before = row.label
        text.append(shown.ljust(label_width + 1), style="bold")
        text.append_text(_draw_row(row, scale))
        text.append("\n")
    text.right_crop(1)
    return text


def _axis(scale: Scale) -> str:
    characters = [" "] * (scale.columns + 1)
    for cycle in scale.ticks():
        number = f"{cycle:,}"
        at = scale.column(cycle)
        if at + len(number) <= len(characters):
            characters[at : at + len(number)] = number
    return "".join(characters).rstrip()


def _draw_row(row: Row, scale: Scale) -> Text:
    text = Text()
    for bar in sorted(row.bars, key=lambda bar: bar.start):
        start = max(scale.column(bar.start), len(text))
        if start >= scale.columns:
            break
        end = min(max(scale.column(bar.end), start + 1), scale.columns)
        least = start + 1 if bar.solid_end > bar.start else start
        solid = min(max(scale.column(bar.solid_end), least), end)
        text.append(" " * (start - len(text)))
        colour = COLOURS[bar.iteration % len(COLOURS)]
        text.append(_bar_text(bar.label, solid - start, end - start), style=f"black on {colour}")
    return text


def _bar_text(label: str, solid: int, total: int) -> str:
    characters = list("=" * solid + "." * (total - solid))
    characters[0] = "[" if solid > 1 or total > solid else "|"
    if solid > 1:
        characters[solid - 1] = "]"
    room = max(total - 2, 0) if total > 2 else 0
    shown = label[:room]
    characters[1 : 1 + len(shown)] = shown
    return "".join(characters)


def _round_steps() -> list[int]:
    return [factor * 10**power for power in range(9) for factor in (1, 2, 5)]
