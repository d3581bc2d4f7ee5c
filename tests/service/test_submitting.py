"""Submissions: accepted, answered at once, refused with their place."""

from collections.abc import Callable
from typing import Any

import pytest

from twill.models.job import Job
from twill.tests.support.fake_executor import FakeExecutor
from twill.tests.support.served import Served, tiny_graph
from twill.tests.support.works import RECURRENCE

Serve = Callable[..., Served]
PROBLEM = "application/problem+json"


def test_a_submission_is_accepted_and_solved(served: Served) -> None:
    reply = served.client.post("/v1/schedules", json={"document": RECURRENCE})
    job = Job.from_json(reply.text)
    assert reply.status_code == 202
    assert reply.headers["location"] == f"/v1/schedules/{job.id}"
    assert int(reply.headers["retry-after"]) > 0
    done = Job.model_validate(served.finished(job.id))
    assert (done.state, done.status, done.initiation_interval) == ("done", "optimal", 3)
    assert (done.kernel, done.gpu, done.attempts) == ("recurrence", "inline", 1)


def test_what_is_proved_is_answered_at_once(served: Served) -> None:
    first = served.submit(RECURRENCE)
    served.finished(first["id"])
    reply = served.client.post("/v1/schedules", json={"document": RECURRENCE, "time_limit": 5.0})
    assert reply.status_code == 200
    assert reply.json()["id"] == first["id"]
    assert len(served.executor.runs) == 1


def test_library_kernels_by_name(serve: Serve) -> None:
    served = serve(FakeExecutor(holds=True))
    reply = served.client.post("/v1/schedules", json={"kernel": "gemm", "gpu": "b200"})
    assert (reply.json()["kernel"], reply.json()["gpu"]) == ("gemm", "b200")
    (run,) = served.executor.wait_for_runs(1)
    assert "kernel: gemm" in run.work.document


@pytest.mark.parametrize(
    ("body", "place", "said"),
    [
        ({"document": "graph: a\nbad: 1\n"}, (2, 1), "bad: unknown field"),
        ({"document": "kernel: [\n"}, (2, 1), "expected"),
        ({"document": RECURRENCE, "profile": "gpu: x\n"}, (1, 1), "missing"),
        ({"kernel": "gemm", "profile": "profile: x\n"}, (1, 1), "missing"),
        ({"document": RECURRENCE, "gpu": "h100-sxm"}, (2, 1), "machine"),
    ],
)
def test_wrong_documents_are_refused_with_their_place(
    served: Served, body: dict[str, object], place: tuple[int, int], said: str
) -> None:
    reply = served.client.post("/v1/schedules", json=body)
    problem = reply.json()
    assert (reply.status_code, reply.headers["content-type"]) == (422, PROBLEM)
    found = [p for p in problem["problems"] if said in p["message"]]
    assert found, problem
    assert place == (found[0]["line"], found[0]["column"]), problem
    assert problem["status"] == 422
    assert problem["type"].startswith("urn:twill:problem:")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{}", "either"),
        ('{"kernel": "gemm", "document": "x"}', "either"),
        ('{"kernel": "gemm", "gpu": "b200", "profile": "x"}', "not both"),
        ('{"kernel": "no_such_kernel"}', "no kernel 'no_such_kernel'"),
        ('{"kernel": "gemm", "gpu": "no-gpu"}', "unknown GPU"),
        ('{"kernel": "../gemm"}', "kernel"),
        ('{"kernel": "gemm", "gpu": "../h100-sxm.yaml"}', "gpu"),
        ('{"kernel": "gemm", "unknown": 1}', "unknown"),
        ('{"kernel": "gemm", "top": 0}', "top"),
        ('{"kernel": "gemm", "time_limit": NaN}', "time_limit"),
        ('{"kernel": "gemm", "objectives": ["length", "length"]}', "twice"),
        ('{"kernel": "gemm"', "JSON"),
        ("[" * 100_000, "JSON"),
        ("\x00", "JSON"),
        ("null", "body"),
        ('{"document": ""}', "document"),
        ('{"document": "\\ud800"}', ""),
    ],
)
def test_wrong_requests_are_refused(served: Served, body: str, said: str) -> None:
    headers = {"Content-Type": "application/json"}
    reply = served.client.post("/v1/schedules", content=body, headers=headers)
    assert (reply.status_code, reply.headers["content-type"]) == (422, PROBLEM), reply.text
    assert said in reply.text


def test_a_body_that_is_no_json_by_its_header(served: Served) -> None:
    reply = served.client.post(
        "/v1/schedules", content="{}", headers={"Content-Type": "text/plain"}
    )
    assert (reply.status_code, reply.headers["content-type"]) == (415, PROBLEM)


def test_idempotency_keys(served: Served) -> None:
    def submit(number: int, key: str) -> Any:
        body = {"document": tiny_graph(number)}
        return served.client.post("/v1/schedules", json=body, headers={"Idempotency-Key": key})

    first = submit(1, "one")
    assert submit(1, "one").json()["id"] == first.json()["id"]
    other = submit(2, "one")
    assert (other.status_code, other.headers["content-type"]) == (422, PROBLEM)
    assert "another body" in other.text
    assert submit(2, "two").json()["id"] != first.json()["id"]
    assert submit(3, "a\tb").status_code == 422
