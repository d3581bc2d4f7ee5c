"""Who may do what, and how often."""

from collections.abc import Callable

from twill.tests.support.fake_executor import FakeExecutor
from twill.tests.support.served import Served, tiny_graph
from twill.tests.support.works import RECURRENCE

Serve = Callable[..., Served]
PROBLEM = "application/problem+json"


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
