"""A real browser that may talk to this machine only; skipped where there is none."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from twill.drawing.page.html import page_html
from twill.kernels import library
from twill.pipeline import read_answer
from twill.tests.support.browser import ARGUMENTS, CHROMIUM

SCHEDULES = Path(library.__file__).parent / "schedules"
Open = Callable[..., Any]


@pytest.fixture(scope="module")  # playwright's event loop must not go on under other tests
def chromium() -> Iterator[Any]:
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any) -> Iterator[Open]:
    """Opens an address in a window of its own, which must not complain nor ask for more."""
    complaints: list[str] = []
    contexts = []

    def opened(address: str, *, width: int = 1280, scheme: str = "light", **more: Any) -> Any:
        size = {"width": width, "height": 900}
        context = chromium.new_context(viewport=size, color_scheme=scheme, **more)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda fault: complaints.append(str(fault)))
        page.on("request", lambda request: _note_outside(request.url, address, complaints))
        page.complaints = complaints
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def _note_outside(url: str, address: str, complaints: list[str]) -> None:
    asked, allowed = urlsplit(url), urlsplit(address)
    if asked.scheme not in ("data", "blob") and asked.netloc != allowed.netloc:
        complaints.append(f"asked for {url}")
    if asked.scheme == "file" and url != address:
        complaints.append(f"asked for {url}")


@pytest.fixture
def file_of(tmp_path: Path) -> Callable[..., str]:
    """Writes the page of stored schedules to a file and gives its address."""

    def written(*names: str, cuda: str | None = None, compare: bool = False) -> str:
        answers = [read_answer(os.fspath(SCHEDULES / f"{name}.json")) for name in names]
        file = tmp_path / "page.html"
        file.write_text(page_html(answers, {0: cuda} if cuda else None, compare=compare))
        return file.as_uri()

    return written
