"""Callers that leave a solve, and the last one, who stops it."""

from twill.service.database import Database
from twill.tests.support.store_steps import (
    ask,
    begin,
    end,
    leave,
    look,
    told,
)


def test_a_queued_job_is_cancelled_at_once(store: Database) -> None:
    job = ask(store)
    after, stopped = leave(store, "a", job.id)
    assert after is not None
    assert (after.state, stopped) == ("cancelled", None)
    assert told(store, job.solve) == [(1, "queued"), (2, "ended")]


def test_the_last_caller_stops_the_solve(store: Database) -> None:
    first, second = ask(store, "a"), ask(store, "b")
    begin(store)
    left, stopped = leave(store, "a", first.id)
    assert left is not None
    assert (left.detached_at, stopped) == (7, None)
    assert look(store, "b", second.id).state == "running"
    last, stopped = leave(store, "b", second.id)
    assert last is not None
    assert (last.state, stopped) == ("running", first.solve)


def test_nobody_joins_a_solve_that_is_being_stopped(store: Database) -> None:
    job = ask(store)
    begin(store)
    leave(store, "a", job.id)
    assert ask(store, "b").solve != job.solve


def test_cancelling_twice_changes_nothing(store: Database) -> None:
    first, _ = ask(store, "a"), ask(store, "b")
    assert leave(store, "a", first.id) == leave(store, "a", first.id)
    assert leave(store, "c", first.id) == (None, None)


def test_what_is_over_is_not_cancelled(store: Database) -> None:
    job = ask(store)
    end(store, begin(store))
    after, stopped = leave(store, "a", job.id)
    assert after is not None
    assert (after.state, stopped) == ("done", None)
