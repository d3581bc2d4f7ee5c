"""Child processes of this machine: answers, stops, deaths, limits; nothing of them is left."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from twill.executors.local import LocalExecutor
from twill.models.solve_options import SolveOptions
from twill.models.work import Work
from twill.solver.recheck import recheck
from twill.tests.support.processes import children, cpu_seconds, is_alive, soon
from twill.tests.support.works import (
    RECURRENCE,
    Record,
    answer_in,
    easy_work,
    hard_work,
    problem_in,
)

linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and prctl")


@pytest.fixture
def executor() -> Iterator[LocalExecutor]:
    made = LocalExecutor(1, warm=False)
    yield made
    made.close()
    assert not children()


def test_an_answer_and_its_events_come_back(executor: LocalExecutor) -> None:
    record = Record()
    ending = executor.start(easy_work(), record.observe, record.ended).wait(60)
    assert record.endings == [ending]
    answer = answer_in(ending)
    assert (answer.status, answer.initiation_interval, answer.kernel) == (
        "optimal", 3, "recurrence",
    )  # fmt: skip
    assert all(check.passed for check in recheck(answer))
    assert [record.events[0].kind, record.events[-1].kind] == ["bounds", "done"]
    assert record.best == 3


def test_a_wrong_document_is_refused_with_its_place(executor: LocalExecutor) -> None:
    record = Record()
    work = Work(document="graph: x\noperations: 7\n", place="mine.yaml")
    ending = executor.start(work, record.observe, record.ended).wait(60)
    assert ending is not None
    assert ending.kind == "refused"
    described = problem_in(ending)
    assert described["exit_code"] == 2
    assert "'file': 'mine.yaml', 'line': 2" in str(described["problems"])


@linux
def test_a_stopped_solve_gives_its_best_and_leaves_nothing(executor: LocalExecutor) -> None:
    record = Record()
    run = executor.start(hard_work(), record.observe, record.ended)
    assert record.found.wait(60)
    (child,) = children()
    began = time.monotonic()
    run.stop()
    run.stop()
    assert time.monotonic() - began < 0.5
    ending = run.wait(20)
    assert time.monotonic() - began < 4
    assert not is_alive(child)
    answer = answer_in(ending)
    assert ending is not None
    assert ending.stopped
    assert (answer.status, answer.initiation_interval) == ("feasible", record.best)
    assert answer.schedule is not None
    assert all(check.passed for check in recheck(answer))


@linux
def test_a_child_that_does_not_stop_is_killed_and_its_best_is_kept(executor: LocalExecutor) -> None:
    record = Record()
    run = executor.start(hard_work(), record.observe, record.ended)
    assert record.found.wait(60)
    (child,) = children()
    os.kill(child, signal.SIGSTOP)
    began = time.monotonic()
    run.stop()
    answer = answer_in(run.wait(20))
    assert time.monotonic() - began < 5
    assert not is_alive(child)
    assert (answer.status, answer.initiation_interval) == ("feasible", record.best)
    assert answer.seconds > 0
    assert answer.reason.startswith("interrupted; no schedule has an initiation interval below")
    assert answer.schedule is not None
    assert all(check.passed for check in recheck(answer))


def test_a_run_stopped_before_its_turn_ends_at_once(executor: LocalExecutor) -> None:
    first, second = Record(), Record()
    busy = executor.start(hard_work(), first.observe, first.ended)
    waiting = executor.start(easy_work(), second.observe, second.ended)
    waiting.stop()
    answer = answer_in(waiting.wait(10))
    assert (answer.status, second.events, first.endings) == ("unknown", [], [])
    busy.stop()
    assert busy.wait(10)


@linux
def test_a_killed_child_is_a_crash_and_the_next_solve_works(executor: LocalExecutor) -> None:
    record = Record()
    run = executor.start(hard_work(), record.observe, record.ended)
    assert record.found.wait(60)
    (child,) = children()
    began = time.monotonic()
    os.kill(child, signal.SIGKILL)
    ending = run.wait(20)
    assert time.monotonic() - began < 4
    assert ending is not None
    assert (ending.kind, ending.stopped) == ("crashed", False)
    assert "SIGKILL" in str(problem_in(ending)["detail"])
    assert answer_in(ending).initiation_interval == record.best
    again = executor.start(easy_work(), record.observe, lambda _: None)
    assert answer_in(again.wait(60)).initiation_interval == 3


def test_the_limit_of_time_ends_a_solve_with_its_best(executor: LocalExecutor) -> None:
    record = Record()
    began = time.monotonic()
    ending = executor.start(hard_work(seconds=3.0), record.observe, record.ended).wait(60)
    assert time.monotonic() - began < 15
    assert ending is not None
    assert not ending.stopped
    assert answer_in(ending).status in ("feasible", "unknown")


@linux
def test_a_child_that_died_while_it_waited_costs_nothing() -> None:
    executor = LocalExecutor(1)
    assert soon(lambda: len(children()) == 1, 20)
    for child in children():
        os.kill(child, signal.SIGKILL)
    record = Record()
    ending = executor.start(easy_work(), record.observe, record.ended).wait(60)
    assert answer_in(ending).initiation_interval == 3
    executor.close()
    assert not children()


@linux
def test_a_waiting_child_begins_at_once_and_is_idle_otherwise() -> None:
    executor = LocalExecutor(1)
    record = Record()
    assert executor.start(easy_work(), record.observe, record.ended).wait(60) is not None
    assert soon(lambda: len(children()) == 1 and _is_idle(children()), 30)
    began = time.monotonic()
    executor.start(easy_work(), record.observe, lambda _: None).wait(60)
    assert time.monotonic() - began < 5  # 0.05 on an idle machine, 1 without a waiting child
    executor.close()
    assert not children()


def _is_idle(pids: set[int]) -> bool:
    before = sum(map(cpu_seconds, pids))
    time.sleep(0.3)
    return sum(map(cpu_seconds, pids)) - before < 0.02


def test_close_stops_what_runs_and_what_waits() -> None:
    executor = LocalExecutor(1, warm=False)
    records = [Record() for _ in range(3)]
    for record in records:
        executor.start(hard_work(), record.observe, record.ended)
    assert records[0].found.wait(60)
    executor.close(grace_seconds=1.0)
    counted = [len(record.events) for record in records]
    assert [len(record.endings) for record in records] == [1, 1, 1]
    assert all(record.endings[0].stopped for record in records)
    assert not children()
    time.sleep(0.2)
    assert counted == [len(record.events) for record in records]
    with pytest.raises(RuntimeError, match="closed"):
        executor.start(easy_work(), records[0].observe, records[0].ended)


def test_an_observer_that_fails_does_not_end_the_solve(
    executor: LocalExecutor, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: object) -> None:
        raise ValueError("of the caller")

    assert answer_in(executor.start(easy_work(), fail, fail).wait(60)).initiation_interval == 3
    assert "of the caller" in caplog.text


@linux
def test_children_die_with_a_parent_that_is_killed() -> None:
    script = (
        "import sys, time\n"
        "from twill.executors.local import LocalExecutor\n"
        "from twill.tests.support.works import hard_work\n"
        "executor = LocalExecutor(1)\n"
        "told = lambda p: print(p.kind, flush=True)\n"
        "executor.start(hard_work(), told, print)\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "bounds\n"
    assert soon(lambda: len(children(parent.pid)) == 2, 20)  # one works, one waits
    orphans = children(parent.pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert soon(lambda: not any(map(is_alive, orphans)), 2)


def test_a_child_sees_no_secrets(executor: LocalExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILL_DATABASE_URL", "postgresql://secret@example")
    record = Record()
    executor.start(hard_work(), record.observe, record.ended)
    assert record.found.wait(60)
    (child,) = children()
    with open(f"/proc/{child}/environ", "rb") as stream:
        assert b"secret" not in stream.read()


@pytest.mark.slow
def test_twenty_solves_in_two_slots_come_out_right_and_memory_returns() -> None:
    executor = LocalExecutor(2)
    threads = threading.active_count()
    records = [Record() for _ in range(20)]
    runs = [
        executor.start(_graph(index), record.observe, record.ended)
        for index, record in enumerate(records)
    ]
    found = [answer_in(run.wait(120)).initiation_interval for run in runs]
    assert found == [3 + index for index in range(20)]
    assert all(len(record.endings) == 1 for record in records)
    gc.collect()
    assert threading.active_count() <= threads + 2
    executor.close()
    assert not children()


def _graph(index: int) -> Work:
    text = RECURRENCE.replace("latency: 3", f"latency: {3 + index}")
    return Work(document=text, options=SolveOptions(backends=("cp-sat",)))


@linux
@pytest.mark.slow
def test_want_of_memory_is_told_and_is_no_proof(executor: LocalExecutor) -> None:
    from twill.tests.support.hard_graph import hard_graph

    record = Record()
    work = Work(document=hard_graph(400), place="large.yaml", memory_megabytes=1024)
    ending = executor.start(work, record.observe, record.ended).wait(240)
    assert ending is not None
    assert ending.kind == "crashed"
    assert problem_in(ending)["detail"] == "out of memory: the limit of the solve was 1,024 MB"
    assert problem_in(ending)["exit_code"] == 3
