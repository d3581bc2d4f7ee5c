"""What is true of every answer; health, metrics, and the end of a service."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from twill.tests.support.fake_executor import FakeExecutor
from twill.tests.support.served import Served
from twill.tests.support.works import RECURRENCE

Serve = Callable[..., Served]
PROBLEM = "application/problem+json"


def test_problems_of_paths_and_methods(served: Served) -> None:
    missing = served.client.get("/v1/nothing")
    assert (missing.status_code, missing.headers["content-type"]) == (404, PROBLEM)
    wrong = served.client.put(f"/v1/schedules/{'0' * 32}")
    assert (wrong.status_code, wrong.headers["content-type"]) == (405, PROBLEM)
    assert wrong.headers["allow"] == "DELETE, GET"


def test_faults_are_problems_that_tell_nothing(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> object:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(served.service, "job", fails)
    reply = served.client.get(f"/v1/schedules/{'0' * 32}")
    assert (reply.status_code, reply.headers["content-type"]) == (500, PROBLEM)
    assert "secret" not in reply.text
    assert reply.headers["x-request-id"]


def test_request_ids_are_echoed_only_if_harmless(served: Served) -> None:
    def told_id(sent: str | bytes) -> str:
        raw = sent.encode() if isinstance(sent, str) else sent
        reply = served.client.get("/healthz", headers=[(b"X-Request-ID", raw)])
        found: str = reply.headers["x-request-id"]
        return found

    assert told_id("abcd-1234_X") == "abcd-1234_X"
    for strange in ("short", "x" * 65, "a b c d e f g", "{}<script>", b"\xe4" * 9):
        assert told_id(strange) != strange
        assert len(told_id(strange)) == 24


def test_safe_headers_are_on_everything(served: Served) -> None:
    for path in ("/", "/healthz", "/v1/nothing", "/v1/kernels", "/openapi.json"):
        headers = served.client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src" in headers["content-security-policy"]


def test_the_page_and_what_it_loads(served: Served) -> None:
    page = served.client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-security-policy"].startswith("default-src 'none'; script-src")
    for source in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert served.client.get(f"/{source}").status_code == 200, source


def test_metrics_have_templates_of_paths(served: Served) -> None:
    job = served.finished(served.submit(RECURRENCE)["id"])
    served.client.get(f"/v1/nothing/{job['id']}")
    text = served.client.get("/metrics").text
    assert job["id"] not in text
    assert 'route="/v1/schedules/{id}"' in text
    assert 'twill_solves_ended_total{state="done",status="optimal"} 1.0' in text
    assert 'twill_solves_live{state="queued"} 0.0' in text
    assert "twill_executor_slots 2.0" in text


def test_readiness_follows_the_database(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    assert served.client.get("/readyz").status_code == 200
    monkeypatch.setattr("twill.service.health_routes.head", lambda: "9999")
    reply = served.client.get("/readyz")
    assert (reply.status_code, reply.headers["content-type"]) == (503, PROBLEM)


def test_shutting_down_puts_runs_back(serve: Serve, tmp_path: Any) -> None:
    address = f"sqlite:///{tmp_path / 'kept.db'}"
    first = serve(FakeExecutor(holds=True), database=address, attempts=1)
    job = first.submit(RECURRENCE)["id"]
    first.executor.wait_for_runs(1)
    first.client.__exit__()
    second = serve(FakeExecutor(), database=address, attempts=1)
    over = second.finished(job)
    assert (over["state"], over["attempts"]) == ("done", 2)
    assert [e.kind for e in second.told(job)] == [
        "queued", "started", "retried", "started", "progress", "ended",
    ]  # fmt: skip
    assert json.loads(second.client.get("/readyz").text) == {"status": "ok"}
