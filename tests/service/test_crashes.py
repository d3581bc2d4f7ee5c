"""Workers and servers killed at random moments under load: nothing is lost, nothing is left."""

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from twill.models.answer import Answer
from twill.models.job import FINAL, JobEvent
from twill.service.database import Database
from twill.service.schema import upgrade
from twill.service.tables import jobs, results, solves
from twill.tests.support.hard_graph import hard_graph
from twill.tests.support.processes import children, soon
from twill.tests.support.served import tiny_graph
from twill.tests.support.server_process import ServerProcess

KILLS_OF_WORKERS = 18
KILLS_OF_SERVERS = 4
SETTINGS = {"workers": "2", "attempts": "10", "live_jobs": "1000", "submit_rate": "9999/minute"}


@pytest.fixture
def server(address: str, tmp_path: Path) -> Iterator[ServerProcess]:
    database = Database(address)
    upgrade(database)
    database.close()
    made = ServerProcess(tmp_path, address, **SETTINGS)
    made.start()
    yield made
    made.close()


class Load(threading.Thread):
    """Submits jobs, quick ones and some that run for a second, until told to stop."""

    def __init__(self, server: ServerProcess, seed: int) -> None:
        super().__init__(name="twill-load")
        self.server = server
        self.draw = random.Random(seed)
        self.accepted: dict[str, dict[str, Any]] = {}
        self.over = threading.Event()
        self.fault: BaseException | None = None

    def run(self) -> None:
        number = 0
        try:
            while not self.over.wait(self.draw.uniform(0.0, 0.25)):
                number += 1
                key = f"load-{number}"
                self.accepted[key] = self.server.submit(key, **self.request(number))
        except BaseException as fault:
            self.fault = fault

    def wait_for_more(self) -> None:
        """Until this server has accepted something, so that there is work to be lost."""
        before = len(self.accepted)
        assert soon(lambda: len(self.accepted) > before or self.fault is not None, 30)

    def request(self, number: int) -> dict[str, Any]:
        if number % 6:
            return {"document": tiny_graph(number)}
        return {"document": hard_graph(16, seed=number), "time_limit": 1.0}


@pytest.mark.slow
def test_nothing_is_lost_by_kills(server: ServerProcess, address: str) -> None:
    draw = random.Random(20261125)
    victims = ["worker"] * KILLS_OF_WORKERS + ["server"] * KILLS_OF_SERVERS
    draw.shuffle(victims)
    load = Load(server, seed=1)
    load.start()
    load.wait_for_more()
    for victim in victims:
        time.sleep(draw.uniform(0.05, 0.5))
        if victim == "server":
            server.kill()
            server.start()
            load.wait_for_more()
        else:
            kill_worker(server, draw)
    load.over.set()
    load.join(60)
    assert load.fault is None
    assert len(load.accepted) >= 15
    over = {key: finished(server, job["id"]) for key, job in load.accepted.items()}
    for key, job in over.items():
        check_story(server, job)
        assert job["state"] == "done", job
        assert server.submit(key, **load.request(int(key[5:])))["id"] == job["id"]
    assert any(job["attempts"] > 1 for job in over.values())  # or nothing was hit
    assert server.stop() == 0
    check_store(address, over)


def kill_worker(server: ServerProcess, draw: random.Random) -> None:
    found = sorted(children(server.pid))
    if found:
        with suppress(ProcessLookupError):
            os.kill(draw.choice(found), signal.SIGKILL)


def finished(server: ServerProcess, identity: str) -> dict[str, Any]:
    deadline = time.monotonic() + 90
    while True:
        job: dict[str, Any] = server.get(f"/v1/schedules/{identity}").json()
        if job["state"] in FINAL:
            return job
        assert time.monotonic() < deadline, job
        time.sleep(0.05)


def check_story(server: ServerProcess, job: dict[str, Any]) -> None:
    """Numbered without gaps, ended once, and with the result that it names."""
    text = server.get(f"/v1/schedules/{job['id']}/events").text
    events = [JobEvent.from_json(line[6:]) for line in text.splitlines() if line[:6] == "data: "]
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    kinds = [event.kind for event in events]
    assert kinds.count("ended") == 1
    assert kinds[-1] == "ended"
    assert kinds.count("started") == job["attempts"]
    assert kinds.count("retried") == job["attempts"] - 1
    answer = Answer.from_json(server.get(f"/v1/results/{job['result']}").text)
    assert (answer.status, answer.kernel) == (job["status"], job["kernel"])


def check_store(address: str, over: dict[str, dict[str, Any]]) -> None:
    """One job for each key, one solve for each job, no result that is nobody's."""
    database = Database(address)
    with database.reading() as connection:
        counted = connection.execute(select(func.count()).select_from(jobs)).scalar_one()
        states = connection.execute(select(solves.c.state, solves.c.result)).all()
        digests = set(connection.execute(select(results.c.digest)).scalars())
    database.close()
    assert counted == len(over)
    assert len(states) == len(over)
    assert all(row.state in FINAL for row in states)
    assert {row.result for row in states} == digests


@pytest.mark.slow
def test_a_shutdown_keeps_what_runs(server: ServerProcess) -> None:
    job = server.submit("one", document=hard_graph(16, seed=3), time_limit=3.0)
    deadline = time.monotonic() + 20
    while server.get(f"/v1/schedules/{job['id']}").json()["state"] != "running":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert server.stop() == 0
    server.start()
    over = finished(server, job["id"])
    assert over["state"] == "done"
    check_story(server, over)
    assert server.faults() == []
