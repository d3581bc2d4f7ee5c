"""The clients against a service made of replies: every method, every way to be refused."""

from __future__ import annotations

import asyncio
import inspect
import json
from typing import Any

import pytest

from twill.client import AsyncClient, Client
from twill.client.patience import Patience
from twill.models.errors import InvalidKernel, LimitReached, ServiceFault, UsageError
from twill.models.job import ScheduleRequest
from twill.models.progress import Progress
from twill.tests.support.fake_service import (
    ID,
    FakeService,
    done,
    event_reply,
    events,
    job,
    json_reply,
    problem_reply,
    stream_of,
    unreachable,
    whole_service,
)

SERVER = "http://127.0.0.1:9"
HASTY = Patience(attempts=2, seconds=0.0)
REQUEST = ScheduleRequest(kernel="gemm", gpu="h100-sxm")


def with_client(service: FakeService, method: str, *arguments: Any, **more: Any) -> Any:
    with Client(SERVER, key="k", patience=HASTY, transport=service.transport) as client:
        found = getattr(client, method)(*arguments, **more)
        return list(found) if inspect.isgenerator(found) else found


def with_async_client(service: FakeService, method: str, *arguments: Any, **more: Any) -> Any:
    async def run() -> Any:
        transport = service.transport
        async with AsyncClient(SERVER, key="k", patience=HASTY, transport=transport) as client:
            found = getattr(client, method)(*arguments, **more)
            if inspect.isasyncgen(found):
                return [one async for one in found]
            return await found

    return asyncio.run(run())


@pytest.fixture(params=[with_client, with_async_client], ids=["sync", "async"])
def ask(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_solve_submits_follows_and_fetches(ask: Any) -> None:
    service, told = whole_service(), list[Progress]()
    answer = ask(service, "solve", REQUEST, told.append)
    assert answer.status == "optimal"
    assert [progress.lower_bound for progress in told] == [40]
    paths = [f"{r.method} {r.url.path}" for r in service.asked]
    assert paths == [
        "POST /v1/schedules", f"GET /v1/schedules/{ID}/events",
        f"GET /v1/schedules/{ID}/schedule.json",
    ]  # fmt: skip
    assert json.loads(service.asked[0].content) == {"kernel": "gemm", "gpu": "h100-sxm"}
    assert len(service.asked[0].headers["Idempotency-Key"]) == 32
    assert {r.headers["Authorization"] for r in service.asked} == {"Bearer k"}


def test_a_stored_answer_is_fetched_without_following(ask: Any) -> None:
    service = whole_service()
    service.replies["POST /v1/schedules"] = [json_reply(done().canonical_json())]
    assert ask(service, "solve", REQUEST).status == "optimal"
    assert len(service.asked) == 2


def test_a_broken_stream_is_taken_up_where_it_broke(ask: Any) -> None:
    service, whole = whole_service(), events()
    service.replies[f"GET /v1/schedules/{ID}/events"] = [
        event_reply(stream_of(whole[:1])),
        event_reply(stream_of(whole[1:2]), breaks=True),
        unreachable,
        event_reply(stream_of(whole[2:])),
    ]
    assert ask(service, "events", ID) == whole
    resumed = [request.headers.get("Last-Event-ID") for request in service.asked]
    assert resumed == [None, "1", "2", "2"]


def test_a_stream_that_never_goes_on_is_given_up(ask: Any) -> None:
    service = whole_service()
    service.replies[f"GET /v1/schedules/{ID}/events"] = [event_reply(": ping\n\n")]
    with pytest.raises(ServiceFault, match="the stream ended"):
        ask(service, "follow", ID)


@pytest.mark.parametrize("first", [unreachable, problem_reply(503, "{}"), problem_reply(429, "{}")])
def test_calls_are_repeated_with_the_same_key(ask: Any, first: Any) -> None:
    service = whole_service()
    accepted = service.replies["POST /v1/schedules"]
    service.replies["POST /v1/schedules"] = [first, first, *accepted]
    assert ask(service, "submit", REQUEST).id == ID
    assert len({request.headers["Idempotency-Key"] for request in service.asked}) == 1
    assert len(service.asked) == 3


def test_a_service_that_is_not_there_is_a_fault_of_the_service(ask: Any) -> None:
    service = FakeService({f"GET /v1/schedules/{ID}": [unreachable]})
    with pytest.raises(ServiceFault, match=r"http://127\.0\.0\.1:9 cannot be reached"):
        ask(service, "job", ID)
    assert len(service.asked) == 1 + HASTY.attempts


def test_attempts_are_bounded_in_all_whatever_fails(ask: Any) -> None:
    full = problem_reply(503, '{"detail": "full"}')
    service = FakeService({f"GET /v1/schedules/{ID}": [unreachable, full, unreachable, full]})
    with pytest.raises(ServiceFault, match="cannot be reached"):
        ask(service, "job", ID)
    assert len(service.asked) == 1 + HASTY.attempts


def test_a_refused_document_is_named_by_line_and_column(ask: Any) -> None:
    place = {"file": "kernel.yaml", "line": 7, "column": 3, "message": "no such unit", "cure": None}
    told = {"type": "urn:twill:problem:invalid-kernel", "detail": "no such unit"}
    service = whole_service()
    service.replies["POST /v1/schedules"] = [
        problem_reply(422, json.dumps({**told, "problems": [place]}))
    ]
    with pytest.raises(InvalidKernel) as caught:
        ask(service, "submit", REQUEST)
    assert str(caught.value) == "kernel.yaml:7:3: no such unit"
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    ("status", "sentence"), [(401, "TWILL_KEY"), (403, "with that right"), (404, "status 404")]
)
def test_other_refusals_say_what_would_be_right(ask: Any, status: int, sentence: str) -> None:
    service = FakeService({f"GET /v1/schedules/{ID}": [problem_reply(status, "nonsense")]})
    with pytest.raises(UsageError, match=sentence):
        ask(service, "job", ID)


