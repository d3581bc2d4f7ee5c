"""What a terminal shows, compared with files; `--update-golden` writes them."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from twill.drawing.chart import Bar, Row, draw_chart
from twill.drawing.text import prologue_chart, reservation_chart, steady_state_chart
from twill.models.problem import SchedulingProblem
from twill.models.schedule import Schedule

GOLDEN = Path(__file__).parent.parent / "golden" / "drawing"


def plain(drawn: RenderableType, width: int) -> str:
    file = StringIO()
    Console(file=file, width=width, markup=False, highlight=False).print(drawn)
    return "\n".join(line.rstrip() for line in file.getvalue().split("\n"))


@pytest.mark.parametrize("width", [60, 100])
def test_charts(
    problem: SchedulingProblem,
    schedule: Schedule,
    width: int,
    golden: Callable[[str, Path], None],
) -> None:
    drawn: list[RenderableType] = [
        steady_state_chart(problem, schedule, width),
        prologue_chart(problem, schedule, width),
        reservation_chart(problem, schedule, width),
    ]
    text = "\n".join(plain(each, width) for each in drawn)
    assert max(len(line) for line in text.split("\n")) <= width
    golden(text, GOLDEN / f"toy_{width}.txt")


def test_long_intervals_are_scaled_into_the_width() -> None:
    bars = (Bar(0, 5_000, 90_000, "load", 0), Bar(90_000, 90_001, 90_001, "tiny", 1))
    text = draw_chart([Row("unit", bars)], 0, 100_000, 60).plain
    axis, row = text.split("\n")
    assert len(axis) <= 60
    assert len(row) <= 60
    assert row.startswith("unit [load")
    assert row.endswith("|")  # less than a column is still seen


def test_labels_of_lanes_are_given_once() -> None:
    lane = (Bar(0, 2, 2, "a", 0),)
    text = draw_chart([Row("group", lane), Row("group", lane)], 0, 4, 60).plain
    assert text.count("group") == 1
