"""Steps of a solve in the store, each in a transaction of its own."""

from sqlalchemy import select

from twill.models.work import Work
from twill.service import reading, running
from twill.service.accepting import Caller, Repetition, accept
from twill.service.cancelling import cancel
from twill.service.database import Database
from twill.service.outcome import Outcome
from twill.service.question import Question
from twill.service.recording import Attempt
from twill.service.tables import AnyRow, events

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
