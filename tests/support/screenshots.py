"""Pictures of the page for README and docs, from schedules that are solved or verified anew.

Run by scripts/screenshots; writes docs/images/page-*.png.
"""

import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from twill.drawing.page.html import page_html
from twill.emitter.lowering import lower
from twill.emitter.printer.printer import print_cuda
from twill.emitting import emission_of
from twill.kernels.library import kernel_path
from twill.models.answer import Answer
from twill.models.job import ScheduleRequest
from twill.models.progress import Observer
from twill.pipeline import read_answer, read_task, solve_file, solve_task
from twill.solver.question import Stop
from twill.tests.support.browser import ARGUMENTS, CHROMIUM
from twill.tests.support.page_service import PageService, serving

IMAGES = Path(__file__).parents[2] / "docs" / "images"
MOST_BYTES = 200_000
HEIGHTS = {"source": 480, "comparison": 900}  # pixels; texts make the largest files
Act = Callable[[Any], None]


def main() -> None:
    """Solve, draw and write every picture."""
    attention = solve_file("flash_attention_forward", "h100-sxm")
    cuda = print_cuda(lower(emission_of(attention)))
    with browser() as picture:
        alone = page_html([attention], {0: cuda})
        picture("timeline", alone, "light", choose_in_steady_state)
        picture("source", alone, "dark", choose_and_open("source"))
        picture("reservation-table", alone, "dark", opened("table"))
        backward = stored("flash_attention_backward@h100-sxm")
        picture("dependences", page_html([backward]), "light", opened("graph"))
        mamba = stored("mamba2_ssd@b300")
        picture("occupancy", page_html([mamba]), "light", opened("occupancy"))
        other = solve_file("flash_attention_forward", "b200")
        both = page_html([attention, other], compare=True)
        picture("comparison", both, "light", lambda page: None)
        picture("solving", None, "light", watched)


@contextmanager
def browser() -> Iterator[Callable[[str, str | None, str, Act], None]]:
    """Takes pictures of a page, given as a file or made by what is done in an empty window."""
    with sync_playwright() as driver, tempfile.TemporaryDirectory() as folder:
        chromium = driver.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)

        def picture(name: str, html: str | None, scheme: str, act: Act) -> None:
            page = chromium.new_page(
                viewport={"width": 1200, "height": HEIGHTS.get(name, 760)},
                color_scheme="dark" if scheme == "dark" else "light",
                reduced_motion="reduce",
            )
            if html is not None:
                file = Path(folder) / f"{name}.html"
                file.write_text(html, encoding="utf-8")
                page.goto(file.as_uri())
            act(page)
            target = IMAGES / f"page-{name}.png"
            page.screenshot(path=target)
            page.close()
            size = target.stat().st_size
            assert size <= MOST_BYTES, f"{target.name} has {size} bytes"
            print(f"{target.name}: {size:,} bytes")

        yield picture
        chromium.close()


def stored(name: str) -> Answer:
    """A schedule that was solved and proved before, verified again."""
    return read_answer(str(kernel_path("gemm").parent / "schedules" / f"{name}.json"))


def choose_in_steady_state(page: Any) -> None:
    """One product chosen: its instances, what it waits for, what waits for it."""
    page.locator('.bar[aria-label^="acc[0], iteration 1, compute-1"]').click()
    page.mouse.move(4, 4)


def opened(tab: str) -> Act:
    return lambda page: page.locator(f"#tab-{tab}").click()


def choose_and_open(tab: str) -> Act:
    def act(page: Any) -> None:
        page.locator('.bar[aria-label^="s[0], iteration 1, compute-1"]').click()
        page.locator(f"#tab-{tab}").click()
        for _ in range(2):  # from the prologue to the steady state
            page.get_by_role("button", name="Next place").click()

    return act


def solve(request: ScheduleRequest, observe: Observer, stop: threading.Event) -> Answer:
    """A real solve of the document of a request."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "kernel.yaml"
        file.write_text(request.document or "", encoding="utf-8")
        task = read_task(str(file), request.gpu)
    return solve_task(task, None, observe, Stop())


def watched(page: Any) -> None:
    """A solve that is proved, just before its result is shown."""
    with serving(PageService(solve)) as address:
        page.route("**/page.json", lambda route: None)  # the picture is of what comes before
        page.goto(address)
        text = kernel_path("flash_attention_forward").read_text(encoding="utf-8")
        page.get_by_label("Document").fill(text)
        page.get_by_label("GPU").select_option("b200")
        page.get_by_role("button", name="Solve", exact=True).click()
        page.get_by_role("log").get_by_text("ended: optimal").wait_for(timeout=120_000)


if __name__ == "__main__":
    main()
