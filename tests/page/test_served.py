"""The served page, in a browser: paste a kernel, watch it being solved, look at what was found."""

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from twill.kernels import library
from twill.kernels.library import kernel_path
from twill.models.answer import Answer
from twill.models.progress import Progress
from twill.pipeline import read_answer
from twill.tests.support.page_service import PageService, canned, serving

Open = Callable[..., Any]
SCHEDULES = Path(library.__file__).parent / "schedules"
EVIL = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"


def stored(name: str) -> Answer:
    return read_answer(str(SCHEDULES / f"{name}.json"))


@pytest.fixture
def service() -> PageService:
    return PageService(canned(SCHEDULES))


@pytest.fixture
def address(service: PageService) -> Iterator[str]:
    with serving(service) as url:
        yield url


def paste(page: Any, kernel: str) -> None:
    page.get_by_label("Document").fill(kernel_path(kernel).read_text())


def test_paste_watch_and_open(open_page: Open) -> None:
    gate = threading.Event()
    with serving(PageService(canned(SCHEDULES, gate=gate))) as address:
        page = open_page(address)
        paste(page, "flash_attention_forward")
        page.get_by_label("GPU").select_option("h100-sxm")
        page.get_by_role("button", name="Solve", exact=True).click()
        log = page.get_by_role("log")
        log.get_by_text("II 2,047, done within 3 II: infeasible (Z3)").wait_for()
        known = page.locator(".known")
        known.get_by_text("least, proved").wait_for()
        assert known.inner_text() == "2,048 ≤ II ≤ 2,048 – least, proved"
        page.locator(".plotted .lower").wait_for(state="attached")
        assert page.locator(".plotted .probe.infeasible").count() == 1
        assert page.get_by_role("button", name="Cancel").is_visible()
        gate.set()
        look_at_the_result(page)


def look_at_the_result(page: Any) -> None:
    page.get_by_role("tab", name="Timeline").wait_for()
    assert page.locator("h1").inner_text() == "flash_attention_forward on h100-sxm"
    bar = page.locator('.bar[aria-label^="acc[0], iteration 1, compute-1"]')
    bar.hover()
    assert "iteration" in page.locator(".tooltip").inner_text()
    page.get_by_text("How it was found").click()
    said = page.locator(".found .log").inner_text()
    assert "infeasible (Z3)" in said
    assert said.strip().endswith("ended: optimal")
    page.get_by_role("tab", name="Source").click()
    assert page.get_by_text("k_tile = load(k, (h, n, 0)").is_visible()


def test_ctrl_enter_solves_a_kernel_of_the_library(open_page: Open, address: str) -> None:
    page = open_page(address)
    page.get_by_label("from the library").select_option("gemm")
    page.wait_for_function("document.getElementById('document').value.startsWith('kernel: gemm')")
    page.get_by_label("Document").press("Control+Enter")
    page.get_by_role("tab", name="Timeline").wait_for()


def test_a_wrong_document_is_shown_with_its_place(open_page: Open, address: str) -> None:
    page = open_page(address)
    text = kernel_path("gemm").read_text().replace("BLOCK_K: 64", "BLOCK_K: many")
    page.get_by_label("Document").fill(text)
    page.get_by_role("button", name="Solve", exact=True).click()
    fault = page.get_by_role("alert").get_by_role("button").first
    fault.click()
    line = int(re.findall(r"\d+", fault.inner_text())[0])
    marked = page.evaluate("""() => {
      const field = document.getElementById('document');
      return field.value.slice(field.selectionStart, field.selectionEnd);
    }""")
    assert "many" in text.splitlines()[line - 1]
    assert marked.startswith("many")
    # A browser reports every refused request itself.
    assert [c for c in page.complaints if "422" not in c] == []
    page.complaints.clear()


def test_nothing_to_solve_is_said_without_asking(open_page: Open, address: str) -> None:
    page = open_page(address)
    page.locator("form.solve").evaluate("form => { form.noValidate = true; }")
    page.get_by_role("button", name="Solve", exact=True).click()
    assert page.get_by_text("There is no document yet.").is_visible()


def test_cancel_keeps_the_best_schedule(open_page: Open) -> None:
    service = PageService(canned(SCHEDULES, seconds=60))
    with serving(service) as address:
        page = open_page(address)
        paste(page, "gemm")
        page.get_by_role("button", name="Solve", exact=True).click()
        page.get_by_role("button", name="Cancel").click()
        page.get_by_text("feasible, not proved least").wait_for()
        assert page.get_by_text("cancelled; a schedule was found before").is_visible()


