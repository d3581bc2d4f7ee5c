"""`twill explain`: text, its JSON twin, and exit codes."""

import json
from pathlib import Path

import pytest

from twill.cli.main import run
from twill.gate.store import library_folder

STORED = str(library_folder() / "gemm@h100-sxm.json")


def test_text_and_json_are_twins(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", STORED, "-q"]) == 0
    text = capsys.readouterr().out
    assert run(["explain", STORED, "-q", "--json"]) == 0
    explanation = json.loads(capsys.readouterr().out)
    assert explanation["format"] == "twill-explanation/1"
    assert [s for s in explanation["sentences"] if s not in text] == []
    assert "\nFunctional units\n  With tensor_core twice as fast: II 768, " in text


def test_a_document_is_solved_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "gemm", "--no-what-ifs"]) == 0
    printed = capsys.readouterr()
    assert "gemm on h100-sxm" in printed.out
    assert "With" not in printed.out


def test_progress_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "paper_running_example"]) == 0
    assert "with twice the capacity of TC" in capsys.readouterr().err


def test_a_limit_is_exit_3(capsys: pytest.CaptureFixture[str]) -> None:
    stored = str(library_folder() / "softmax_stream@b200.json")
    assert run(["explain", stored, "-q", "--time-limit", "0.001"]) == 3


def test_a_stored_schedule_is_for_one_gpu(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", STORED, "--gpu", "b200"]) == 2
    assert "--gpu does not change a stored schedule" in capsys.readouterr().err


def test_a_tampered_schedule_is_not_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "tampered.json"
    file.write_text(Path(STORED).read_text().replace('"minimum": 1024', '"minimum": 1023', 1))
    assert run(["explain", str(file)]) == 2
    assert "bounds: the bounds are not those of the problem" in capsys.readouterr().err
