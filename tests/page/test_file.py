"""The page as a file, in a browser: drawn from what lies in it, by pointer and by keyboard."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twill.drawing.page import timeline
from twill.drawing.page.html import page_html
from twill.kernels import library
from twill.kernels.library import kernel_path
from twill.models.answer import Answer, Sources
from twill.pipeline import read_answer

Open = Callable[..., Any]
FileOf = Callable[..., str]
SCHEDULES = Path(library.__file__).parent / "schedules"
ATTENTION = "flash_attention_forward@h100-sxm"
CUDA = Path(__file__).parents[1] / "golden" / "kernels" / "flash_attention_forward.h100-sxm.cu"
TABS = ("timeline", "table", "graph", "occupancy", "source", "certificate")


def bar(page: Any, row: str, name: str, iteration: int) -> Any:
    """The bar of one instance in a row of the timeline."""
    return page.locator(f'.bar[aria-label^="{name}, iteration {iteration}, {row}"]')


def chosen(page: Any) -> str:
    return str(page.locator(".details h2").inner_text())


def test_every_instance_is_drawn_once_in_its_warp_group(open_page: Open, file_of: FileOf) -> None:
    page = open_page(file_of(ATTENTION))
    assert page.title() == "flash_attention_forward on h100-sxm - Twill"
    assert page.locator(".figure b").first.inner_text() == "2,048"
    assert page.locator('.bar[aria-label*="compute-1, cycles"]').count() > 0
    for iteration in range(3):
        assert bar(page, "compute-1", "acc[0]", iteration).count() == 1
        assert bar(page, "tensor_core", "acc[0]", iteration).count() == 1
    box = bar(page, "tensor_core", "s[0]", 0).locator(".solid").bounding_box()
    plot = page.locator(".plot").bounding_box()
    cycles = page.evaluate("document.querySelector('.timeline').chart.end")
    assert box["width"] == pytest.approx(512 * plot["width"] / cycles, abs=1.5)


def test_hovering_tells_operation_iteration_cycles_and_stage(
    open_page: Open, file_of: FileOf
) -> None:
    page = open_page(file_of(ATTENTION))
    bar(page, "tensor_core", "acc[0]", 1).hover()
    said = page.locator(".tooltip").inner_text()
    for words in ("acc[0]", "iteration\n1", "compute-1", "1, 745", "4,841 – 5,352 (512)"):
        assert words in said
    page.mouse.move(5, 5)
    assert page.locator(".tooltip").is_hidden()


def test_a_click_chooses_an_operation_in_every_view(open_page: Open, file_of: FileOf) -> None:
    page = open_page(file_of(ATTENTION, cuda=CUDA.read_text()))
    bar(page, "compute-1", "p[0]", 0).click()
    assert chosen(page) == "p[0]"
    assert page.locator(".arrow.critical").count() > 0
    facts = page.locator(".details .facts").inner_text()
    assert "compute-1" in facts
    assert "0, at cycle 2,098" in facts
    page.get_by_role("tab", name="Dependences").click()
    assert page.locator(".node.chosen").get_attribute("aria-label") == (
        "p[0], compute-1, on the critical recurrence"
    )
    page.get_by_role("tab", name="Source").click()
    said = page.locator(".stepper .reading").inner_text()
    assert said.startswith("p[0]: place 1 of ")
    lines = page.locator(".code .line.chosen .text")
    assert lines.first.inner_text().strip().startswith("// p[0]")
    page.keyboard.press("Escape")
    assert chosen(page) == "Operations"


def test_a_line_of_cuda_leads_back_to_its_operation(open_page: Open, file_of: FileOf) -> None:
    page = open_page(file_of(ATTENTION, cuda=CUDA.read_text()))
    page.get_by_role("tab", name="Source").click()
    page.get_by_text("tma_load_3d(v_tile + v_tile_slot * 32768, &v_map").first.click()
    assert chosen(page) == "v_tile"


def test_a_line_of_the_kernel_names_its_operations(open_page: Open, tmp_path: Path) -> None:
    answer = read_answer(str(SCHEDULES / f"{ATTENTION}.json"))
    texts = Sources(kernel=kernel_path("flash_attention_forward").read_text())
    file = tmp_path / "texts.html"
    file.write_text(page_html([answer.model_copy(update={"sources": texts})]))
    page = open_page(file.as_uri())
    page.get_by_role("tab", name="Source").click()
    line = page.locator(".code .line", has_text="acc = dot(p.to(bf16), v_tile")
    line.get_by_role("button", name="acc[1]", exact=True).click()
    assert chosen(page) == "acc[1]"
    assert "chosen" in (line.get_attribute("class") or "")
    assert "acc = dot(" in page.locator(".details code").inner_text()


def test_the_keyboard_moves_zooms_and_chooses(open_page: Open, file_of: FileOf) -> None:
    page = open_page(file_of(ATTENTION))
    chart = "document.querySelector('.timeline').chart"
    everything = page.evaluate(f"{chart}.to - {chart}.from")
    page.locator(".timeline").focus()
    page.keyboard.press("+")
    page.keyboard.press("+")
    zoomed = page.evaluate(f"{chart}.to - {chart}.from")
    assert zoomed == pytest.approx(everything * 0.49)
    first = page.evaluate(f"{chart}.from")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(f"{chart}.from") > first
    page.keyboard.press("0")
    assert page.evaluate(f"{chart}.to - {chart}.from") == everything
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("k_tile")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    focused = page.evaluate("document.activeElement.bar.name")
    page.keyboard.press("Enter")
    assert chosen(page) == focused
    assert page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.className") == "timeline choosing"


def test_tabs_go_by_arrow_keys_and_each_shows_something(open_page: Open, file_of: FileOf) -> None:
    page = open_page(file_of("mamba2_ssd@b300"))
    page.locator("#tab-timeline").focus()
    for name in TABS:
        assert page.evaluate("document.activeElement.id") == f"tab-{name}"
        panel = page.locator(f"#panel-{name}")
        assert panel.is_visible()
        assert panel.locator("svg, .pane, .sentences").count() > 0
        page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "tab-timeline"


def test_slots_are_read_by_keyboard(open_page: Open, file_of: FileOf) -> None:
    page = open_page(file_of(ATTENTION))
    page.get_by_role("tab", name="Reservation table").click()
    page.locator("#panel-table .timeline").focus()
    page.keyboard.press("ArrowRight")
    reading = page.locator("#panel-table .slot-reading").inner_text()
    assert reading.startswith("slot 42\n")
    assert "tensor_core 1/1" in reading
    page.get_by_role("tab", name="Occupancy").click()
    assert "165,888 bytes" in page.locator("#panel-occupancy .slot-reading").first.inner_text()


@pytest.mark.parametrize("width", [800, 1280])
@pytest.mark.parametrize("name", ["flash_attention_backward@h100-sxm", "mamba2_ssd@b300"])
def test_nothing_is_wider_than_the_window(
    open_page: Open, file_of: FileOf, width: int, name: str
) -> None:
    page = open_page(file_of(name), width=width)
    for tab in TABS:
        page.locator(f"#tab-{tab}").click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_two_schedules_side_by_side(open_page: Open, file_of: FileOf) -> None:
    page = open_page(file_of(ATTENTION, "flash_attention_forward@b200", compare=True))
    figures = page.get_by_label("Figures").inner_text()
    assert "initiation interval\t2,048\t2,948\t+900 (+43.9 %)" in figures
    row = page.get_by_label("Operations").locator("tr", has_text="acc.multiply[0]").inner_text()
    assert row.split("\t")[-1] == "group"
    assert page.locator("figure .timeline").count() == 2
    page.get_by_role("button", name="One schedule").click()
    assert page.locator("h1").inner_text() == "flash_attention_forward on h100-sxm"


def test_a_schedule_is_like_itself(open_page: Open, file_of: FileOf) -> None:
    page = open_page(file_of(ATTENTION, ATTENTION, compare=True))
    assert page.get_by_text("Every operation stands where it stood.").is_visible()
    assert page.locator(".view-compare .tag").count() == 0


def test_what_has_no_schedule_says_so(open_page: Open, tmp_path: Path) -> None:
    solved = read_answer(str(SCHEDULES / "gemm@b200.json"))
    words = "the time limit of 2 s was reached"
    answer = Answer(
        kernel="gemm", gpu="b200", status="unknown", reason=words,
        problem=solved.problem, bounds=solved.bounds,
    )  # fmt: skip
    file = tmp_path / "unknown.html"
    file.write_text(page_html([answer]))
    page = open_page(file.as_uri())
    said = (
        "Unknown: no schedule was found, and none is excluded. The time limit of 2 s was reached."
    )
    assert page.locator(".schedule-head .lead").inner_text() == said
    assert page.locator("#panel-certificate").is_visible()
    for tab in ("timeline", "table", "occupancy"):
        page.locator(f"#tab-{tab}").click()
        assert page.locator(f"#panel-{tab} .empty").is_visible()
    page.locator("#tab-graph").click()
    assert page.locator(".node").count() == 4


def test_a_long_schedule_is_shown_for_one_period(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline, "MOST_BARS", 120)  # attention has 84 in one period
    file = tmp_path / "long.html"
    file.write_text(page_html([read_answer(str(SCHEDULES / f"{ATTENTION}.json"))]))
    page = open_page(file.as_uri())
    assert page.evaluate("document.querySelector('.timeline').chart.end") == 2048
    assert page.get_by_text("1 iteration older").first.is_visible()
    assert page.get_by_text("prologue").count() == 0


def luminance(colour: str) -> float:
    parts = [float(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in
              (part / 255 for part in parts)]  # fmt: skip
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


CONTRASTS = """() => {
  const style = (element) => getComputedStyle(element);
  const paper = style(document.documentElement).backgroundColor;
  const back = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = style(at).backgroundColor;
      if (!/, 0\\)$/.test(colour)) return colour;
    }
    return paper;
  };
  const read = 'h1, h3, dt, dd span, button, .status, .hint, .key, li';
  const texts = [...document.querySelectorAll(read)]
    .map((each) => [each.className + ' ' + each.tagName, style(each).color, back(each)]);
  const filled = (each) => style(each.querySelector('.solid')).fill;
  const bars = [...document.querySelectorAll('.bar')].filter((each) => each.querySelector('.solid'))
    .map((each) => ['bar', style(each.querySelector('text')).fill, filled(each)]);
  const notes = [...document.querySelectorAll('.chart .note, .chart .number, .chart .rowname')]
    .map((each) => ['note', style(each).fill, paper]);
  return [...texts, ...bars, ...notes];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out_in_light_and_dark(open_page: Open, file_of: FileOf, scheme: str) -> None:
    page = open_page(file_of("mamba2_ssd@b300"), scheme=scheme)
    found = page.evaluate(CONTRASTS)
    assert len(found) > 100
    for what, ink, paper in found:
        light, dark = sorted((luminance(ink), luminance(paper)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (what, ink, paper)


def test_the_theme_can_be_chosen(open_page: Open, file_of: FileOf) -> None:
    page = open_page(file_of(ATTENTION), scheme="dark")
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    assert page.evaluate(paper) == "rgb(18, 21, 25)"
    page.get_by_role("button", name="Use light colours").click()
    assert page.evaluate(paper) == "rgb(255, 255, 255)"
    assert page.get_by_role("button", name="Use dark colours").is_visible()


def test_all_views_are_printed(open_page: Open, file_of: FileOf) -> None:
    page = open_page(file_of(ATTENTION))
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    for name in TABS:
        assert page.locator(f"#panel-{name}").is_visible()
    assert page.locator(".tabs").is_hidden()
    assert page.locator(".top").is_hidden()


def test_little_motion_is_none(open_page: Open, file_of: FileOf) -> None:
    page = open_page(file_of(ATTENTION), reduced_motion="reduce")
    moving = "getComputedStyle(document.querySelector('.bar')).transitionDuration"
    assert page.evaluate(moving) == "0s"
