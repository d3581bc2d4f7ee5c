"""Jobs from their submission to their end: events, cancelling, repetition, turns."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy.exc import OperationalError

from twill.models.job import Job
from twill.models.work import Ending
from twill.tests.support.fake_executor import BOUND, DEATH, FakeExecutor
from twill.tests.support.served import Served, tiny_graph
from twill.tests.support.works import RECURRENCE

Serve = Callable[..., Served]
PROBLEM = "application/problem+json"


def test_events_tell_the_whole_story(served: Served) -> None:
    job = served.submit(RECURRENCE)
    served.finished(job["id"])
    events = served.told(job["id"])
    assert [e.sequence for e in events] == [1, 2, 3, 4]
    assert [e.kind for e in events] == ["queued", "started", "progress", "ended"]
    assert events[2].progress == BOUND
    assert events[-1].job == Job.model_validate(served.job(job["id"]))


def test_a_stream_is_resumed_behind_the_last_event(served: Served) -> None:
    job = served.submit(RECURRENCE)
    served.finished(job["id"])
    for last in range(5):
        events = served.told(job["id"], **{"Last-Event-ID": str(last)})
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
    kinds = [event.kind for event in served.told(job)]
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


def test_an_end_is_kept_while_the_database_is_away(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = serve(FakeExecutor(holds=True))
    job = served.submit(RECURRENCE)["id"]
    (run,) = served.executor.wait_for_runs(1)
    refused = threading.Event()

    def away() -> None:
        refused.set()
        raise OperationalError("", None, OSError("the database is away"))

    with monkeypatch.context() as patch:
        patch.setattr(served.database, "writing", away)
        run.end()
        assert refused.wait(10)
        reply = served.client.delete(f"/v1/schedules/{job}")
        assert (reply.status_code, reply.headers["content-type"]) == (503, PROBLEM)
        assert served.job(job)["state"] == "running"
    assert served.finished(job)["state"] == "done"
    assert [event.kind for event in served.told(job)].count("ended") == 1
