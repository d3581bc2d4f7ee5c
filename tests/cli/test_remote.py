"""`twill solve --server`: the answer of a service printed as one that was found here."""

from __future__ import annotations

import json
import re

import httpx2
import pytest

from twill.cli.main import run
from twill.models.answer import Answer
from twill.models.schedule_text import schedule_text
from twill.tests.support.fake_service import (
    ID,
    FakeService,
    job,
    json_reply,
    solved_toy,
    whole_service,
)

SERVER = ["--server", "http://127.0.0.1:9"]
TOY = "paper_running_example"
TIMES = re.compile(r"\d+\.\d+ s")


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> FakeService:
    made = whole_service()
    real = httpx2.Client

    def connected(**settings: object) -> httpx2.Client:
        return real(**{**settings, "transport": made.transport})  # type: ignore[arg-type]

    monkeypatch.setattr(httpx2, "Client", connected)
    return made


def test_the_same_is_printed_as_of_a_local_solve(
    service: FakeService, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILL_KEY", "k")
    assert run(["solve", TOY, "-q"]) == 0
    here = capsys.readouterr().out
    assert run(["solve", TOY, "-q", *SERVER]) == 0
    assert TIMES.sub("", capsys.readouterr().out) == TIMES.sub("", here)
    assert service.asked[0].headers["Authorization"] == "Bearer k"
    sent = json.loads(service.asked[0].content)
    assert sent["document"].startswith("#") or "graph:" in sent["document"]
    assert run(["solve", TOY, "-q", "--json", *SERVER]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "optimal"


def test_progress_of_the_service_is_shown(
    service: FakeService, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["solve", TOY, *SERVER]) == 0
    assert "no II below 40" in capsys.readouterr().err


def test_an_answer_to_another_question_is_refused(
    service: FakeService, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["solve", "gemm", "-q", *SERVER]) == 4
    assert "answered another question" in capsys.readouterr().err


def test_a_wrong_answer_is_refused(
    service: FakeService, capsys: pytest.CaptureFixture[str]
) -> None:
    value = json.loads(solved_toy())
    value["schedule"]["placements"][0]["issue_cycle"] += 1
    service.replies[f"GET /v1/schedules/{ID}/schedule.json"] = [json_reply(json.dumps(value))]
    assert run(["solve", TOY, "-q", *SERVER]) == 4
    assert "sent a wrong answer" in capsys.readouterr().err


def test_other_texts_with_equal_costs_are_refused(
    service: FakeService, capsys: pytest.CaptureFixture[str]
) -> None:
    value = json.loads(solved_toy())
    value["sources"]["graph"] = "# computes something else\n" + value["sources"]["graph"]
    answer = Answer.model_validate_json(json.dumps(value))
    service.replies[f"GET /v1/schedules/{ID}/schedule.json"] = [json_reply(schedule_text(answer))]
    assert run(["solve", TOY, "-q", *SERVER]) == 4
    assert "answered another question" in capsys.readouterr().err


def test_a_bad_document_is_refused_before_it_is_sent(
    service: FakeService, capsys: pytest.CaptureFixture[str], tmp_path: object
) -> None:
    assert run(["solve", "no_such_kernel", *SERVER]) == 2
    assert service.asked == []


@pytest.mark.parametrize("option", [["--backend", "z3"], ["--memory-limit", "4096"]])
def test_options_of_the_machine_that_solves_are_refused(
    service: FakeService, capsys: pytest.CaptureFixture[str], option: list[str]
) -> None:
    assert run(["solve", TOY, *option, *SERVER]) == 2
    assert "cannot be used with --server" in capsys.readouterr().err


def test_a_failed_job_is_told_with_its_reason(
    service: FakeService, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = job("failed", reason="out of memory, three times")
    service.replies["POST /v1/schedules"] = [json_reply(failed.canonical_json())]
    assert run(["solve", TOY, "-q", "--json", *SERVER]) == 4
    problem = json.loads(capsys.readouterr().out)
    assert problem["type"] == "urn:twill:problem:service-fault"
    assert "out of memory, three times" in problem["detail"]


def test_the_server_may_stand_in_the_environment(
    service: FakeService, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILL_SERVER", SERVER[1])
    assert run(["solve", TOY, "-q"]) == 0
    assert service.asked
