"""The SVG is well-formed, complete and alone."""

import xml.etree.ElementTree as ElementTree

import pytest

from twill.drawing.svg import draw_svg
from twill.models.answer import Answer
from twill.models.problem import SchedulingProblem
from twill.models.rows import schedule_rows
from twill.models.schedule import Schedule

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def answer(problem: SchedulingProblem, schedule: Schedule) -> Answer:
    bare = Answer(kernel="toy", gpu="toy_machine", status="feasible", problem=problem)
    return bare.model_copy(update={"schedule": schedule, **schedule_rows(problem, schedule)})


@pytest.fixture
def root(answer: Answer) -> ElementTree.Element:
    return ElementTree.fromstring(draw_svg(answer))


def test_every_instance_and_reservation_has_a_bar(root: ElementTree.Element) -> None:
    about = [title.text or "" for title in root.iter(f"{SVG}title")]
    assert sum("latency" in text for text in about) == 4 * 4
    assert sum("holds" in text for text in about) == 4 * 4
    assert "p: iteration 0, cycle 15; holds 12 of 16 for 4 cycles" in about


def test_labels_name_groups_units_and_phases(root: ElementTree.Element) -> None:
    texts = {text.text for text in root.iter(f"{SVG}text")}
    assert {"producer", "compute-1", "compute-2", "tensor_core", "mufu", "tma"} <= texts
    assert {"prologue", "steady state", "epilogue", "64 registers", "83 %"} <= texts


def test_nothing_lies_outside(root: ElementTree.Element) -> None:
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for rect in root.iter(f"{SVG}rect"):
        place = {key: float(rect.get(key, "0")) for key in ("x", "y", "width", "height")}
        assert place["width"] > 0
        assert place["x"] + place["width"] <= width + 0.01
        assert place["y"] + place["height"] <= height + 0.01


def test_it_refers_to_nothing_else(answer: Answer) -> None:
    text = draw_svg(answer)
    for word in ("href", "url(", "<script", "@import", "<image"):
        assert word not in text
    assert "prefers-color-scheme: dark" in text
    assert draw_svg(answer) == text


def test_summaries_are_escaped(answer: Answer) -> None:
    odd = answer.model_copy(update={"reason": "<&>", "gpu": "<gpu&>"})
    assert "&lt;gpu&amp;&gt;" in draw_svg(odd)


def test_without_a_schedule_there_is_nothing_to_draw(problem: SchedulingProblem) -> None:
    with pytest.raises(ValueError, match="no timeline"):
        draw_svg(Answer(kernel="toy", gpu="toy", status="unknown", problem=problem))
