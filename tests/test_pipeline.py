"""From a document to an answer: which form, which machine, which texts."""

from pathlib import Path

import pytest

from twill.models.errors import InvalidInput, InvalidProfile, UsageError
from twill.pipeline import interrupted_answer, read_task, solve_file
from twill.solver.verifier import verify_schedule

DOCUMENT = Path(__file__).parent.parent / "docs" / "graph-documents.md"
PLAIN = "graph: g\noperations: {A: {latency: 1, uses: {tensor_core: 8}}}\n"


def write(folder: Path, text: str) -> str:
    file = folder / "document.yaml"
    file.write_text(text)
    return str(file)


def test_example_of_the_documentation(tmp_path: Path) -> None:
    text = DOCUMENT.read_text().split("```yaml\n")[1].split("```")[0]
    answer = solve_file(write(tmp_path, text))
    assert answer.status == "optimal"
    assert answer.initiation_interval == 512  # two products of 256 cycles on one tensor core
    assert answer.schedule is not None
    verify_schedule(answer.problem, answer.schedule)
    assert answer.sources.graph == text
    together = {row.name: row.warp_group for row in answer.operations}
    assert together["scores"] == together["output"]
    assert together["load"] == "producer"


def test_a_kernel_is_priced_by_a_profile() -> None:
    task = read_task("gemm", "b200")
    assert (task.kernel, task.gpu, task.problem.machine.name) == ("gemm", "b200", "b200")
    assert task.sources.kernel is not None
    assert task.sources.kernel.startswith("kernel: gemm")
    assert task.sources.profile is not None
    assert str(task.sources.kernel_digest).startswith("sha256:")
    assert task.sources.kernel_digest != task.sources.profile_digest


@pytest.mark.parametrize(
    ("line", "gpu", "expected"),
    [
        ("", None, "h100-sxm"),
        ("", "b200", "b200"),
        ("profile: b300\n", None, "b300"),
        ("profile: b300\n", "b200", "b200"),
        ("machine: {name: mine, units: {tensor_core: 1}}\n", None, "mine"),
    ],
)
def test_machine_of_a_graph(line: str, gpu: str | None, expected: str, tmp_path: Path) -> None:
    task = read_task(write(tmp_path, PLAIN + line), gpu)
    assert (task.gpu, task.problem.machine.name) == (expected, expected)


def test_a_machine_and_a_gpu_contradict_each_other(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_task(write(tmp_path, PLAIN + "machine: {}\n"), "b200")
    assert caught.value.problems[0].line == 3


@pytest.mark.parametrize(
    "text", ["{}", "[]", "name: x", "graph: g\nkernel: k", "3", "", "graph: g", "kernel: g"]
)
def test_what_is_no_document_has_a_place(text: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_task(write(tmp_path, text))
    first = caught.value.problems[0]
    assert (first.line, first.column) == (1, 1)
    assert first.cure


def test_an_empty_name_is_not_the_default_gpu() -> None:
    """As in `--gpu "$GPU"` where the variable is not set."""
    with pytest.raises(InvalidProfile, match="unknown GPU ''"):
        read_task("gemm", "")


def test_nearest_name_is_offered() -> None:
    with pytest.raises(UsageError) as caught:
        read_task("paper_runing_example")
    assert caught.value.problems[0].cure == "did you mean paper_running_example?"


def test_a_folder_does_not_hide_a_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gemm").mkdir()
    monkeypatch.chdir(tmp_path)
    assert read_task("gemm").kernel == "gemm"


def test_interrupted_without_anything_found() -> None:
    answer = interrupted_answer(read_task("paper_running_example"), None, None)
    assert (answer.status, answer.reason, answer.bounds) == ("unknown", "interrupted", None)
