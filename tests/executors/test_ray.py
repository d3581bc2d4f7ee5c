"""A Ray cluster of one node with two processors: answers, stops, deaths, a whole sweep."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from twill.cli.main import run as run_command
from twill.executors.ray import RayExecutor
from twill.models.errors import UsageError
from twill.solver.recheck import recheck
from twill.tests.support.hard_graph import hard_graph
from twill.tests.support.processes import grandchildren, is_alive, soon
from twill.tests.support.ray_lock import one_cluster
from twill.tests.support.works import RECURRENCE, Record, answer_in, easy_work, hard_work

ray = pytest.importorskip("ray")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    with one_cluster():
        ray.init(
            address="local", num_cpus=2, resources={"gpu_test": 1}, include_dashboard=False,
            log_to_driver=False, logging_level="ERROR",
        )  # fmt: skip
        yield
        ray.shutdown()


@pytest.fixture
def executor(cluster: None) -> Iterator[RayExecutor]:
    made = RayExecutor()
    yield made
    made.close()
    assert ray.is_initialized()  # it is not the executor's


def test_answers_come_back_from_two_workers(executor: RayExecutor) -> None:
    assert executor.slots == 2
    records = [Record() for _ in range(4)]
    runs = [executor.start(easy_work(), record.observe, record.ended) for record in records]
    assert [answer_in(run.wait(120)).initiation_interval for run in runs] == [3] * 4
    assert all(record.events[-1].kind == "done" for record in records)


def test_a_stopped_solve_gives_its_best_and_leaves_nothing(executor: RayExecutor) -> None:
    record = Record()
    run = executor.start(hard_work(), record.observe, record.ended)
    assert record.found.wait(120)
    children = grandchildren()
    assert children
    began = time.monotonic()
    run.stop()
    answer = answer_in(run.wait(20))
    assert soon(lambda: not any(map(is_alive, children)), 5 - (time.monotonic() - began))
    assert (answer.status, answer.initiation_interval) == ("feasible", record.best)
    assert answer.schedule is not None
    assert all(check.passed for check in recheck(answer))


@pytest.mark.parametrize("victim", [lambda child: child, lambda child: grandchildren()[child]])
def test_a_run_whose_process_is_killed_is_tried_again(
    executor: RayExecutor, victim: Callable[[int], int]
) -> None:
    record = Record()
    run = executor.start(hard_work(), record.observe, record.ended)
    assert record.began.wait(120)
    (child,) = grandchildren()
    os.kill(victim(child), signal.SIGKILL)
    assert soon(lambda: not is_alive(child), 5)
    assert soon(lambda: record.attempts == 2, 120)
    run.stop()
    assert answer_in(run.wait(20)).status in ("feasible", "unknown")
    assert record.attempts == 2


def test_a_run_that_no_node_can_take_waits_and_can_be_stopped(cluster: None) -> None:
    executor = RayExecutor(1, tags={"gpu_nowhere": 1})
    record = Record()
    run = executor.start(easy_work(), record.observe, record.ended)
    assert run.wait(1.0) is None
    run.stop()
    assert answer_in(run.wait(20)).status == "unknown"
    executor.close()


def test_a_tag_finds_its_node(cluster: None) -> None:
    executor = RayExecutor(1, tags={"gpu_test": 1})
    record = Record()
    run = executor.start(easy_work(), record.observe, record.ended)
    assert answer_in(run.wait(120)).initiation_interval == 3
    executor.close()


def test_a_sweep_is_complete_though_a_worker_is_killed(
    cluster: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    documents = [tmp_path / "hard.yaml", *(tmp_path / f"easy{i}.yaml" for i in range(3))]
    documents[0].write_text(hard_graph())  # not proved in five seconds
    for index, document in enumerate(documents[1:]):
        document.write_text(RECURRENCE.replace("graph: r", f"graph: r{index}"))
    killed: list[int] = []

    def kill_one() -> None:
        if soon(lambda: bool(grandchildren()), 120):
            time.sleep(1.5)
            killed.extend(grandchildren().values())
            os.kill(killed[0], signal.SIGKILL)

    killer = threading.Thread(target=kill_one)
    killer.start()
    options = ["--executor", "ray", "-j", "2", "--time-limit", "5", "--json", "-q"]
    code = run_command(["sweep", *map(str, documents), "-o", str(tmp_path / "out"), *options])
    killer.join()
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert killed
    first, *others = (row["status"] for row in report["rows"])
    assert first in ("feasible", "unknown")
    assert others == ["optimal"] * 3
    assert code == 3


def test_an_address_without_a_cluster_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_cluster(**_: object) -> None:
        raise ConnectionError("nobody there")

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", no_cluster)
    with pytest.raises(UsageError, match=r"no Ray cluster at 10\.0\.0\.1:6379: nobody there"):
        RayExecutor(address="10.0.0.1:6379")
