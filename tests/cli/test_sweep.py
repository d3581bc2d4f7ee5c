"""`twill sweep`: tables, exit codes, what is kept and what is solved again, Ctrl-C."""

import csv
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from twill.cli import progress
from twill.cli import sweep as command
from twill.cli.main import run
from twill.executors.local import LocalExecutor
from twill.models.progress import Progress
from twill.models.work import Work
from twill.reader.schedules import read_schedule
from twill.tests.support.hard_graph import hard_graph
from twill.tests.support.processes import children, is_alive, soon
from twill.tests.support.works import RECURRENCE

IMPOSSIBLE = """
graph: impossible
machine: {units: {TC: 1}}
operations: {A: {latency: 5, uses: {TC: 1}}, B: {latency: 5}}
dependences: [A -> B -> A]
"""


@pytest.fixture(scope="module")
def one_executor() -> Iterator[LocalExecutor]:
    """Children need a second each to come up, so tests share those that wait."""
    executor = LocalExecutor(1)
    yield executor
    executor.close()


@pytest.fixture
def started(one_executor: LocalExecutor, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The documents that were solved, in order."""
    places: list[str] = []

    class Recording:
        slots = 1

        def start(self, work: Work, observe: Any, ended: Any) -> Any:
            places.append(Path(work.place).stem)
            return one_executor.start(work, observe, ended)

        def close(self, *, grace_seconds: float = 5.0) -> None:
            """Others go on."""

    monkeypatch.setattr(command, "_executor", lambda *_: Recording())
    return places


@pytest.fixture
def documents(tmp_path: Path) -> list[str]:
    for name, text in {
        "easy": RECURRENCE,
        "broken": "graph: broken\noperations: 7\n",
        "impossible": IMPOSSIBLE,
    }.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    return [str(tmp_path / f"{name}.yaml") for name in ("easy", "broken", "impossible")]


def report_on(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    return report


def test_a_grid_is_solved_and_one_bad_document_does_not_stop_the_rest(
    started: list[str], documents: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "out"
    arguments = ["sweep", "gemm", *documents, "--gpu", "h100-sxm,b200", "-o", str(folder)]
    assert run([*arguments, "--json", "-q"]) == 2
    report = report_on(capsys)
    assert [(row["kernel"], row["gpu"], row["status"]) for row in report["rows"]] == [
        ("gemm", "h100-sxm", "optimal"),
        ("gemm", "b200", "optimal"),
        ("recurrence", "inline", "optimal"),
        (documents[1], "", "refused"),
        ("impossible", "inline", "infeasible"),
    ]
    assert report["rows"][0]["initiation_interval"] == 1024
    assert (report["rows"][0]["minimum"], report["rows"][0]["lower_bound"]) == (1024, 1024)
    assert f"{documents[1]}:2:" in report["rows"][3]["reason"]
    assert json.loads(report["rows"][3]["problem"])["problems"][0]["line"] == 2
    answer = read_schedule(folder / "gemm@b200.json")
    assert (answer.gpu, answer.initiation_interval) == ("b200", 1024)
    assert len(started) == 4


def test_files_of_a_sweep_are_stored_schedules_that_the_gate_reads(
    started: list[str], documents: list[str], tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    assert run(["sweep", documents[0], "gemm", "-o", str(folder), "-q"]) == 0
    assert run(["check", str(folder), "--no-solve", "-q"]) == 0
    assert sorted(f.name for f in folder.glob("*.json")) == [
        "gemm@h100-sxm.json", "recurrence@inline.json",
    ]  # fmt: skip


def test_what_is_done_is_not_solved_again_unless_it_changed(
    started: list[str], documents: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["sweep", documents[0], documents[2], "-o", str(tmp_path / "out"), "--json", "-q"]
    assert run(arguments) == 1
    assert started == ["easy", "impossible"]
    assert run(arguments) == 1
    assert started == ["easy", "impossible"]
    capsys.readouterr()
    Path(documents[0]).write_text(RECURRENCE.replace("latency: 3", "latency: 5"))
    assert run(arguments) == 1
    assert started == ["easy", "impossible", "easy"]
    report = report_on(capsys)
    assert [row["resumed"] for row in report["rows"]] == [False, True]
    assert report["rows"][0]["initiation_interval"] == 5
    assert run([*arguments, "--objective", "length"]) == 1  # another question
    assert started[3:] == ["easy", "impossible"]


def test_an_edited_or_lost_file_is_solved_again(
    started: list[str], documents: list[str], tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    arguments = ["sweep", documents[0], "-o", str(folder), "-q"]
    file = folder / "recurrence@inline.json"
    assert run(arguments) == 0
    written = file.read_bytes()
    for spoil in (lambda: file.write_bytes(written[:-9]), file.unlink):
        spoil()
        assert run(arguments) == 0
        assert read_schedule(file).initiation_interval == 3
    assert started == ["easy"] * 3


def test_more_time_is_given_to_what_was_not_proved_with_less(
    started: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hard = tmp_path / "hard.yaml"
    hard.write_text(hard_graph())
    arguments = ["sweep", str(hard), "-o", str(tmp_path / "out"), "--json", "-q", "--time-limit"]
    for limit, solves in (("0.5", 1), ("0.5", 1), ("0.6", 2)):
        assert run([*arguments, limit]) == 3
        assert report_on(capsys)["rows"][0]["status"] in ("feasible", "unknown")
        assert len(started) == solves


def test_two_documents_of_one_name_are_not_written_over_each_other(
    started: list[str], documents: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(RECURRENCE.replace("latency: 3", "latency: 4"))
    folder = str(tmp_path / "out")
    assert run(["sweep", documents[0], str(other), "-o", folder, "--json", "-q"]) == 2
    rows = report_on(capsys)["rows"]
    assert [row["status"] for row in rows] == ["optimal", "refused"]
    assert "has its results in recurrence@inline.json too" in rows[1]["reason"]


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_a_table_for_people(
    started: list[str], documents: list[str], tmp_path: Path,
    capsys: pytest.CaptureFixture[str], form: str,
) -> None:  # fmt: skip
    folder = str(tmp_path / "out")
    assert run(["sweep", *documents, "-o", folder, "-f", form]) == 2
    printed = capsys.readouterr()
    head = next(line for line in printed.out.split("\n") if line)
    for column in ("kernel", "GPU", "status", "II", "MinII", "stages", "warp groups", "seconds"):
        assert column in head
    assert "1 infeasible, 1 optimal, 1 refused" in printed.out
    assert "1 of 3" in printed.err
    assert "recurrence on inline: optimal, II 3" in printed.err


def test_a_spreadsheet(
    started: list[str], documents: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["sweep", *documents, "-o", str(tmp_path / "out"), "-f", "csv", "-q"]) == 2
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [(row["kernel"], row["initiation_interval"]) for row in rows][0::2] == [
        ("recurrence", "3"), ("impossible", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--gpu", "h300"], "unknown GPU 'h300'"),
        (["--gpu", ","], "no GPU is named"),
        (["--ray-address", "auto"], "--ray-address is for a Ray cluster"),
        (["--ray-tag", "gpu_h100=1"], "--ray-tag is for a Ray cluster"),
        (["--executor", "ray", "--ray-tag", "gpu_h100=many"], "'gpu_h100=many' is no tag"),
        (["-o", "{document}/below"], "cannot be made"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_solved(
    arguments: list[str], said: str, documents: list[str], tmp_path: Path,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    filled = [argument.format(document=documents[0]) for argument in arguments]
    assert run(["sweep", documents[0], *filled]) == 2
    assert said in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_a_row_of_its_own(
    started: list[str], documents: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "out"
    (folder / "recurrence@inline.json").mkdir(parents=True)
    assert run(["sweep", documents[0], documents[2], "-o", str(folder), "--json", "-q"]) == 2
    rows = report_on(capsys)["rows"]
    assert [row["status"] for row in rows] == ["crashed", "infeasible"]
    assert "cannot be written" in rows[0]["reason"]


def test_ctrl_c_keeps_what_is_done_and_the_best_of_what_runs(
    documents: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    class Interrupting(LocalExecutor):
        def start(self, work: Work, observe: Any, ended: Any) -> Any:
            def watch(event: Progress) -> None:
                observe(event)
                if event.kind == "incumbent" and work.place in pressing:
                    pressing.clear()  # twice would end this process
                    threading.Timer(0.0, os.kill, (os.getpid(), signal.SIGINT)).start()

            return super().start(work, watch, ended)

    hard = tmp_path / "hard.yaml"
    hard.write_text(hard_graph())
    pressing = {str(hard)}
    before = children()
    monkeypatch.setattr(command, "_executor", lambda *_: Interrupting(1, warm=False))
    folder = str(tmp_path / "out")
    arguments = ["sweep", documents[0], str(hard), documents[2], "-o", folder, "--json", "-q"]
    assert run(arguments) == 130
    rows = report_on(capsys)["rows"]
    assert [row["status"] for row in rows] == ["optimal", "feasible", "open"]
    assert rows[1]["stopped"]
    kept = read_schedule(Path(folder) / "hard@inline.json")
    assert kept.initiation_interval == rows[1]["initiation_interval"]
    assert children() == before
    monkeypatch.setattr(command, "_executor", lambda *_: LocalExecutor(1, warm=False))
    assert run([*arguments, "--time-limit", "0.5"]) == 1
    rows = report_on(capsys)["rows"]
    assert [row["resumed"] for row in rows] == [True, False, False]


def test_a_sweep_that_is_killed_leaves_no_child_and_is_taken_up_again(
    started: list[str], documents: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hard, folder = tmp_path / "hard.yaml", tmp_path / "out"
    hard.write_text(hard_graph())
    arguments = ["sweep", documents[0], str(hard), "-j", "1", "-o", str(folder), "--json", "-q"]
    process = subprocess.Popen([sys.executable, "-m", "twill", *arguments])
    row = folder / ".sweep" / "recurrence@inline.row"
    assert soon(row.exists, 60)
    assert soon(lambda: bool(children(process.pid)), 20)
    orphans = children(process.pid)
    process.kill()
    process.wait()
    assert soon(lambda: not any(map(is_alive, orphans)), 5)
    assert run([*arguments, "--time-limit", "0.5"]) == 3
    assert started == ["hard"]
    assert [row["resumed"] for row in report_on(capsys)["rows"]] == [True, False]


def test_a_terminal_shows_a_bar_and_what_runs(
    started: list[str], documents: list[str], tmp_path: Path,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(progress, "progress_style", lambda *, quiet: "status")
    assert run(["sweep", documents[0], documents[2], "-o", str(tmp_path / "out")]) == 1
    assert "2 of 2" in capsys.readouterr().err


def test_names_that_are_no_text_or_too_long_are_rows_too(
    started: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [str(tmp_path / "half-\udc80.yaml"), "long" * 1000]
    assert run(["sweep", *names, "gemm", "-o", str(tmp_path / "out"), "--json", "-q"]) == 2
    rows = report_on(capsys)["rows"]
    assert [row["status"] for row in rows] == ["refused", "refused", "optimal"]
