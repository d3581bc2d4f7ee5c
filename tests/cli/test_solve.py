"""`twill solve`: answers, twins, exit codes, limits and Ctrl-C."""

import json
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from twill import pipeline
from twill.cli.main import run
from twill.models.answer import Answer, Effort
from twill.models.problem import SchedulingProblem
from twill.models.progress import Observer, Progress
from twill.models.schedule import Placement, Schedule
from twill.models.solve_options import SolveOptions
from twill.solver.question import Stop
from twill.solver.solution import Solution

EXAMPLE = "paper_running_example"
IMPOSSIBLE = """
graph: impossible
machine: {units: {TC: 1}}
operations: {A: {latency: 5, uses: {TC: 1}}, B: {latency: 5}}
dependences: [A -> B -> A]
"""
SCHEDULE = Schedule(
    initiation_interval=4,
    placements=tuple(
        Placement(operation=name, issue_cycle=cycle, warp_group=1)
        for name, cycle in (("S", 0), ("P", 1), ("O", 2))
    ),
)


def object_on(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    printed = capsys.readouterr()
    answer: dict[str, Any] = json.loads(printed.out)
    return answer


def test_running_example_of_the_paper(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["solve", EXAMPLE, "--json", "-q"]) == 0
    answer = object_on(capsys)
    assert answer["status"] == "optimal"
    assert (answer["initiation_interval"], answer["schedule_length"], answer["stages"]) == (2, 4, 2)
    assert (answer["bounds"]["resource"], answer["bounds"]["recurrence"]) == (2, 1)
    assert answer["bounds"]["resource_attained_by"][0]["unit"] == "TC"
    assert [row["name"] for row in answer["operations"]] == ["S", "P", "O"]
    assert answer["operations"][2]["slot"] == 1
    assert answer["warp_groups"][0]["name"] == "compute-1"
    assert answer["certificate"]["least_initiation_interval"] == 2


def test_text_says_what_is_proved(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["solve", EXAMPLE, "-q"]) == 0
    text = capsys.readouterr().out
    assert "optimal: one iteration every 2 cycles, and no schedule is faster" in text
    assert "MinII is 2 cycles, attained by TC (S, O) (ResMII 2, RecMII 1)." in text
    assert "No schedule exists at II 1: MinII is 2." in text
    for title in ("Bounds", "Schedule", "Warp groups", "Steady state", "Prologue", "Certificate"):
        assert f"\n{title}" in text


def test_progress_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["solve", EXAMPLE, "--json"]) == 0
    printed = capsys.readouterr()
    json.loads(printed.out)
    assert "no II below 2" in printed.err


def test_gpu_default_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "find_schedule", give_up)
    assert run(["solve", "gemm", "-q"]) == 3
    assert "gemm on h100-sxm (the default GPU" in capsys.readouterr().out
    assert run(["solve", "gemm", "--gpu", "h100-sxm", "-q"]) == 3
    assert "default" not in capsys.readouterr().out


def test_output_file_is_the_json_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "schedule.json"
    assert run(["solve", EXAMPLE, "--json", "-q", "-o", str(file)]) == 0
    assert file.read_text() == capsys.readouterr().out
    assert list(tmp_path.iterdir()) == [file]


def test_two_runs_give_the_same_canonical_answer() -> None:
    first, second = (pipeline.solve_file(EXAMPLE).canonical() for _ in range(2))
    assert first.canonical_json() == second.canonical_json()


def test_infeasible_is_an_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph = tmp_path / "graph.yaml"
    graph.write_text(IMPOSSIBLE)
    assert run(["solve", str(graph), "--json", "-q"]) == 1
    answer = object_on(capsys)
    assert answer["status"] == "infeasible"
    assert "A -> B -> A" in answer["reason"]
    assert run(["solve", str(graph), "-q"]) == 1
    assert "infeasible" in capsys.readouterr().out


def give_up(
    problem: SchedulingProblem, options: SolveOptions, observe: Observer, stop: Stop
) -> Solution:
    return Solution(status="unknown", reason="a limit was reached", effort=Effort(seconds=1.0))


def test_a_limit_without_proof_is_exit_3_and_json_all_the_same(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "find_schedule", give_up)
    assert run(["solve", EXAMPLE, "--json", "-q"]) == 3
    assert object_on(capsys)["status"] == "unknown"


def test_options_reach_the_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[SolveOptions] = []

    def note(
        problem: SchedulingProblem, options: SolveOptions, observe: Observer, stop: Stop
    ) -> Solution:
        seen.append(options)
        return give_up(problem, options, observe, stop)

    monkeypatch.setattr(pipeline, "find_schedule", note)
    arguments = ["--top", "3", "--prove", "--time-limit", "2.5", "--backend", "z3"]
    assert run(["solve", EXAMPLE, "-q", *arguments, "--objective", "length, registers"]) == 3
    assert seen == [
        SolveOptions(
            top=3, prove=True, seconds=2.5, backends=("z3",), objectives=("length", "registers")
        )
    ]


class Interrupting:
    """A search that finds a schedule, waits for Ctrl-C, and then stops or does not."""

    def __init__(self, *, obeys: bool) -> None:
        self.obeys = obeys
        self.release = threading.Event()

    def __call__(
        self, problem: SchedulingProblem, options: SolveOptions, observe: Observer, stop: Stop
    ) -> Solution:
        observe(Progress(kind="bounds", lower_bound=2))
        observe(Progress(kind="incumbent", initiation_interval=4, schedule=SCHEDULE))
        os.kill(os.getpid(), signal.SIGINT)
        while not (stop.requested if self.obeys else self.release.is_set()):
            time.sleep(0.01)
        return Solution(
            status="feasible", reason="stopped", schedule=SCHEDULE, effort=Effort(seconds=0.1)
        )


def test_ctrl_c_prints_what_was_found(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "find_schedule", Interrupting(obeys=True))
    assert run(["solve", EXAMPLE, "--json", "-q"]) == 130
    answer = object_on(capsys)
    assert (answer["status"], answer["reason"]) == ("feasible", "stopped")
    assert answer["initiation_interval"] == 4


def test_ctrl_c_does_not_wait_for_a_backend_that_does_not_stop(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    deaf = Interrupting(obeys=False)
    left: list[int] = []
    monkeypatch.setattr(pipeline, "find_schedule", deaf)
    monkeypatch.setattr("os._exit", left.append)
    assert run(["solve", EXAMPLE, "--json", "-q"]) == 130
    deaf.release.set()
    answer = object_on(capsys)
    assert left == [130]
    assert (answer["status"], answer["initiation_interval"]) == ("feasible", 4)
    assert "below 2" in answer["reason"]
    assert answer["bounds"]["minimum"] == 2
    Answer.model_validate_json(json.dumps(answer))
