"""What becomes of a solve from the ending of its run."""

import json
from typing import Any

import pytest
from sqlalchemy import update

from twill.models.work import Ending
from twill.service.database import Database
from twill.service.outcome import Outcome, outcome_of
from twill.service.tables import solves
from twill.tests.support.store_steps import (
    ask,
    begin,
    end,
    look,
)


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
