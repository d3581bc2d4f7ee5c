"""The job store on SQLite and on Postgres: accepted, shared, fenced, never lost."""

import json
import threading
from contextlib import suppress
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError

from twill.models.errors import UsageError
from twill.models.work import Ending, Work
from twill.service import reading, running
from twill.service.accepting import Caller, Repetition, accept
from twill.service.cancelling import cancel
from twill.service.database import Database
from twill.service.outcome import Outcome, outcome_of
from twill.service.question import Question
from twill.service.recording import Attempt
from twill.service.refusals import TooMany, Unavailable, Unprocessable
from twill.service.schema import check_revision, head, open_store, upgrade
from twill.service.tables import AnyRow, events, jobs, metadata, results, solves

HERE = "main"
WORK = Work(document="graph: x")
DONE = Outcome("done", status="optimal", result=b"{}", digest="sha256:" + "0" * 64, reusable=True)


def question(number: int = 1, priority: int = 0, budget: str = "") -> Question:
    return Question("k", "g", f"sha256:{number:064x}", f"{number}/{budget}", priority)


def ask(
    store: Database,
    owner: str = "a",
    asked: Question | None = None,
    *,
    live: int = 100,
    queue: int = 10_000,
    repetition: Repetition | None = None,
    now: int | None = None,
) -> AnyRow:
    caller = Caller(owner, live, queue)
    with store.writing() as connection:
        at = store.now(connection) if now is None else now
        wanted = asked or question()
        return accept(connection, at, caller, wanted, lambda: WORK, HERE, repetition)


def begin(store: Database, owner: str = "a", boot: int = 1) -> Attempt:
    with store.writing() as connection:
        claim = running.claim(connection, HERE, owner, boot, 5)
    assert claim is not None
    return claim.attempt


def end(store: Database, attempt: Attempt, outcome: Outcome = DONE) -> bool:
    with store.writing() as connection:
        return running.finish(connection, attempt, 6, outcome)


def leave(store: Database, owner: str, identity: str) -> tuple[AnyRow | None, int | None]:
    with store.writing() as connection:
        return cancel(connection, 7, owner, identity)


def look(store: Database, owner: str, identity: str) -> AnyRow:
    with store.reading() as connection:
        found = reading.find_job(connection, owner, identity)
    assert found is not None
    return found


def told(store: Database, solve: int) -> list[tuple[int, str]]:
    with store.reading() as connection:
        rows = connection.execute(
            select(events.c.sequence, events.c.kind)
            .where(events.c.solve == solve)
            .order_by(events.c.sequence)
        )
        return [(row.sequence, row.kind) for row in rows]


# ---- schema


def test_migrations_make_what_the_tables_say(store: Database) -> None:
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_upgrade_can_be_repeated(store: Database) -> None:
    assert upgrade(store) == head()
    check_revision(store)


def test_a_database_without_tables_is_refused_with_the_cure(address: str) -> None:
    database = Database(address)
    with pytest.raises(UsageError, match="no tables of Twill") as caught:
        check_revision(database)
    assert "twill db upgrade --database" in str(caught.value.problems[0].cure)
    database.close()


def test_an_empty_file_gets_its_tables_and_postgres_does_not(address: str) -> None:
    if address.startswith("sqlite"):
        open_store(address).close()
    else:
        with pytest.raises(UsageError, match="no tables"):
            open_store(address)


