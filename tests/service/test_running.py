"""Claims, progress, ends: fenced by the attempt, never lost, never twice."""

from typing import Any

import pytest
from sqlalchemy import func, insert, select

from twill.service import reading, running
from twill.service.accepting import Caller, accept
from twill.service.database import Database
from twill.service.outcome import Outcome
from twill.service.question import Question
from twill.service.refusals import Unavailable
from twill.service.tables import jobs, results, solves
from twill.tests.support.store_steps import (
    DONE,
    HERE,
    WORK,
    ask,
    begin,
    end,
    leave,
    look,
    question,
    told,
)


def test_the_queue_is_by_priority_then_age(store: Database) -> None:
    order = [ask(store, asked=question(n, priority)).solve for n, priority in enumerate((0, 5, 5))]
    assert [begin(store).solve for _ in order] == [order[1], order[2], order[0]]


def test_a_caller_with_more_priority_raises_a_shared_solve(store: Database) -> None:
    ask(store, asked=question(0, 1))
    shared = ask(store, asked=question(1))
    ask(store, "b", Question("k", "g", question(1).content_key, question(1).work_key, 9))
    assert begin(store).solve == shared.solve


def test_a_late_writer_changes_nothing(store: Database) -> None:
    job = ask(store)
    late = begin(store)
    with store.writing() as connection:
        assert running.requeue(connection, late, 6, "it died", excused=False)
    current = begin(store)
    assert current.number == 2
    with store.writing() as connection:
        assert not running.tell(connection, late, 6, ["{}"], {"lower_bound": 9})
        assert not running.requeue(connection, late, 6, "late", excused=False)
        assert not running.finish(connection, late, 6, DONE)
        assert running.held(connection, late) is None
    assert look(store, "a", job.id).lower_bound is None
    assert end(store, current)
    assert not end(store, current, Outcome("failed"))
    kinds = [kind for _, kind in told(store, job.solve)]
    assert kinds == ["queued", "started", "retried", "started", "ended"]


def test_events_are_numbered_without_gaps(store: Database) -> None:
    job = ask(store)
    attempt = begin(store)
    with store.writing() as connection:
        running.tell(connection, attempt, 6, ["{}"] * 3, {})
        running.tell(connection, attempt, 6, ["{}"] * 2, {"lower_bound": 4})
    end(store, attempt)
    assert [number for number, _ in told(store, job.solve)] == list(range(1, 9))
    assert look(store, "a", job.id).lower_bound == 4


def test_events_have_an_end(store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "MOST_EVENTS", 4)
    job = ask(store)
    attempt = begin(store)
    with store.writing() as connection:
        running.tell(connection, attempt, 6, ["{}"] * 9, {"lower_bound": 4})
        running.tell(connection, attempt, 6, ["{}"] * 9, {"lower_bound": 5})
    end(store, attempt)
    assert [kind for _, kind in told(store, job.solve)][2:] == ["progress", "progress", "ended"]
    assert look(store, "a", job.id).lower_bound == 5


def test_result_and_final_state_come_together(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = ask(store)
    attempt = begin(store)

    def fails(*_: object, **__: object) -> bool:
        raise OSError("the power fails")

    with monkeypatch.context() as patch:
        patch.setattr(running, "advance", fails)
        with pytest.raises(OSError, match="power"):
            end(store, attempt)
    with store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(results)).scalar_one() == 0
    assert look(store, "a", job.id).state == "running"
    assert end(store, attempt)
    with store.reading() as connection:
        assert reading.result_of(connection, "a", DONE.digest or "") == b"{}"
        assert reading.result_of(connection, "b", DONE.digest or "") is None


def test_boots_are_counted_and_only_ones_own_earlier_runs_are_found(store: Database) -> None:
    with store.writing() as connection:
        assert [running.boot(connection, HERE, 1) for _ in range(3)] == [1, 2, 3]
        assert running.boot(connection, "other", 1) == 1
    job = ask(store)
    begin(store, boot=3)
    with store.reading() as connection:
        found = [running.left_running(connection, HERE, boot) for boot in (3, 4)]
        assert [[row.number for row in rows] for rows in found] == [[], [job.solve]]
        assert running.left_running(connection, "other", 9) == []


def test_lists_are_pages_with_filters(store: Database) -> None:
    made = [ask(store, asked=question(n)).id for n in range(7)]
    ask(store, "b")
    leave(store, "a", made[3])

    def page(**chosen: Any) -> list[str]:
        with store.reading() as connection:
            return [job.id for job in reading.list_jobs(connection, "a", **chosen)]

    assert page(limit=10) == made[::-1]
    assert page(limit=3) == made[:3:-1]
    assert page(limit=10, before=look(store, "a", made[2]).number) == made[1::-1]
    assert page(limit=10, state="cancelled") == [made[3]]
    assert page(limit=10, kernel="k", gpu="g", state="queued") == made[:3:-1] + made[2::-1]
    assert page(limit=10, kernel="other") == []


def test_ten_thousand_queued_jobs(store: Database) -> None:
    count, accepted = 10_000, 300
    with store.writing() as connection:
        first = connection.execute(insert(solves).returning(solves.c.number), [
            {"instance": HERE, "owner": f"owner{n % 5}", "content_key": f"{n}", "work_key": f"{n}",
             "work": "{}", "kernel": "k", "gpu": "g", "state": "queued", "priority": 0,
             "created_at": n}
            for n in range(count - accepted)
        ]).scalars().all()  # fmt: skip
        connection.execute(insert(jobs), [
            {"id": f"{n:032x}", "owner": f"owner{n % 5}", "solve": solve, "priority": 0,
             "live": True, "created_at": n}
            for n, solve in enumerate(first)
        ])  # fmt: skip
    with store.writing() as connection:
        for n in range(accepted):
            caller = Caller(f"owner{n % 5}", count, count)
            accept(connection, n, caller, question(n), lambda: WORK, HERE)
    with pytest.raises(Unavailable):
        ask(store, asked=question(accepted), queue=count)
    with store.reading() as connection:
        assert reading.count_live(connection) == {"queued": count, "running": 0}
        assert len(running.waiting_owners(connection, HERE)) == 5
        assert len(reading.list_jobs(connection, "owner1", limit=100)) == 100
    claimed = [begin(store, f"owner{n % 5}").solve for n in range(100)]
    assert claimed == sorted(claimed)
    assert len(set(claimed)) == 100
