"""`twill sweep --shapes`: documents whose sizes or splits are lists."""

import json
from pathlib import Path

import pytest

from twill.cli.main import run
from twill.reader.schedules import read_schedule
from twill.tests.support.listed_shapes import listed_text


def test_every_shape_of_a_document_with_lists_has_a_row_and_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "shapes.yaml"
    document.write_text(listed_text("gemm", BLOCK_N="[128, 256]"))
    folder = tmp_path / "out"
    asked = ["sweep", str(document), "paper_running_example", "-o", str(folder), "-q"]
    assert run([*asked, "--json"]) == 2  # which shape is not said
    refused, _ = json.loads(capsys.readouterr().out)["rows"]
    assert (refused["status"], refused["shape"]) == ("refused", "")

    assert run([*asked, "--shapes", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["shape"] for row in rows] == ["BLOCK_N = 128", "BLOCK_N = 256", ""]
    for row, size in zip(rows, (128, 256, 0), strict=True):
        if size:
            stored = read_schedule(folder / row["file"])
            assert stored.initiation_interval == row["initiation_interval"]
            assert f"BLOCK_N: {size}" in (stored.sources.kernel or "")
            assert stored.origin is None  # the document says more than this shape
    assert len({row["file"] for row in rows}) == 3

    assert run([*asked, "--shapes", "--json"]) == 0
    again = json.loads(capsys.readouterr().out)["rows"]
    assert all(row["resumed"] for row in again)  # nothing is solved twice
    assert run([*asked, "--shapes"]) == 0
    assert "BLOCK_N = 128" in capsys.readouterr().out


def test_a_shape_that_cannot_be_is_a_row_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "shapes.yaml"
    document.write_text(listed_text("gemm", BLOCK_N="[256, 1024]"))
    code = run(["sweep", str(document), "--shapes", "-o", str(tmp_path / "o"), "-q", "--json"])
    good, bad = json.loads(capsys.readouterr().out)["rows"]
    assert good["status"] == "optimal"
    assert bad["status"] in ("refused", "infeasible")
    assert bad["shape"] == "BLOCK_N = 1024"
    assert code == {"refused": 2, "infeasible": 1}[bad["status"]]
