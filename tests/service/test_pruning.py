"""What is removed with age and what stays, on SQLite and on Postgres; crashes and races."""

import signal
import subprocess
import sys
import threading
from typing import Any

import pytest
from sqlalchemy import event, func, select, update

from twill.service import pruning
from twill.service.accepting import Caller, Repetition, accept, asked_again
from twill.service.database import Database
from twill.service.outcome import Outcome
from twill.service.pruning import DAY_MILLISECONDS, Pruned, prune, would_prune
from twill.service.schema import upgrade
from twill.service.tables import AnyRow, events, idempotency_keys, jobs, metadata, results, solves
from twill.tests.support.postgres import Cluster
from twill.tests.support.store_steps import (
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


def outcome(number: int) -> Outcome:
    digest = f"sha256:{number:064x}"
    return Outcome("done", "", "optimal", b"{%d}" % number, digest, reusable=True)


def finished(store: Database, number: int, owner: str = "a", result: int | None = None) -> AnyRow:
    """A job that was asked for and ended long ago."""
    job = ask(store, owner, question(number), now=4)
    end(store, begin(store, owner), outcome(number if result is None else result))
    return job


def removed(store: Database, days: int = 30) -> Pruned:
    """What a prune removes, which is what it says that it would."""
    foretold = would_prune(store, days)
    done = sum(prune(store, days), Pruned())
    assert done == foretold
    check(store)
    return done


def count(store: Database) -> dict[str, int]:
    with store.reading() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


def check(store: Database) -> None:
    """Nothing refers to what is not there, and nothing is there that nobody has."""
    with store.reading() as connection:

        def found(*columns: Any) -> set[Any]:
            return set(connection.execute(select(*columns)).scalars()) - {None}

        numbers = found(solves.c.number)
        assert found(jobs.c.solve) == numbers
        assert found(events.c.solve) == numbers
        assert found(solves.c.result) == found(results.c.digest)
        assert found(idempotency_keys.c.job) <= found(jobs.c.id)
        for row in connection.execute(select(solves.c.number, solves.c.events)):
            assert len(told_by(connection, row.number)) == row.events


def told_by(connection: Any, solve: int) -> list[Any]:
    return list(connection.execute(select(events.c.sequence).where(events.c.solve == solve)))


def test_a_job_goes_with_all_that_nobody_else_has(store: Database) -> None:
    old = finished(store, 1)
    ask(store, "b", question(2), repetition=Repetition("key", "body"))
    assert removed(store) == Pruned(1, 1, 3, 1, 0, len(b"{1}"))
    assert count(store) == {
        "jobs": 1, "solves": 1, "events": 1, "results": 0, "idempotency_keys": 1, "api_keys": 0,
        "instances": 0,
    }  # fmt: skip
    assert removed(store) == Pruned()
    assert ask(store, "a", question(1)).id != old.id


def test_what_is_not_over_stays_however_old(store: Database) -> None:
    ask(store, "a", question(1), now=4)
    begin(store)
    ask(store, "a", question(2), now=4)
    before = count(store)
    assert removed(store, 1) == Pruned()
    assert count(store) == before


def test_a_solve_stays_with_its_last_job(store: Database) -> None:
    first = finished(store, 1)
    second = ask(store, "b", question(1))
    assert second.solve == first.solve
    assert removed(store) == Pruned(jobs=1)
    assert look(store, "b", second.id).result == outcome(1).digest
    assert [kind for _, kind in told(store, second.solve)] == ["queued", "started", "ended"]


def test_a_result_stays_with_its_last_solve(store: Database) -> None:
    finished(store, 1, result=7)
    kept = finished(store, 2, result=7)
    ask(store, "a", question(2))  # once more
    assert removed(store) == Pruned(1, 1, 3)
    assert look(store, "a", kept.id).result == outcome(7).digest


def test_a_job_that_was_left_goes_while_others_wait(store: Database) -> None:
    left = ask(store, "a", now=4)
    kept = ask(store, "b")
    leave(store, "a", left.id)
    assert removed(store) == Pruned(jobs=1)
    assert look(store, "b", kept.id).state == "queued"


def test_what_is_asked_for_again_stays(store: Database) -> None:
    old = finished(store, 1)
    again = ask(store, "a", question(1))
    assert (again.id, old.asked_at, again.asked_at > 4) == (old.id, 4, True)
    assert removed(store) == Pruned()


def test_the_day_counts_to_the_millisecond(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished(store, 1)  # asked for at 4, over at 6
    for now, gone in ((6 + 2 * DAY_MILLISECONDS, 0), (7 + 2 * DAY_MILLISECONDS, 1)):
        monkeypatch.setattr(store, "now", lambda _, now=now: now)
        assert removed(store, 2).jobs == gone


def test_old_keys_go_and_one_without_a_job_is_no_fault(store: Database) -> None:
    repetition = Repetition("key", "body")
    job = ask(store, "a", question(1), repetition=repetition)
    with store.writing() as connection:  # as an earlier revision may have left it
        connection.execute(update(jobs).values(asked_at=4))
    end(store, begin(store))
    assert sum(prune(store, 1), Pruned()).jobs == 1
    assert ask(store, "a", question(1), repetition=repetition).id != job.id
    with store.writing() as connection:
        connection.execute(update(idempotency_keys).values(created_at=4))
    assert removed(store) == Pruned(idempotency_keys=1)


def test_transactions_are_small(store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "JOBS_AT_ONCE", 4)
    for number in range(6):
        finished(store, number)
    assert [batch.jobs for batch in prune(store, 1)] == [4, 2]
    monkeypatch.setattr(pruning, "EVENTS_AT_ONCE", 7)  # of three solves none, of two six
    for number in range(5):
        finished(store, number)
    assert [batch.events for batch in prune(store, 1)] == [6, 6, 3]
    monkeypatch.setattr(pruning, "EVENTS_AT_ONCE", 1)
    finished(store, 1)
    assert [batch.events for batch in prune(store, 1)] == [3]


class Stop(Exception):
    """What a test raises in the middle of a transaction."""


def prune_until(store: Database, statement: int) -> None:
    """Prune, and raise Stop where statement of that number would begin."""
    left = statement

    def count_down(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Stop

    event.listen(store.engine, "before_cursor_execute", count_down)
    try:
        list(prune(store, 1))
    finally:
        event.remove(store.engine, "before_cursor_execute", count_down)


def test_a_fault_in_any_statement_leaves_the_store_in_order(store: Database) -> None:
    for number in range(3):
        finished(store, number)
    before = count(store)
    after = {name: 0 for name in before}
    seen = list[dict[str, int]]()
    for statement in range(1, 100):
        try:
            prune_until(store, statement)
            break
        except Stop:
            check(store)
            seen.append(count(store))
    assert seen.count(before) >= 8
    assert all(found in (before, after) for found in seen)
    assert count(store) == after


PRUNES = """
import sys
from twill.service import pruning
from twill.service.database import Database
pruning.JOBS_AT_ONCE = 1
for removed in pruning.prune(Database(sys.argv[1]), 1):
    print(removed.jobs, flush=True)
"""


def test_a_process_that_is_killed_leaves_the_store_in_order(store: Database, address: str) -> None:
    for number in range(60):
        finished(store, number)
    process = subprocess.Popen(
        [sys.executable, "-c", PRUNES, address], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for _ in range(3):
        assert process.stdout.readline() == "1\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    left = count(store)["jobs"]
    assert left <= 57
    check(store)
    assert removed(store).jobs == left


def test_whoever_asks_at_the_same_moment_keeps_the_job(postgres: Cluster) -> None:
    store = Database(postgres.database())
    upgrade(store)
    old = finished(store, 1)
    batches: list[Pruned] = []
    pruning_thread = threading.Thread(target=lambda: batches.extend(prune(store, 1)))
    with store.writing() as connection:
        asked_again(connection, store.now(connection), old.id)
        pruning_thread.start()
        pruning_thread.join(20)
        assert not pruning_thread.is_alive()  # the job is locked, and passed over
    assert batches == []
    assert removed(store, 1) == Pruned()
    store.close()


def test_whoever_joins_at_the_same_moment_keeps_the_solve(postgres: Cluster) -> None:
    store = Database(postgres.database())
    upgrade(store)
    old = finished(store, 1)
    batches: list[Pruned] = []
    pruning_thread = threading.Thread(target=lambda: batches.extend(prune(store, 1)))
    with store.writing() as connection:
        now = store.now(connection)
        mine = accept(connection, now, Caller("b", 9, 9), question(1), lambda: WORK, HERE)
        pruning_thread.start()
        pruning_thread.join(1.0)
        assert pruning_thread.is_alive()  # it waits
    pruning_thread.join(20)
    assert (mine.solve, batches) == (old.solve, [Pruned(jobs=1)])
    check(store)
    store.close()