def test_a_failed_job_raises_with_its_reason(ask: Any) -> None:
    service = whole_service()
    failed = job("failed", reason="ran out of memory three times")
    service.replies["POST /v1/schedules"] = [json_reply(failed.canonical_json())]
    with pytest.raises(ServiceFault, match="ran out of memory three times"):
        ask(service, "solve", REQUEST)


def test_a_job_cancelled_before_anything_was_found_is_no_proof(ask: Any) -> None:
    service = whole_service()
    cancelled = job("cancelled", reason="by its owner")
    service.replies["POST /v1/schedules"] = [json_reply(cancelled.canonical_json())]
    with pytest.raises(LimitReached, match="by its owner"):
        ask(service, "solve", REQUEST)
    assert ask(service, "cancel", ID).state == "cancelled"


def test_pages_are_read_one_after_the_other(ask: Any) -> None:
    def page(after: str | None) -> str:
        return json.dumps({"items": [json.loads(done().canonical_json())], "after": after})

    service = FakeService({
        "GET /v1/schedules": [json_reply(page("next")), json_reply(page(None))],
        "GET /v1/kernels": [json_reply('{"items": [{"name": "gemm"}, "retention"]}')],
    })  # fmt: skip
    assert len(ask(service, "jobs", state="done")) == 2
    assert [r.url.params.get("after") for r in service.asked] == [None, "next"]
    assert ask(service, "names", "kernels") == ("gemm", "retention")


@pytest.mark.parametrize("text", ["", "[]", '{"id": 1}', "\xff", "[" * 100_000])
def test_replies_that_cannot_be_read_are_faults_of_the_service(ask: Any, text: str) -> None:
    service = FakeService({
        f"GET /v1/schedules/{ID}": [json_reply(text)],
        f"GET /v1/schedules/{ID}/schedule.json": [json_reply(text)],
        f"GET /v1/schedules/{ID}/events": [event_reply(f"data: {text or 'x'}\n\n")],
        "GET /v1/schedules": [json_reply(text)],
    })  # fmt: skip
    for method in ("job", "answer", "events", "follow"):
        with pytest.raises(ServiceFault):
            ask(service, method, ID)
    with pytest.raises(ServiceFault):
        ask(service, "jobs")


def test_an_endless_reply_is_cut_off(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twill.client.connection.MOST_BYTES", 1000)
    service = FakeService({f"GET /v1/schedules/{ID}": [json_reply("x" * 1001)]})
    with pytest.raises(ServiceFault, match="the service sent more than"):
        ask(service, "job", ID)


@pytest.mark.parametrize("server", ["", "127.0.0.1:8000", "ftp://a", "http://", "http://[", "x\n"])
def test_an_address_that_is_none_is_refused(server: str) -> None:
    with pytest.raises(UsageError, match="no address of a service"):
        Client(server)


@pytest.mark.parametrize("identity", ["", "x" * 32, "../../keys", "A" * 32])
def test_an_id_that_is_none_never_reaches_the_service(ask: Any, identity: str) -> None:
    service = whole_service()
    with pytest.raises(UsageError, match="no id of a job"):
        ask(service, "job", identity)
    assert service.asked == []


def test_the_key_is_not_shown() -> None:
    with Client(SERVER, key="secret") as client:
        assert "secret" not in repr(client._connection)
    with pytest.raises(UsageError, match="printable"):
        Client(SERVER, key="a\r\nHost: b")


def test_both_clients_offer_the_same() -> None:
    def offered(kind: type) -> dict[str, list[str]]:
        methods = inspect.getmembers(kind, inspect.isfunction)
        return {n: list(inspect.signature(m).parameters) for n, m in methods if n[0] != "_"}

    assert offered(Client) == offered(AsyncClient)


def test_nothing_else_is_offered() -> None:
    import twill.client

    with pytest.raises(AttributeError, match="nothing_else"):
        _ = twill.client.nothing_else


def test_pauses_grow_and_a_told_one_is_believed_within_bounds() -> None:
    patience = Patience(attempts=3, seconds=0.5)
    assert [patience.pause(n) for n in range(4)] == [0.5, 1.0, 2.0, None]
    told = [{"Retry-After": text} for text in ("7", "9999", "soon", "-1", "")]
    assert [patience.pause(0, headers) for headers in told] == [7.0, 30.0, 0.5, 0.5, 0.5]