def test_a_newer_revision_is_refused(store: Database) -> None:
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UsageError, match="newer Twill: revision 9999"):
        check_revision(store)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("nonsense", "no URL"),
        ("mysql://x/y", "no database of Twill: mysql"),
        ("sqlite://", "in memory"),
    ],
)
def test_addresses_that_are_refused(wrong: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Database(wrong)


def test_passwords_are_not_told() -> None:
    database = Database("postgresql://twill:secret@127.0.0.1:1/none")
    with pytest.raises(UsageError) as caught:
        check_revision(database)
    assert "secret" not in str(caught.value)


# ---- accepting


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


# ---- cancelling


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


# ---- running


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


@pytest.mark.slow
def test_ten_thousand_queued_jobs(store: Database) -> None:
    count = 10_000
    with store.writing() as connection:
        for number in range(count):
            caller = Caller(f"owner{number % 5}", count, count + 1)
            accept(connection, number, caller, question(number), lambda: WORK, HERE)
    with store.reading() as connection:
        assert reading.count_live(connection) == {"queued": count, "running": 0}
        assert len(running.waiting_owners(connection, HERE)) == 5
    claimed = [begin(store, f"owner{number % 5}").solve for number in range(200)]
    assert claimed == sorted(claimed)
    assert len(set(claimed)) == 200


# ---- outcomes


def answer(**fields: object) -> str:
    return json.dumps({"status": "optimal", "seconds": 1.0, "schedule": {}, "reason": "", **fields})


def crash(title: str, **more: Any) -> Ending:
    return Ending(kind="crashed", problem=json.dumps({"title": title, "detail": "why"}), **more)


@pytest.mark.parametrize(
    ("ending", "told", "expected"),
    [
        (Ending(kind="answer", answer=answer()), {}, ("done", "optimal", True)),
        (
            Ending(kind="answer", answer=answer(status="infeasible")),
            {},
            ("done", "infeasible", True),
        ),
        (Ending(kind="answer", answer=answer(status="feasible")), {}, ("done", "feasible", False)),
        (Ending(kind="answer", answer=answer(seconds=9.5)), {}, ("done", "optimal", False)),
        (Ending(kind="answer", answer=answer()), {"cancelled": True}, ("done", "optimal", True)),
        (
            Ending(kind="answer", answer=answer(status="feasible"), stopped=True),
            {"cancelled": True},
            ("cancelled", "feasible", False),
        ),
        (
            Ending(kind="answer", answer=answer(status="unknown", schedule=None), stopped=True),
            {"cancelled": True},
            ("cancelled", None, False),
        ),
        (crash("process died"), {}, ("failed", None, False)),
        (crash("process died"), {"cancelled": True, "may_retry": True}, ("cancelled", None, False)),
        (
            crash("process died", answer=answer(status="feasible")),
            {},
            ("failed", "feasible", False),
        ),
        (crash("limit reached", answer=answer(status="unknown")), {}, ("done", "unknown", False)),
        (crash("limit reached"), {}, ("failed", None, False)),
        (Ending(kind="refused", problem="{}"), {}, ("failed", None, False)),
        (Ending(kind="answer", answer="no JSON"), {}, ("failed", None, False)),
        (Ending(kind="answer", answer="[]"), {}, ("failed", None, False)),
    ],
)
def test_outcomes(
    ending: Ending, told: dict[str, bool], expected: tuple[str, str | None, bool]
) -> None:
    chosen = {"cancelled": False, "closing": False, "may_retry": False, **told}
    outcome = outcome_of(ending, 10.0, **chosen)
    assert isinstance(outcome, Outcome)
    assert (outcome.state, outcome.status, outcome.reusable) == expected
    assert (outcome.result is None) == (outcome.status is None)


def test_deaths_and_shutdowns_are_tried_again() -> None:
    stopped = Ending(kind="answer", answer=answer(status="feasible"), stopped=True)
    chosen = {"cancelled": False, "closing": True, "may_retry": True}
    shut = outcome_of(stopped, 10.0, **chosen)
    died = outcome_of(crash("process died"), 10.0, **{**chosen, "closing": False})
    assert getattr(shut, "excused", None) is True
    assert getattr(died, "excused", None) is False
    assert isinstance(outcome_of(stopped, 10.0, **{**chosen, "cancelled": True}), Outcome)


def test_reasons_can_be_stored(store: Database) -> None:
    problem = json.dumps({"title": "fault of Twill", "detail": "a\0b \ud800 " + "x" * 9_999})
    chosen = {"cancelled": False, "closing": False, "may_retry": False}
    outcome = outcome_of(Ending(kind="crashed", problem=problem), 10.0, **chosen)
    assert isinstance(outcome, Outcome)
    job = ask(store)
    assert end(store, begin(store), outcome)
    assert look(store, "a", job.id).reason.startswith("ab ? xxx")


def test_foreign_keys_hold(store: Database) -> None:
    job = ask(store)
    broken = update(solves).where(solves.c.number == job.solve).values(result="sha256:none")
    with pytest.raises(Exception, match=r"(?i)foreign key"), store.writing() as connection:
        connection.execute(broken)
