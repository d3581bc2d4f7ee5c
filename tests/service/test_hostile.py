"""What nobody sends in good faith: floods, drips, tricks in paths, mutated documents."""

import json
import random
import socket
import time
from collections.abc import Callable, Iterator

import pytest

from twill.kernels.graph_library import graph_names, load_graph
from twill.kernels.library import kernel_names, load_kernel
from twill.service import server
from twill.service.workshop import Workshop
from twill.tests.support.fake_executor import FakeExecutor
from twill.tests.support.listening import Listening, listening, received
from twill.tests.support.mutations import mutated
from twill.tests.support.served import Served
from twill.tests.support.works import RECURRENCE

Serve = Callable[..., Served]
PROBLEM = "application/problem+json"
HOST = b"Host: 127.0.0.1\r\n"
JSON = b"Content-Type: application/json\r\n"
MEGABYTE = b"x" * (1 << 20)


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory, workshop: Workshop) -> Iterator[Listening]:
    folder = tmp_path_factory.mktemp("hostile")
    with listening(folder, workshop, body_seconds=1.0) as served:
        yield served


def status(reply: bytes) -> int:
    head = reply.split(b"\r\n", 1)[0].split(b" ")
    return int(head[1]) if len(head) > 1 else 0


def is_fine(heard: Listening) -> bool:
    return (
        status(heard.exchange(b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n" + HOST)) < 500
    )


# ---- bodies


def test_a_body_that_says_it_is_too_large(heard: Listening) -> None:
    head = b"POST /v1/schedules HTTP/1.1\r\n" + HOST + JSON + b"Content-Length: 104857600\r\n\r\n"
    reply = heard.exchange(head + b"{")
    assert status(reply) == 413
    assert PROBLEM.encode() in reply


def test_a_hundred_megabytes_in_chunks(heard: Listening) -> None:
    head = b"POST /v1/schedules HTTP/1.1\r\n" + HOST + JSON + b"Transfer-Encoding: chunked\r\n\r\n"
    sent = 0
    with heard.connect() as connection:
        connection.sendall(head)
        try:
            for _ in range(100):
                connection.sendall(b"100000\r\n" + MEGABYTE + b"\r\n")
                sent += 1
        except OSError:  # the service has closed its side, as it should
            pass
        reply = received(connection)
    assert sent < 100
    assert status(reply) in (0, 413)  # what was answered may be lost with the connection
    assert is_fine(heard)


def test_a_body_that_drips(heard: Listening) -> None:
    head = b"POST /v1/schedules HTTP/1.1\r\n" + HOST + JSON + b"Content-Length: 1000\r\n\r\n"
    begun = time.monotonic()
    with heard.connect() as connection:
        connection.sendall(head)
        try:
            for _ in range(100):
                connection.sendall(b" ")
                time.sleep(0.1)
        except OSError:
            pass
        reply = received(connection)
    assert time.monotonic() - begun < 25
    assert status(reply) == 408
    assert PROBLEM.encode() in reply


def test_a_head_that_drips(heard: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.5)
    begun = time.monotonic()
    with heard.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nX-A: ")
        closed = False
        while not closed and time.monotonic() - begun < 20:
            connection.settimeout(0.1)
            try:
                connection.sendall(b"a")
                closed = connection.recv(100) == b""
            except TimeoutError:
                continue
            except OSError:
                closed = True
    assert closed


def test_a_connection_that_says_nothing(heard: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.3)
    with heard.connect() as connection:
        assert connection.recv(10) == b""


def test_callers_that_go_away(heard: Listening) -> None:
    head = b"POST /v1/schedules HTTP/1.1\r\n" + HOST + JSON + b"Content-Length: 100\r\n\r\n{"
    for _ in range(20):
        with heard.connect() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.sendall(head)
    assert is_fine(heard)
    assert b'status="500"' not in heard.exchange(b"GET /metrics HTTP/1.0\r\n" + HOST + b"\r\n")


def test_a_head_that_is_too_large(heard: Listening) -> None:
    reply = heard.exchange(b"GET /healthz HTTP/1.1\r\nX-A: " + b"a" * 200_000 + b"\r\n\r\n")
    assert status(reply) in (0, 400, 431)
    assert is_fine(heard)


@pytest.mark.parametrize("length", [b"-1", b"1e3", b"99999999999999999999999", b"0x10", b""])
def test_strange_lengths(heard: Listening, length: bytes) -> None:
    head = b"POST /v1/schedules HTTP/1.1\r\n" + HOST + JSON + b"Content-Length: " + length
    reply = heard.exchange(head + b"\r\nConnection: close\r\n\r\n{}")
    assert status(reply) in (400, 413, 422)


# ---- paths and headers


@pytest.mark.parametrize(
    "identity",
    [
        "..", "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/x", "%00", "a" * 32 + "%0a",
        "0" * 31, "0" * 33, "0" * 31 + "G", "A" * 32, "%d9%a1" * 32, "'%20OR%201=1--", "x" * 5_000,
    ],
)  # fmt: skip
def test_tricks_in_ids(served: Served, identity: str) -> None:
    for path in (f"/v1/schedules/{identity}", f"/v1/schedules/{identity}/events",
                 f"/v1/results/{identity}", f"/v1/kernels/{identity}",
                 f"/v1/profiles/{identity}"):  # fmt: skip
        reply = served.client.get(path)
        assert reply.status_code in (404, 405, 422), (path, reply.text)
        assert reply.headers["content-type"] == PROBLEM
        assert "root:" not in reply.text


@pytest.mark.parametrize("path", ["/../pyproject.toml", "/%2e%2e/pyproject.toml", "/static/x"])
def test_the_page_serves_its_own_files_alone(served: Served, path: str) -> None:
    assert served.client.get(path).status_code == 404


def test_headers_are_not_injected(heard: Listening) -> None:
    reply = heard.exchange(
        b"GET /healthz HTTP/1.1\r\n" + HOST
        + b"X-Request-ID: abcdefgh%0d%0aSet-Cookie: a=b\r\nConnection: close\r\n\r\n"
    )  # fmt: skip
    assert status(reply) == 200
    assert b"set-cookie" not in reply.lower()
    split = heard.exchange(
        b"GET /healthz HTTP/1.1\r\n" + HOST
        + b"X-Request-ID: abcdefgh\rSet-Cookie: a=b\r\nConnection: close\r\n\r\n"
    )  # fmt: skip
    assert b"set-cookie" not in split.lower()


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\0" * 100, b"GET\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
)  # fmt: skip
def test_what_is_no_http(heard: Listening, sent: bytes) -> None:
    assert status(heard.exchange(sent)) in (0, 400, 404, 505)
    assert is_fine(heard)


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / NONSENSE\r\n\r\n", b"\0" * 100 + b"\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n", b"GET /healthz HTTP/1.1\r\nX-A: " + b"a" * 200_000 + b"\r\n\r\n",
        b"POST /v1/schedules HTTP/1.1\r\n" + HOST + JSON + b"Content-Length: -1\r\n\r\n{}",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_answered_by_a_problem(heard: Listening, sent: bytes) -> None:
    head, _, body = heard.exchange(sent).partition(b"\r\n\r\n")
    lines = head.lower().decode().split("\r\n")
    assert lines[0].startswith("http/1.1 400 ")
    assert {"content-type: application/problem+json", "connection: close"} <= set(lines)
    assert any(line.startswith("x-request-id: ") for line in lines)
    assert "x-content-type-options: nosniff" in lines
    problem = json.loads(body)
    assert (problem["status"], problem["title"]) == (400, "bad request")
    assert is_fine(heard)


def test_a_body_that_is_no_http_ends_the_connection(heard: Listening) -> None:
    head = b"POST /v1/schedules HTTP/1.1\r\n" + HOST + JSON + b"Transfer-Encoding: chunked\r\n\r\n"
    assert status(heard.exchange(head + b"nonsense\r\n")) in (0, 400)
    assert is_fine(heard)


def test_nonsense_behind_a_request_ends_the_connection(heard: Listening) -> None:
    reply = heard.exchange(b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\nNONSENSE\r\n\r\n")
    assert status(reply) == 200
    assert b"HTTP/1.1 400 " in reply
    assert is_fine(heard)


# ---- documents


def documents() -> list[str]:
    kernels = [load_kernel(name).text for name in kernel_names()]
    return [*kernels, *(load_graph(name).text for name in graph_names()), RECURRENCE]


def test_mutated_documents(serve: Serve) -> None:
    served = serve(FakeExecutor(holds=True), submit_rate="100000/minute", live_jobs=1000)
    draw, texts = random.Random(7), documents()
    seen = {200: 0, 202: 0, 422: 0}
    for _ in range(150):
        text = mutated(draw, draw.choice(texts), texts)
        headers = {"Content-Type": "application/json"}
        body = json.dumps({"document": text or "x"})
        reply = served.client.post("/v1/schedules", content=body, headers=headers)
        assert reply.status_code in seen, (text, reply.text)
        seen[reply.status_code] += 1
        if reply.status_code == 422:
            assert reply.headers["content-type"] == PROBLEM
            assert all(problem["message"] for problem in reply.json()["problems"])
    assert seen[422] > 30
    assert seen[202] > 10


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 200_000,
        "a0: &a0 [x, x]\n" + "\n".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 40)),
        "kernel: x\nprogram: |\n  x = " + "-" * 100_000 + "1\n",
        "graph: x\noperations:\n" + "".join(f"  v{i}: {{latency: 1}}\n" for i in range(9_000)),
        "!!python/object/apply:os.system ['true']",
        "kernel: " + "k" * 1_000_000,
    ],
)
def test_documents_that_should_hurt(served: Served, text: str) -> None:
    begun = time.monotonic()
    reply = served.client.post("/v1/schedules", json={"document": text})
    assert (reply.status_code, reply.headers["content-type"]) == (422, PROBLEM), reply.text
    assert time.monotonic() - begun < 40


def test_a_document_that_takes_too_long(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    async def late(*_: object, **__: object) -> object:
        raise TimeoutError

    monkeypatch.setattr(served.service.workshop, "run", late)
    reply = served.client.post("/v1/schedules", json={"document": RECURRENCE})
    assert (reply.status_code, reply.headers["content-type"]) == (422, PROBLEM)
    assert "takes more than 10 s" in reply.text
