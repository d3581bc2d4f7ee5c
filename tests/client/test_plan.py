"""Plans without a client: which steps they ask for, and when they give up."""

import json
from collections.abc import Sequence
from typing import Any

import httpx2
import pytest

from twill.client import call
from twill.client.connection import Connection
from twill.client.patience import Patience
from twill.client.plan import Hear, Listener, Open, Plan, Reply, Send, Step, Wait, followed, sent
from twill.models.errors import ServiceFault
from twill.models.progress import ignore
from twill.tests.support.fake_service import ID, done, events

CONNECTION = Connection("http://127.0.0.1:9", patience=Patience(attempts=3, seconds=1.0))
OPENED = Reply(200, "", {})
BROKEN = httpx2.ReadError("reset")
FULL = Reply(503, "{}", {"Retry-After": "7"})


def steps(plan: Plan[Any], found: Sequence[Any]) -> tuple[list[Step], Any]:
    """The steps that a plan asks for while these come of all but its pauses, and its end."""
    coming = list(found)
    asked = list[Step]()
    try:
        step = next(plan)
        while True:
            asked.append(step)
            if isinstance(step, Wait):
                step = plan.send(None)
                continue
            came = coming.pop(0)
            step = plan.throw(came) if isinstance(came, Exception) else plan.send(came)
    except StopIteration as over:
        assert coming == []
        return asked, over.value
    except ServiceFault as fault:
        assert coming == []
        return asked, str(fault)


def pauses(asked: Sequence[Step]) -> list[float]:
    return [step.seconds for step in asked if isinstance(step, Wait)]


def heard(number: int) -> httpx2.ServerSentEvent:
    event = events()[number - 1]
    return httpx2.ServerSentEvent(event.kind, event.canonical_json(), str(event.sequence))


JOB = Reply(200, done().canonical_json(), {})


def test_a_call_is_one_step() -> None:
    wanted = call.job(ID)
    assert steps(sent(CONNECTION, wanted), [JOB]) == ([Send(wanted)], done())


def test_attempts_add_up_whatever_fails() -> None:
    plan = sent(CONNECTION, call.job(ID))
    asked, said = steps(plan, [BROKEN, FULL, BROKEN, FULL])
    assert pauses(asked) == [1.0, 7.0, 4.0]
    assert said == "HTTP status 503 (HTTP status 503)"
    asked, said = steps(sent(CONNECTION, call.job(ID)), [FULL, FULL, FULL, BROKEN])
    assert pauses(asked) == [7.0, 7.0, 7.0]
    assert said == "http://127.0.0.1:9 cannot be reached: reset"


def test_what_is_refused_for_good_is_asked_once() -> None:
    asked, said = steps(sent(CONNECTION, call.job(ID)), [Reply(500, "{}", {})])
    assert (len(asked), said) == (1, "HTTP status 500 (HTTP status 500)")


def test_a_stream_is_opened_behind_the_last_event_that_came() -> None:
    found = [OPENED, heard(1), heard(2), None, BROKEN, FULL, OPENED, heard(3), heard(4)]
    asked, job = steps(followed(CONNECTION, ID, ignore), found)
    assert job == done()
    opened = [step.headers.get("Last-Event-ID") for step in asked if isinstance(step, Open)]
    assert opened == [None, "2", "2", "2"]
    assert pauses(asked) == [1.0, 2.0, 7.0]


def test_attempts_of_a_stream_begin_anew_with_each_event() -> None:
    twice = [BROKEN, BROKEN]
    found = [*twice, OPENED, heard(1), *twice, OPENED, heard(2), *twice, OPENED, heard(4)]
    asked, job = steps(followed(CONNECTION, ID, ignore), found)
    assert (job, pauses(asked)) == (done(), [1.0, 2.0] * 3)


def test_events_that_came_before_are_no_progress() -> None:
    again = [OPENED, heard(1), heard(1), None]
    asked, said = steps(followed(CONNECTION, ID, ignore), again * 4)
    assert said == "http://127.0.0.1:9 cannot be reached: the stream ended"
    assert pauses(asked) == [1.0, 2.0, 4.0]


def test_an_event_at_a_time() -> None:
    listener = Listener(CONNECTION, ID, after=1)
    asked, event = steps(listener.next(), [OPENED, heard(1), heard(2)])
    assert (event, asked[1:]) == (events()[1], [Hear(), Hear()])
    asked, event = steps(listener.next(), [heard(3)])
    assert (event, asked) == (events()[2], [Hear()])


def test_a_stream_that_is_refused_says_why() -> None:
    refused = Reply(503, json.dumps({"detail": "shutting down"}), {})
    asked, said = steps(followed(CONNECTION, ID, ignore), [refused] * 4)
    assert said == "shutting down (HTTP status 503)"
    assert len(pauses(asked)) == 3


def test_a_name_that_is_none_is_refused_before_any_step() -> None:
    with pytest.raises(Exception, match="no id of a job"):
        Listener(CONNECTION, "x")
