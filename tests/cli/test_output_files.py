"""Files that commands write: where that is impossible, it is said before the work, as an input."""

from pathlib import Path

import pytest

from twill.cli.main import run
from twill.cli.output import write_file
from twill.gate.store import library_folder
from twill.models.errors import UsageError

STORED = str(library_folder() / "gemm@h100-sxm.json")
COMMANDS = {
    "solve -o": ["solve", "gemm", "-q", "-o"],
    "solve --store": ["solve", "gemm", "-q", "--store"],
    "show -o": ["show", STORED, "-o"],
    "verify --smtlib": ["verify", STORED, "--smtlib"],
    "shapes -o": ["shapes", "gemm", "-q", "-o"],
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_below_a_file_nothing_is_written(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert run([*command, str(tmp_path / "file" / "output")]) == 2
    shown = capsys.readouterr()
    assert "cannot be written" in shown.err
    assert shown.out == ""


def test_a_report_that_cannot_be_written_is_said_before_the_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "missing" / "report.json"
    assert run(["check", STORED, "-q", "--report", f"json={file}"]) == 2
    said = "cannot be written\n    give a path in a folder that exists and can be written\n"
    assert capsys.readouterr().err == f"{file}: {said}"


def test_a_file_that_cannot_be_made_is_no_fault_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written: Not a directory"):
        write_file(tmp_path / "file" / "output", "text")
