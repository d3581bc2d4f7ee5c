"""`TWILL_EXECUTOR=ray`: what is asked for over HTTP is solved by the workers of a cluster."""

import time
from collections.abc import Iterator

import pytest

from twill.client import Client
from twill.models.job import ScheduleRequest
from twill.models.progress import Progress
from twill.solver.recheck import recheck
from twill.tests.support.hard_graph import hard_graph
from twill.tests.support.processes import children, grandchildren, is_alive, soon
from twill.tests.support.ray_lock import one_cluster
from twill.tests.support.server_process import ServerProcess
from twill.tests.support.works import RECURRENCE

pytest.importorskip("ray")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("ray")
    settings = {"executor": "ray", "ray_address": "local", "workers": "1"}
    with one_cluster():
        made = ServerProcess(folder, f"sqlite:///{folder / 'twill.db'}", **settings)
        made.start()
        try:
            yield made
            assert made.stop() == 0
            assert made.faults() == []
        finally:
            made.close()


def test_a_solve_is_followed_to_its_end(server: ServerProcess) -> None:
    told: list[Progress] = []
    with Client(server.url) as client:
        answer = client.solve(ScheduleRequest(document=RECURRENCE), told.append)
        (job,) = client.jobs()
    assert (answer.status, answer.initiation_interval) == ("optimal", 3)
    assert told[-1].kind == "done"
    assert (job.state, job.attempts) == ("done", 1)
    assert children(server.pid) == set()  # none of the service itself


def test_a_cancelled_solve_keeps_its_best_and_leaves_nothing(server: ServerProcess) -> None:
    with Client(server.url) as client:
        job = client.submit(ScheduleRequest(document=hard_graph(32, 3)))
        kinds = (event.progress and event.progress.kind for event in client.events(job.id))
        assert "incumbent" in kinds
        solving = grandchildren()
        assert solving
        began = time.monotonic()
        client.cancel(job.id)
        over = client.follow(job.id)
        assert soon(lambda: not any(map(is_alive, solving)), 5 - (time.monotonic() - began))
        assert (over.state, over.status) == ("cancelled", "feasible")
        answer = client.answer(job.id)
    assert answer.schedule is not None
    assert all(check.passed for check in recheck(answer))
