"""`twill shapes`: table, JSON twin, the document it writes, and exit codes."""

import json
from pathlib import Path

import pytest

from twill.cli.main import run

from ..support.listed_shapes import listed_text


@pytest.fixture
def document(tmp_path: Path) -> str:
    file = tmp_path / "listed.yaml"
    file.write_text(listed_text("gemm", BLOCK_M="128", BLOCK_N="[128, 64, 100]"))
    return str(file)


def test_table_and_json_are_twins(document: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["shapes", document, "-q"]) == 0
    text = capsys.readouterr().out
    assert "optimal: BLOCK_N = 128: 2,048.0 multiply-adds a cycle, II 512" in text
    assert "outdone" in " ".join(text.split())
    assert run(["shapes", document, "-q", "--json"]) == 0
    search = json.loads(capsys.readouterr().out)
    assert (search["format"], search["solves"]) == ("twill-shapes/1", 1)
    assert [c["status"] for c in search["candidates"]] == ["optimal", "outdone", "refused"]


def test_every_solves_what_bounds_rule_out(
    document: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["shapes", document, "--every", "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["solves"] == 2
    assert printed.err.splitlines() == [
        "1 of 3: BLOCK_N = 128, at most 2,048.0",
        "2 of 3: BLOCK_N = 64, at most 1,365.3",
    ]


def test_the_written_document_is_solved(
    document: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    best = tmp_path / "best.yaml"
    assert run(["shapes", document, "-q", "-o", str(best)]) == 0
    assert "BLOCK_N: 128" in best.read_text()
    capsys.readouterr()
    assert run(["solve", str(best), "-q", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["initiation_interval"] == 512


@pytest.mark.parametrize("command", ["solve", "emit", "explain"])
def test_what_needs_one_shape_says_how_to_get_it(
    command: str, document: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["-o", str(tmp_path / "bundle")] if command == "emit" else []
    assert run([command, document, *more]) == 2
    said = capsys.readouterr().err
    assert "listed.yaml:5:3: sizes.BLOCK_N is a list of 3, and one value is needed here" in said
    assert "`twill shapes DOCUMENT -o FILE` finds the best" in said


def test_a_graph_has_no_shapes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["shapes", "paper_running_example"]) == 2
    assert "a graph has no sizes" in capsys.readouterr().err
