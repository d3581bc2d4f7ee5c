"""The REST API: jobs, events, results, problems, as a client sees them."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from twill.models.answer import Answer
from twill.models.job import Job, JobEvent
from twill.models.work import Ending
from twill.tests.support.fake_executor import BOUND, DEATH, FakeExecutor
from twill.tests.support.served import Served, tiny_graph
from twill.tests.support.works import RECURRENCE

Serve = Callable[..., Served]
PROBLEM = "application/problem+json"


def told(served: Served, identity: str, **headers: str) -> list[JobEvent]:
    """The events of a job that is over."""
    reply = served.client.get(f"/v1/schedules/{identity}/events", headers=headers)
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/event-stream")
    lines = [line[6:] for line in reply.text.splitlines() if line.startswith("data: ")]
    return [JobEvent.from_json(line) for line in lines]


# ---- submitting


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


# ---- events


def test_events_tell_the_whole_story(served: Served) -> None:
    job = served.submit(RECURRENCE)
    served.finished(job["id"])
    events = told(served, job["id"])
    assert [e.sequence for e in events] == [1, 2, 3, 4]
    assert [e.kind for e in events] == ["queued", "started", "progress", "ended"]
    assert events[2].progress == BOUND
    assert events[-1].job == Job.model_validate(served.job(job["id"]))


def test_a_stream_is_resumed_behind_the_last_event(served: Served) -> None:
    job = served.submit(RECURRENCE)
    served.finished(job["id"])
    for last in range(5):
        events = told(served, job["id"], **{"Last-Event-ID": str(last)})
        assert [e.sequence for e in events] == list(range(last + 1, 5))


def test_a_stream_waits_for_what_comes(serve: Serve) -> None:
    served = serve(FakeExecutor(holds=True))
    job = served.submit(RECURRENCE)
    (run,) = served.executor.wait_for_runs(1)
    run.observe(BOUND)
    kinds = []
    with served.client.stream("GET", f"/v1/schedules/{job['id']}/events") as reply:
        # The test client hands the body over when it is whole, so the end is given beforehand.
        run.end()
        kinds = [line[7:] for line in reply.iter_lines() if line.startswith("event: ")]
    assert kinds == ["queued", "started", "progress", "ended"]


def test_strange_event_ids(served: Served) -> None:
    job = served.submit(RECURRENCE)
    for strange in ("x", "-1", "1e3", "9" * 40):
        headers = {"Last-Event-ID": strange}
        reply = served.client.get(f"/v1/schedules/{job['id']}/events", headers=headers)
        assert (reply.status_code, reply.headers["content-type"]) == (422, PROBLEM)


# ---- cancelling


def test_cancelling_keeps_the_best(serve: Serve) -> None:
    served = serve(FakeExecutor(holds=True))
    job = served.submit(RECURRENCE)
    served.executor.wait_for_runs(1)
    reply = served.client.post(f"/v1/schedules/{job['id']}/cancel")
    assert reply.status_code in (200, 202)
    over = served.finished(job["id"])
    assert (over["state"], over["status"], over["initiation_interval"]) == (
        "cancelled",
        "feasible",
        3,
    )
    again = served.client.delete(f"/v1/schedules/{job['id']}")
    assert (again.status_code, again.json()) == (200, over)
    assert served.client.get(f"/v1/schedules/{job['id']}/schedule.json").status_code == 200


def test_cancelling_before_anything_is_found(serve: Serve) -> None:
    served = serve(FakeExecutor(holds=True))
    job = served.submit(tiny_graph(1))
    served.executor.wait_for_runs(1)
    served.client.delete(f"/v1/schedules/{job['id']}")
    over = served.finished(job["id"])
    assert (over["state"], over["status"], over["result"]) == ("cancelled", None, None)


def test_a_shared_solve_goes_on_until_the_last_caller_leaves(serve: Serve) -> None:
    served = serve(FakeExecutor(holds=True))
    ann, ben = served.key("ann"), served.key("ben")
    first = served.submit(RECURRENCE, headers=ann)["id"]
    second = served.submit(RECURRENCE, headers=ben)["id"]
    (run,) = served.executor.wait_for_runs(1)
    assert first != second
    left = served.client.delete(f"/v1/schedules/{first}", headers=ann)
    assert (left.status_code, left.json()["state"]) == (200, "cancelled")
    assert run.ending is None
    mine = served.client.get(f"/v1/schedules/{first}/events", headers=ann)
    assert '"kind":"ended"' in mine.text.splitlines()[-3]
    run.end()
    assert served.finished(second, ben)["state"] == "done"
    assert served.job(first, **ann)["state"] == "cancelled"
    assert served.client.get(f"/v1/schedules/{first}/schedule.json", headers=ann).status_code == 404
    assert len(served.executor.runs) == 1


# ---- dispatching


def test_deaths_are_tried_again_and_then_given_up(serve: Serve) -> None:
    served = serve(FakeExecutor(holds=True), attempts=2)
    job = served.submit(RECURRENCE)["id"]
    death = Ending(kind="crashed", problem=DEATH)
    served.executor.wait_for_runs(1)[0].end(death)
    served.executor.wait_for_runs(2)[1].end(death)
    over = served.finished(job)
    assert (over["state"], over["attempts"], over["reason"]) == (
        "failed", 2, "the process died of SIGKILL",
    )  # fmt: skip
    kinds = [event.kind for event in told(served, job)]
    assert kinds == ["queued", "started", "retried", "started", "ended"]


def test_keys_take_turns(serve: Serve) -> None:
    served = serve(FakeExecutor(holds=True, slots=1))
    ann, ben = served.key("ann"), served.key("ben")
    served.submit(tiny_graph(0), headers=ann)
    served.executor.wait_for_runs(1)
    for number in range(1, 4):
        served.submit(tiny_graph(number), headers=ann)
    served.submit(tiny_graph(9), headers=ben)
    served.executor.runs[0].end()
    assert "tiny_9" in served.executor.wait_for_runs(2)[1].work.document


# ---- results


def test_results_are_immutable_and_validated(served: Served) -> None:
    job = served.finished(served.submit(RECURRENCE)["id"])
    first = served.client.get(f"/v1/results/{job['result']}")
    assert first.status_code == 200
    assert "immutable" in first.headers["cache-control"]
    etag = first.headers["etag"]
    assert etag == f'"{job["result"]}"'
    assert Answer.from_json(first.text).status == "optimal"
    for sent in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = served.client.get(f"/v1/results/{job['result']}", headers={"If-None-Match": sent})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    other = served.client.get(f"/v1/results/{job['result']}", headers={"If-None-Match": '"x"'})
    assert other.status_code == 200
    assert served.client.get("/v1/results/sha256:" + "0" * 64).status_code == 404


def test_artefacts_of_a_kernel(serve: Serve) -> None:
    served = serve()
    reply = served.client.post("/v1/schedules", json={"kernel": "gemm"})
    job = served.finished(reply.json()["id"])
    base = f"/v1/schedules/{job['id']}"
    answer = Answer.from_json(served.client.get(f"{base}/schedule.json").text)
    certificate = served.client.get(f"{base}/certificate.json").json()
    assert answer.certificate is not None
    assert certificate == answer.certificate.model_dump(mode="json")
    trace = served.client.get(f"{base}/trace.json").json()
    assert trace["otherData"]["kernel"] == "gemm"
    drawing = served.client.get(f"{base}/timeline.svg")
    assert drawing.text.startswith("<svg")
    assert "style-src 'unsafe-inline'" in drawing.headers["content-security-policy"]
    cuda = served.client.get(f"{base}/kernel.cu")
    assert cuda.headers["content-type"].startswith("text/plain")
    assert "wgmma" in cuda.text
    page = served.client.get(f"{base}/page.json").json()
    assert page["schedules"][0]["sources"]["cuda"] == cuda.text
    again = served.client.get(f"{base}/kernel.cu", headers={"If-None-Match": cuda.headers["etag"]})
    assert again.status_code == 304


def test_what_cannot_be_made_is_a_problem(served: Served) -> None:
    job = served.finished(served.submit(RECURRENCE)["id"])
    reply = served.client.get(f"/v1/schedules/{job['id']}/kernel.cu")
    assert (reply.status_code, reply.headers["content-type"]) == (404, PROBLEM)
    assert "no program to emit" in reply.text


def test_what_is_not_there_yet(serve: Serve) -> None:
    served = serve(FakeExecutor(holds=True))
    job = served.submit(RECURRENCE)
    reply = served.client.get(f"/v1/schedules/{job['id']}/schedule.json")
    assert (reply.status_code, reply.headers["content-type"]) == (404, PROBLEM)


# ---- lists


def test_lists_are_pages(served: Served) -> None:
    made = [served.submit(tiny_graph(n))["id"] for n in range(5)]
    for identity in made:
        served.finished(identity)
    seen: list[str] = []
    link = "/v1/schedules?limit=2&state=done"
    while link:
        reply = served.client.get(link)
        seen += [job["id"] for job in reply.json()["items"]]
        link = reply.headers.get("link", "").partition(">")[0].removeprefix("<")
        assert bool(link) == (reply.json()["after"] is not None)
    assert seen == made[::-1]
    assert served.client.get("/v1/schedules?kernel=tiny_3").json()["items"][0]["id"] == made[3]
    assert served.client.get("/v1/schedules?gpu=none").json() == {"items": [], "after": None}
    assert served.client.get(f"/v1/schedules?after={'0' * 32}").status_code == 404
    assert served.client.get("/v1/schedules?limit=101").status_code == 422
    assert served.client.get("/v1/schedules?state=gone").status_code == 422


def test_the_library(served: Served) -> None:
    kernels = {k["name"]: k["form"] for k in served.client.get("/v1/kernels").json()["items"]}
    assert kernels["gemm"] == "kernel"
    assert kernels["paper_running_example"] == "graph"
    assert "kernel: gemm" in served.client.get("/v1/kernels/gemm").text
    assert "graph:" in served.client.get("/v1/kernels/paper_running_example").text
    profiles = [p["name"] for p in served.client.get("/v1/profiles").json()["items"]]
    assert "b200" in profiles
    assert "profile: b200" in served.client.get("/v1/profiles/b200").text
    assert served.client.get("/v1/kernels/nothing").status_code == 404
    assert served.client.get("/v1/profiles/nothing").status_code == 404


# ---- who may


def test_jobs_are_seen_by_their_key_alone(serve: Serve) -> None:
    served = serve()
    ann, ben = served.key("ann"), served.key("ben")
    job = served.submit(RECURRENCE, headers=ann)["id"]
    result = served.finished(job, ann)["result"]
    paths = ["", "/events", "/schedule.json", "/timeline.svg"]
    for path in [f"/v1/schedules/{job}{p}" for p in paths] + [f"/v1/results/{result}"]:
        assert served.client.get(path, headers=ann).status_code == 200
        assert served.client.get(path, headers=ben).status_code == 404
    assert served.client.delete(f"/v1/schedules/{job}", headers=ben).status_code == 404
    assert served.client.get("/v1/schedules", headers=ben).json()["items"] == []


def test_keys_are_asked_for_once_there_is_one(serve: Serve) -> None:
    served = serve()
    good = served.key()
    for headers in (
        {}, {"Authorization": "Bearer twill_wrong"}, {"Authorization": "Basic eDp5"},
        {"Authorization": "Bearer"}, {"Authorization": "Bearer " + "x" * 10_000},
    ):  # fmt: skip
        reply = served.client.get("/v1/schedules", headers=headers)
        assert (reply.status_code, reply.headers["content-type"]) == (401, PROBLEM)
        assert reply.headers["www-authenticate"] == "Bearer"
    assert served.client.get("/v1/schedules", headers=good).status_code == 200
    for path in ("/healthz", "/readyz", "/openapi.json", "/"):
        assert served.client.get(path).status_code == 200
    assert served.client.get("/metrics").status_code == 401


def test_scopes(serve: Serve) -> None:
    served = serve()
    reader = served.key("reader", "read")
    reply = served.client.post("/v1/schedules", json={"document": RECURRENCE}, headers=reader)
    assert (reply.status_code, reply.headers["content-type"]) == (403, PROBLEM)
    assert served.client.get("/v1/schedules", headers=reader).status_code == 200


def test_without_keys_only_localhost_is_answered(served: Served) -> None:
    for host, status in (
        ("127.0.0.1:8000", 200), ("localhost", 200), ("[::1]:8000", 200),
        ("evil.example", 421), ("127.0.0.1.evil.example", 421), ("", 421),
    ):  # fmt: skip
        assert served.client.get("/v1/schedules", headers={"Host": host}).status_code == status


def test_rates_and_quotas(serve: Serve) -> None:
    served = serve(FakeExecutor(holds=True), live_jobs=2, submit_rate="5/minute")
    codes = [
        served.client.post("/v1/schedules", json={"document": tiny_graph(n)}) for n in range(6)
    ]
    assert [reply.status_code for reply in codes] == [202, 202, 429, 429, 429, 429]
    assert "jobs of this key" in codes[2].text
    assert "5 per 1 minute" in codes[5].text
    for reply in codes[2:]:
        assert reply.headers["content-type"] == PROBLEM
        assert int(reply.headers["retry-after"]) > 0


# ---- every answer


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
        reply = served.client.get("/healthz", headers={"X-Request-ID": sent})
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
    assert [e.kind for e in told(second, job)] == [
        "queued", "started", "retried", "started", "progress", "ended",
    ]  # fmt: skip
    assert json.loads(second.client.get("/readyz").text) == {"status": "ok"}
