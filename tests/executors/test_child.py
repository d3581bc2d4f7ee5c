"""The child's side of the wire, in this process."""

import io
import os

import pytest

from twill.executors import child
from twill.executors.message import Message
from twill.executors.ray import Worker
from twill.solver.question import Stop
from twill.tests.support.works import answer_in, easy_work, hard_work


def test_messages_come_by_lines_and_the_ending_last(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[tuple[int, float]] = []
    monkeypatch.setattr(child, "limit_resources", lambda *given: limits.append(given))
    monkeypatch.setattr(os, "_exit", lambda _: None)  # as nobody can ask for anything
    told = io.BytesIO()
    child._work_off(easy_work(), io.BytesIO(), told)
    messages = [Message.from_json(line.decode()) for line in told.getvalue().splitlines()]
    assert limits == [(4096, 3600.0)]
    assert [m.progress.kind for m in messages[:-1] if m.progress][-1] == "done"
    assert answer_in(messages[-1].ending).initiation_interval == 3


def test_a_message_is_an_event_or_an_ending() -> None:
    with pytest.raises(ValueError, match="either an event or the end"):
        Message()


def test_a_request_to_stop_is_heard_and_the_end_of_requests_ends_the_child(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    stop = Stop()
    child._listen(io.BytesIO(b"stop\nstop\n"), stop)
    assert (stop.requested, ended) == (True, [1])


def test_the_actor_tells_messages_as_a_child_does() -> None:
    messages = [Message.from_json(text) for text in Worker().solve(easy_work().canonical_json())]
    assert answer_in(messages[-1].ending).initiation_interval == 3
    assert all(message.progress is not None for message in messages[:-1])


def test_the_actor_stops_also_what_has_not_begun() -> None:
    worker = Worker()
    worker.stop(1.0)
    *_, last = worker.solve(hard_work().canonical_json())
    ending = Message.from_json(last).ending
    assert ending is not None
    assert ending.stopped
    assert answer_in(ending).status == "unknown"
