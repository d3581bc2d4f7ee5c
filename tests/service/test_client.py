"""Twill's own client, over a socket, with a service that listens."""

import threading
from collections.abc import Iterator

import pytest

from twill.client import Client
from twill.models.errors import InvalidInput
from twill.models.job import ScheduleRequest
from twill.models.progress import Progress
from twill.service.workshop import Workshop
from twill.tests.support.fake_executor import BOUND, FakeExecutor
from twill.tests.support.listening import Listening, listening
from twill.tests.support.served import tiny_graph
from twill.tests.support.works import RECURRENCE


@pytest.fixture
def heard(tmp_path_factory: pytest.TempPathFactory, workshop: Workshop) -> Iterator[Listening]:
    executor = FakeExecutor(holds=True)
    with listening(tmp_path_factory.mktemp("client"), workshop, executor) as served:
        yield served


def test_a_solve_is_followed_while_it_runs(heard: Listening) -> None:
    told: list[Progress] = []
    seen = threading.Event()

    def observe(progress: Progress) -> None:
        told.append(progress)
        seen.set()

    def play() -> None:
        (run,) = heard.executor.wait_for_runs(1)
        run.observe(BOUND)
        if seen.wait(20):  # the event came before the end
            run.end()

    player = threading.Thread(target=play)
    player.start()
    with Client(heard.url) as client:
        answer = client.solve(ScheduleRequest(document=RECURRENCE), observe)
    player.join()
    assert (answer.status, answer.initiation_interval) == ("optimal", 3)
    assert told == [BOUND]


def test_the_rest_of_the_client(heard: Listening) -> None:
    heard.executor.holds = False
    with Client(heard.url) as client:
        made = [client.submit(ScheduleRequest(document=tiny_graph(n))).id for n in range(3)]
        assert [client.follow(identity).state for identity in made] == ["done"] * 3
        assert [job.id for job in client.jobs()] == made[::-1]
        assert client.cancel(made[0]).state == "done"
        assert "gemm" in client.names("kernels")
        assert "b200" in client.names("profiles")
        with pytest.raises(InvalidInput) as caught:
            client.submit(ScheduleRequest(document="graph: a\nbad: 1\n"))
    assert {problem.line for problem in caught.value.problems} == {1, 2}


def test_streams_have_an_end_of_number_and_with_the_service(
    tmp_path_factory: pytest.TempPathFactory, workshop: Workshop
) -> None:
    executor = FakeExecutor(holds=True)
    folder = tmp_path_factory.mktemp("streams")
    with listening(folder, workshop, executor, streams=1) as served, served.connect() as first:
        with Client(served.url) as client:
            job = client.submit(ScheduleRequest(document=RECURRENCE)).id
        asked = f"GET /v1/schedules/{job}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        first.sendall(asked)
        assert b"200 OK" in first.recv(65_536)
        reply = served.exchange(asked.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert b"429 Too Many" in reply
    # The block ends only if the open stream did not keep the service from ending.
