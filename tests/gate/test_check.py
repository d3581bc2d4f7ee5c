"""The gate catches what happens to a repository: tests that edit real files."""

import difflib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from twill.cli.main import run
from twill.gate import means
from twill.models.answer import Answer
from twill.pipeline import Task
from twill.tests.support.gate import BOUNDED, GRAPH, SEARCHED, checked

Edit = Callable[[str, str, str], None]


def test_nothing_happened(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = checked(capsys)
    assert list(found) == [SEARCHED, BOUNDED, GRAPH]
    assert {schedule["state"] for schedule in found.values()} == {"unchanged"}
    assert not any(schedule["notes"] for schedule in found.values())
    assert found[SEARCHED]["sentence"] == "unchanged: optimal at II 572"


def test_a_cost_raised_by_5_per_cent(
    edit: Edit, capsys: pytest.CaptureFixture[str], repository: Path
) -> None:
    """The tensor core of the profile is 5 % slower."""
    edit("gpus/h100-sxm.yaml", "M64: {value: 2048", "M64: {value: 1950")
    found = checked(capsys, code=1)
    assert found[SEARCHED]["state"] == "unchanged"
    schedule = found[BOUNDED]
    assert schedule["state"] == "worse"
    assert (
        schedule["before"]["initiation_interval"],
        schedule["after"]["initiation_interval"],
    ) == (
        1024,
        1076,
    )
    assert schedule["sentence"] == "worse: II 1,024 -> 1,076 (+5.1 %)"
    assert "the profile of h100-sxm changed" in schedule["reasons"]
    assert "work on tensor_core of acc[0], acc[1]: 512 -> 538 (+5.1 %)" in schedule["reasons"]
    assert any(reason.startswith("the stored schedule breaks C2") for reason in schedule["reasons"])


def test_a_cost_that_does_not_matter_to_the_interval(
    edit: Edit, capsys: pytest.CaptureFixture[str], repository: Path
) -> None:
    edit("gpus/h100-sxm.yaml", "\n  latency: {value: 64,", "\n  latency: {value: 61,")
    schedule = checked(capsys)[BOUNDED]
    assert schedule["state"] == "different"
    assert any("latency of acc[0], acc[1]: 576 -> 573 (-0.5 %)" in r for r in schedule["reasons"])


def test_a_faster_unit_finds_a_better_interval(
    edit: Edit, capsys: pytest.CaptureFixture[str], repository: Path
) -> None:
    edit("gpus/h100-sxm.yaml", "M64: {value: 2048", "M64: {value: 4096")
    schedule = checked(capsys, code=1)[BOUNDED]
    assert (schedule["state"], schedule["after"]["initiation_interval"]) == ("better", 768)
    assert schedule["after"]["status"] == "optimal"


def test_an_operation_added(
    edit: Edit, capsys: pytest.CaptureFixture[str], repository: Path
) -> None:
    edit(
        "gemm.yaml",
        "      acc = dot(a_tile, b_tile.T, acc)\n",
        "      acc = dot(a_tile, b_tile.T, acc)\n      acc = acc * 2.0\n",
    )
    schedule = checked(capsys, code=1)[BOUNDED]
    assert schedule["sentence"] == "no longer valid: another schedule reaches II 1,024"
    assert schedule["reasons"][:2] == [
        "the kernel gemm changed",
        "operations added: acc_2[0], acc_2[1]",
    ]
    broken = "the stored schedule breaks form acc_2[0] is placed 0 times"
    assert broken in schedule["reasons"]


def test_a_longer_dependence_makes_the_stored_schedule_invalid(
    edit: Edit, capsys: pytest.CaptureFixture[str], repository: Path
) -> None:
    """II stays, as the graph is not bound by this chain; but the stored schedule breaks it."""
    edit("paper_running_example.yaml", "P: {latency: 1", "P: {latency: 3")
    schedule = checked(capsys, code=1)[GRAPH]
    assert (schedule["state"], schedule["after"]["initiation_interval"]) == ("invalid", 2)
    assert "no longer valid: another schedule reaches II 2" in schedule["sentence"]


def test_a_change_without_solving(
    edit: Edit,
    capsys: pytest.CaptureFixture[str],
    repository: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> Answer:
        raise AssertionError("solved")

    monkeypatch.setattr(means, "solve_task", refuse)
    edit("gpus/h100-sxm.yaml", "M64: {value: 2048", "M64: {value: 1950")
    schedule = checked(capsys, "--no-solve", code=1)[BOUNDED]
    assert (schedule["state"], schedule["after"]) == ("changed", None)
    assert "no longer holds" in schedule["sentence"]


def test_a_limit_is_exit_3(
    edit: Edit,
    capsys: pytest.CaptureFixture[str],
    repository: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def give_up(task: Task, *_: object, **__: object) -> Answer:
        return Answer(
            kernel=task.kernel, gpu=task.gpu, status="unknown", reason="late", problem=task.problem
        )

    monkeypatch.setattr(means, "solve_task", give_up)
    edit("gpus/h100-sxm.yaml", "M64: {value: 2048", "M64: {value: 1950")
    schedule = checked(capsys, code=3)[BOUNDED]
    assert schedule["state"] == "open"
    before = (repository / BOUNDED).read_text()
    checked(capsys, "--update", code=3)
    assert (repository / BOUNDED).read_text() == before


def test_comments_and_lines_change_nothing(
    edit: Edit, capsys: pytest.CaptureFixture[str], repository: Path
) -> None:
    edit("gemm.yaml", "kernel: gemm\n", "# a comment\n\nkernel: gemm\n")
    schedule = checked(capsys)[BOUNDED]
    assert schedule["state"] == "unchanged"
    assert schedule["notes"] == ["names or lines in the kernel moved"]
    checked(capsys, "--update")
    assert checked(capsys)[BOUNDED]["notes"] == []


def test_a_profile_renamed(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "gpus" / "h100-sxm.yaml").rename(repository / "gpus" / "h100.yaml")
    schedule = checked(capsys, code=1)[BOUNDED]
    assert schedule["state"] == "invalid"
    assert "schedules/../gpus/h100-sxm.yaml: cannot be read" in schedule["reasons"][0]


def test_a_kernel_that_is_no_kernel_any_more(
    edit: Edit, capsys: pytest.CaptureFixture[str], repository: Path
) -> None:
    edit("gemm.yaml", "dot(", "dott(")
    schedule = checked(capsys, code=1)[BOUNDED]
    assert schedule["state"] == "invalid"
    assert re.search(r"gemm\.yaml:\d+:\d+: unknown function dott", schedule["reasons"][0])


def test_a_truncated_file(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = repository / BOUNDED
    file.write_text(file.read_text()[:3000])
    schedule = checked(capsys, code=2)[BOUNDED]
    assert schedule["state"] == "unreadable"
    assert "twill solve -o" in schedule["reasons"][0]


def test_an_older_format_is_migrated(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = repository / BOUNDED
    fields = json.loads(file.read_text())
    del fields["origin"], fields["seal"]
    file.write_text(json.dumps({**fields, "format": "twill-schedule/1"}))
    schedule = checked(capsys)[BOUNDED]
    assert schedule["state"] == "unchanged"
    assert schedule["notes"] == ["it names no origin to compare with"]


def test_a_format_of_the_future_is_refused(
    edit: Edit, capsys: pytest.CaptureFixture[str], repository: Path
) -> None:
    edit(BOUNDED, "twill-schedule/2", "twill-schedule/9")
    schedule = checked(capsys, code=2)[BOUNDED]
    assert "a newer Twill" in schedule["sentence"]
    assert "twill solve gemm --gpu h100-sxm" in schedule["reasons"][0]


def test_update_gives_a_diff_of_what_moved(
    edit: Edit, capsys: pytest.CaptureFixture[str], repository: Path
) -> None:
    before = {file: (repository / file).read_text() for file in (SEARCHED, BOUNDED, GRAPH)}
    edit("gpus/h100-sxm.yaml", "M64: {value: 2048", "M64: {value: 1950")
    found = checked(capsys, "--update")
    assert (found[BOUNDED]["state"], found[BOUNDED]["updated"]) == ("worse", True)
    after = {file: (repository / file).read_text() for file in (SEARCHED, BOUNDED, GRAPH)}
    assert [file for file in before if before[file] != after[file]] == [BOUNDED]
    moved = list(
        difflib.unified_diff(
            before[BOUNDED].splitlines(), after[BOUNDED].splitlines(), n=0, lineterm=""
        )
    )
    assert len([line for line in moved if line.startswith("+ ")]) < 60
    assert ' "initiation_interval": 1076,' in after[BOUNDED].splitlines()
    assert {s["state"] for s in checked(capsys).values()} == {"unchanged"}
    again = {file: (repository / file).read_text() for file in (SEARCHED, BOUNDED, GRAPH)}
    checked(capsys, "--update")
    assert again == after


def test_what_was_infeasible_may_be_feasible_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "schedules").mkdir()
    graph = tmp_path / "graph.yaml"
    head = "graph: g\nmachine: {}\noperations: {A: {latency: 5}, B: {latency: 5}}\ndependences: "
    graph.write_text(f"{head}[A -> B -> A]\n")
    assert run(["solve", "graph.yaml", "-q", "--store", "schedules", "--json"]) == 1
    name = "schedules/g@inline.json"
    assert checked(capsys)[name]["sentence"] == "unchanged: infeasible"
    graph.write_text(f"{head}[A -> B]\n")
    schedule = checked(capsys, code=1)[name]
    assert schedule["sentence"] == "was infeasible; II 1 exists now"
    assert schedule["reasons"] == ["dependence removed: B -> A"]
    graph.write_text(f"{head}[A -> B -> A]\n".replace("A: {latency: 5}", "A: {latency: 6}"))
    assert checked(capsys)[name]["sentence"] == "still infeasible"


def test_a_file_with_its_texts_keeps_them(
    repository: Path, edit: Edit, capsys: pytest.CaptureFixture[str]
) -> None:
    file = repository / "whole.json"
    arguments = ["solve", "paper_running_example.yaml", "-q", "--json", "-o", str(file)]
    assert run(arguments) == 0
    edit("paper_running_example.yaml", "P: {latency: 1", "P: {latency: 3")
    assert run(["check", "whole.json", "--update", "-q"]) == 0
    answer = Answer.model_validate_json(file.read_text())
    assert "P: {latency: 3" in str(answer.sources.graph)
    assert run(["verify", "whole.json"]) == 0
