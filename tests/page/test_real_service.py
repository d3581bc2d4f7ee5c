"""The page of `twill serve` itself, with real solves: what a person does first."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from twill.kernels.library import kernel_path
from twill.tests.support.server_process import ServerProcess

Open = Callable[..., Any]
pytestmark = pytest.mark.slow


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    made = ServerProcess(tmp_path, f"sqlite:///{tmp_path}/twill.db")
    made.start()
    yield made
    made.close()


def solve(page: Any, gpu: str) -> None:
    page.get_by_label("Document").fill(kernel_path("gemm").read_text())
    page.get_by_label("GPU").select_option(gpu)
    page.get_by_role("button", name="Solve", exact=True).click()
    page.get_by_role("tab", name="Timeline").wait_for(timeout=60_000)


def test_paste_solve_look_and_refuse(open_page: Open, server: ServerProcess) -> None:
    page = open_page(server.url)
    solve(page, "h100-sxm")
    assert page.locator("h1").inner_text() == "gemm on h100-sxm"
    page.locator('.bar[aria-label^="acc[0], iteration 1"]').first.hover()
    assert "iteration" in page.locator(".tooltip").inner_text()
    for name in ("Reservation table", "Dependences", "Occupancy", "Source", "Certificate"):
        page.get_by_role("tab", name=name).click()
    assert server.get("/v1/schedules").json()["items"][0]["status"] == "optimal"


def test_a_wrong_document_is_named_by_line(open_page: Open, server: ServerProcess) -> None:
    page = open_page(server.url)
    page.get_by_label("Document").fill(kernel_path("gemm").read_text().replace("dot(", "dott("))
    page.get_by_role("button", name="Solve", exact=True).click()
    page.get_by_text("dott").last.wait_for()
    refused = [said for said in page.complaints if "422" in said]
    assert refused  # the browser itself tells of the status
    page.complaints[:] = [said for said in page.complaints if said not in refused]
