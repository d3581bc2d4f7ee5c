"""Results, what is made of them, lists, and the library."""

import hashlib
from collections.abc import Callable

from sqlalchemy import event

from twill.models.answer import Answer
from twill.tests.support.fake_executor import FakeExecutor
from twill.tests.support.served import Served, tiny_graph
from twill.tests.support.works import RECURRENCE

Serve = Callable[..., Served]
PROBLEM = "application/problem+json"


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


def test_the_schedule_of_a_job_is_remembered_for_its_owner_alone(serve: Serve) -> None:
    served = serve()
    ann, ben = served.key("ann"), served.key("ben")
    job = served.finished(served.submit(RECURRENCE, headers=ann)["id"], ann)
    path = f"/v1/schedules/{job['id']}/schedule.json"
    first = served.client.get(path, headers=ann)
    engine = served.database.engine
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    again = served.client.get(path, headers=ann)
    assert not [text for text in statements if "FROM jobs" in text]
    for reply in (first, again):
        assert (reply.status_code, reply.headers["etag"]) == (200, f'"{job["result"]}"')
        assert hashlib.sha256(reply.content).hexdigest() == job["result"].removeprefix("sha256:")
    known = served.client.get(path, headers={**ann, "If-None-Match": first.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    assert served.client.get(path, headers=ben).status_code == 404
    assert served.client.get(path).status_code == 401


def test_a_job_that_was_left_has_no_result_though_others_get_one(serve: Serve) -> None:
    served = serve(FakeExecutor(holds=True))
    ann, ben = served.key("ann"), served.key("ben")
    left = served.submit(RECURRENCE, headers=ann)["id"]
    kept = served.submit(RECURRENCE, headers=ben)["id"]
    (run,) = served.executor.wait_for_runs(1)
    served.client.delete(f"/v1/schedules/{left}", headers=ann)
    run.end()
    served.finished(kept, ben)
    for _ in range(2):
        reply = served.client.get(f"/v1/schedules/{left}/schedule.json", headers=ann)
        assert (reply.status_code, "has no result" in reply.text) == (404, True)
        reply = served.client.get(f"/v1/schedules/{kept}/schedule.json", headers=ben)
        assert reply.status_code == 200


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
    misspelt = served.client.get("/v1/schedules?stat=done")
    assert misspelt.status_code == 422
    assert misspelt.json()["problems"][0]["cure"] == "did you mean state?"
    assert served.client.get("/v1/kernels?x=1").status_code == 422


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
