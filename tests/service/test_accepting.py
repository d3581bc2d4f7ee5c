"""From a question to a job: found, shared, queued, refused."""

import threading
from contextlib import suppress

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from twill.service import reading
from twill.service.accepting import Repetition
from twill.service.database import Database
from twill.service.outcome import Outcome
from twill.service.refusals import TooMany, Unavailable, Unprocessable
from twill.service.tables import jobs
from twill.tests.support.store_steps import (
    ask,
    begin,
    end,
    question,
    told,
)


def test_an_accepted_job_is_queued(store: Database) -> None:
    job = ask(store)
    assert (job.state, job.kernel, job.gpu, job.attempts) == ("queued", "k", "g", 0)
    assert told(store, job.solve) == [(1, "queued")]


def test_the_same_caller_gets_the_same_job(store: Database) -> None:
    assert ask(store).id == ask(store).id


def test_callers_share_a_solve_and_not_a_job(store: Database) -> None:
    first, second = ask(store, "a"), ask(store, "b")
    assert first.id != second.id
    assert first.solve == second.solve
    with store.reading() as connection:
        assert reading.find_job(connection, "b", first.id) is None


def test_another_budget_is_another_solve(store: Database) -> None:
    assert ask(store).solve != ask(store, asked=question(budget="10 s")).solve


def test_what_is_proved_answers_any_budget_and_any_caller(store: Database) -> None:
    first = ask(store)
    assert end(store, begin(store))
    again = ask(store, asked=question(budget="10 s"))
    other = ask(store, "b")
    assert again.id == first.id
    assert (other.state, other.solve) == ("done", first.solve)


def test_what_is_not_proved_is_solved_again(store: Database) -> None:
    first = ask(store)
    end(store, begin(store), Outcome("done", status="feasible"))
    assert ask(store).solve != first.solve


def test_a_caller_may_have_so_many_live_jobs(store: Database) -> None:
    for number in range(3):
        ask(store, asked=question(number), live=3)
    with pytest.raises(TooMany):
        ask(store, asked=question(3), live=3)
    ask(store, "b", question(3), live=3)
    with pytest.raises(TooMany):
        ask(store, "a", question(3), live=3)


def test_the_queue_has_an_end(store: Database) -> None:
    ask(store, asked=question(0), queue=1)
    with pytest.raises(Unavailable):
        ask(store, "b", question(1), queue=1)
    with store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(jobs)).scalar_one() == 1


def test_idempotency_keys(store: Database) -> None:
    first = ask(store, repetition=Repetition("k", "body"))
    end(store, begin(store), Outcome("failed"))
    assert ask(store, repetition=Repetition("k", "body")).id == first.id
    assert ask(store, "b", repetition=Repetition("k", "body")).id != first.id
    with pytest.raises(Unprocessable, match="another body"):
        ask(store, repetition=Repetition("k", "other"))


def test_idempotency_keys_hold_a_day(store: Database) -> None:
    day = 24 * 3_600_000
    first = ask(store, repetition=Repetition("k", "body"), now=1_000)
    end(store, begin(store), Outcome("failed"))
    assert ask(store, repetition=Repetition("k", "body"), now=day).id == first.id
    assert ask(store, repetition=Repetition("k", "other"), now=1_001 + day).id != first.id


def test_equal_requests_at_the_same_time_make_one_solve(store: Database) -> None:
    found: list[int] = []
    start = threading.Barrier(8)

    def work(owner: str) -> None:
        start.wait()
        for _ in range(3):
            with suppress(IntegrityError):  # the index of Postgres refuses the slower one
                found.append(ask(store, owner).solve)
                return

    threads = [threading.Thread(target=work, args=(f"o{n % 4}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    with store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(jobs)).scalar_one() == 4
