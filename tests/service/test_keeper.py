"""A service that removes what is older than it is to be kept, and what its callers see of it."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from twill.service import documents, keeper, pruning, service
from twill.service.tables import jobs, solves
from twill.tests.support.fake_executor import FakeExecutor
from twill.tests.support.processes import soon
from twill.tests.support.served import Served, tiny_graph
from twill.tests.support.works import RECURRENCE

Serve = Callable[..., Served]
PROBLEM = "application/problem+json"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "FIRST_SECONDS", 0.05)
    monkeypatch.setattr(keeper, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(documents, "SECONDS", 0.0)
    monkeypatch.setattr(service, "ASKED_SECONDS", 0.0)


def make_old(served: Served) -> None:
    """As if all that is over had been so for fifty years."""
    with served.database.writing() as connection:
        connection.execute(update(jobs).values(asked_at=1))
        over = solves.c.finished_at.is_not(None)
        connection.execute(update(solves).where(over).values(finished_at=1))


def asked_at(served: Served, identity: str) -> Any:
    with served.database.reading() as connection:
        return connection.execute(select(jobs.c.asked_at).where(jobs.c.id == identity)).scalar()


def test_what_was_removed_is_not_found_and_may_be_asked_for_again(serve: Serve) -> None:
    executor = FakeExecutor()
    served = serve(executor, keep_days=1)
    job = served.finished(served.submit(RECURRENCE)["id"])
    base = f"/v1/schedules/{job['id']}"
    paths = [base, f"{base}/schedule.json", f"{base}/events", f"/v1/results/{job['result']}"]
    assert all(served.client.get(path).status_code == 200 for path in paths)
    executor.holds = True
    waits = served.submit(tiny_graph(1))
    make_old(served)
    assert soon(lambda: served.client.get(base).status_code == 404, 20)
    for path in paths:
        reply = served.client.get(path)
        assert (reply.status_code, reply.headers["content-type"]) == (404, PROBLEM)
    for method in ("DELETE", "POST"):
        path = base if method == "DELETE" else f"{base}/cancel"
        assert served.client.request(method, path).status_code == 404
    assert served.job(waits["id"])["state"] == "running"
    text = served.client.get("/metrics").text
    assert 'twill_pruned_rows_total{table="jobs"} 1.0' in text
    assert served.submit(RECURRENCE)["id"] != job["id"]


def test_without_the_setting_nothing_is_removed(serve: Serve) -> None:
    served = serve()
    job = served.finished(served.submit(RECURRENCE)["id"])
    make_old(served)
    time.sleep(0.5)
    assert served.job(job["id"])["state"] == "done"


def test_a_stored_answer_that_is_asked_for_is_kept(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "ASKED_SECONDS", 3600.0)
    served = serve()
    job = served.finished(served.submit(RECURRENCE)["id"])
    make_old(served)
    assert served.submit(RECURRENCE)["id"] == job["id"]
    assert asked_at(served, job["id"]) > 1
    with served.database.writing() as connection:
        connection.execute(update(jobs).values(asked_at=2))
    assert served.submit(RECURRENCE)["id"] == job["id"]  # remembered: nothing is written
    assert asked_at(served, job["id"]) == 2


def test_a_database_that_goes_away_does_not_end_it(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = [RuntimeError("of ours")]
    real = pruning.prune

    def once_wrong(*given: Any) -> Any:
        if faults:
            raise faults.pop()
        return real(*given)

    monkeypatch.setattr(keeper, "prune", once_wrong)
    served = serve(keep_days=1)
    job = served.finished(served.submit(RECURRENCE)["id"])
    make_old(served)
    assert soon(lambda: served.client.get(f"/v1/schedules/{job['id']}").status_code == 404, 20)
    assert not faults