def test_two_schedules_are_compared(open_page: Open, service: PageService, address: str) -> None:
    service.add(stored("gemm@h100-sxm"))
    service.add(stored("gemm@b200"))
    page = open_page(address)
    compare = page.get_by_role("button", name="Compare")
    assert compare.is_disabled()
    page.get_by_label("Compare gemm on h100-sxm").check()
    page.get_by_label("Compare gemm on b200").check()
    compare.click()
    page.get_by_text("One period of the steady state, on one scale").wait_for()
    assert page.locator("h1").inner_text() == "gemm on h100-sxm and gemm on b200"


def test_the_key_is_sent_and_stays_in_this_tab(open_page: Open) -> None:
    service = PageService(canned(SCHEDULES), key="secret")
    service.add(stored("gemm@h100-sxm"))
    with serving(service) as address:
        page = open_page(address)
        page.get_by_text("This service wants an API key.").first.wait_for()
        assert all("401" in complaint for complaint in page.complaints)
        page.complaints.clear()
        page.get_by_label("API key").fill("secret")
        page.get_by_label("API key").press("Enter")
        page.get_by_role("link", name="gemm").wait_for()
        assert page.evaluate("sessionStorage.getItem('twill-key')") == "secret"
        assert page.evaluate("localStorage.length") == 0
        assert "secret" not in page.url
        paste(page, "gemm")
        page.get_by_role("button", name="Solve", exact=True).click()
        page.get_by_role("tab", name="Timeline").wait_for()


def test_a_broken_stream_goes_on_where_it_was(open_page: Open) -> None:
    service = PageService(canned(SCHEDULES, seconds=3))
    with serving(service) as address:
        page = open_page(address)
        resumed: list[str] = []
        cut = {"left": 1}

        def event_route(route: Any) -> None:
            resumed.append(route.request.headers.get("last-event-id", ""))
            if cut["left"]:
                cut["left"] -= 1
                first = next(iter(service.records.values())).events[0].canonical_json()
                body = f"id: 1\ndata: {first}\n\ndata: {{half"
                route.fulfill(body=body, content_type="text/event-stream")
            else:
                route.continue_()

        page.route("**/events", event_route)
        paste(page, "gemm")
        page.get_by_role("button", name="Solve", exact=True).click()
        page.get_by_role("tab", name="Timeline").wait_for()
        assert resumed == ["", "1"]
        page.get_by_text("How it was found").click()
        lines = page.locator(".found .log li").all_inner_texts()
        assert sum("queued" in line for line in lines) == 1


def test_a_hostile_kernel_stays_text(open_page: Open, service: PageService, address: str) -> None:
    answer = stored("gemm@h100-sxm")
    operations = tuple(o.model_copy(update={"summary": EVIL}) for o in answer.problem.operations)
    problem = answer.problem.model_copy(update={"operations": operations})
    sources = answer.sources.model_copy(update={"kernel": EVIL, "profile": EVIL})
    evil = answer.model_copy(
        update={"problem": problem, "sources": sources, "reason": EVIL, "status": "feasible"}
    )
    identity = service.add(evil, cuda=f"// a_tile\n{EVIL}\n")
    page = open_page(f"{address}/#/schedules/{identity}")
    page.get_by_role("tab", name="Timeline").wait_for()
    page.locator(".bar").first.click()
    for tab in ("table", "graph", "occupancy", "source", "certificate"):
        page.locator(f"#tab-{tab}").click()
    assert page.locator("img").count() == 0
    assert page.get_by_text("onerror=alert(1)").count() > 2
    assert page.evaluate("document.querySelectorAll('script:not([src])').length") == 0


def test_hostile_events_stay_text(open_page: Open) -> None:
    def solve(request: Any, observe: Any, stop: Any) -> Answer:
        observe(Progress(kind="bounds", lower_bound=7, detail=EVIL))
        stop.wait(1)
        return stored("gemm@h100-sxm")

    with serving(PageService(solve)) as address:
        page = open_page(address)
        paste(page, "gemm")
        page.get_by_role("button", name="Solve", exact=True).click()
        page.get_by_role("log").get_by_text("onerror=alert(1)").wait_for()
        assert page.locator("img").count() == 0
        page.get_by_role("tab", name="Timeline").wait_for()  # before the service is gone


def test_an_unknown_address_is_said(open_page: Open, address: str) -> None:
    page = open_page(f"{address}/#/schedules/{'0' * 32}")
    page.get_by_text("There is no such job.").wait_for()
    page.complaints.clear()
    page.get_by_role("link", name="All schedules").click()
    page.get_by_text("Nothing has been solved yet.").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [800, 1280])
def test_the_form_fits_the_window(open_page: Open, address: str, width: int, scheme: str) -> None:
    page = open_page(address, width=width, scheme=scheme)
    page.get_by_label("from the library").locator("option", has_text="gemm").first.wait_for(
        state="attached"
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width
