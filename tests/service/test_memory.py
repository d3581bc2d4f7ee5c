"""A document that takes more memory than a solve may have: its job fails, the others go on."""

import time
from pathlib import Path
from typing import Any

import pytest

from twill.tests.support.hard_graph import hard_graph
from twill.tests.support.server_process import ServerProcess
from twill.tests.support.works import RECURRENCE

pytestmark = pytest.mark.slow


def test_who_asks_for_too_much_memory_is_told_and_others_go_on(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/twill.db"
    server = ServerProcess(tmp_path, database, workers="2", solve_megabytes="1024", attempts="1")
    server.start()
    try:
        hungry = server.submit("hungry", document=hard_graph(400))
        modest = server.submit("modest", document=RECURRENCE)
        assert over(server, modest["id"], 60)["status"] == "optimal"
        job = over(server, hungry["id"], 240)
        assert job["state"] == "failed"
        assert "out of memory: the limit of the solve was 1,024 MB" in job["reason"]
        assert job["status"] in (None, "feasible")  # nothing is proved by that
        assert server.get("/readyz").status_code == 200
        assert server.stop() == 0
    finally:
        server.close()


def over(server: ServerProcess, identity: str, seconds: float) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while True:
        job: dict[str, Any] = server.get(f"/v1/schedules/{identity}").json()
        if job["state"] in ("done", "failed", "cancelled"):
            return job
        assert time.monotonic() < deadline, job
        time.sleep(0.2)
