"""`twill shapes`: table, JSON twin, the document it writes, and exit codes."""

import json
from pathlib import Path

import pytest

from twill.cli.main import run
from twill.gate.store import library_folder

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
    assert "*  128" in text
    assert "BLOCK_N = 100: refused: acc[0]: 64x100x64 bf16 is not a legal matrix shape" in text
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
        "solve 1 (3 shapes): BLOCK_N = 128, at most 2,048.0",
        "solve 2 (3 shapes): BLOCK_N = 64, at most 1,365.3",
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


@pytest.mark.parametrize("command", ["solve", "emit"])
def test_what_needs_one_shape_says_how_to_get_it(
    command: str, document: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["-o", str(tmp_path / "bundle")] if command == "emit" else []
    assert run([command, document, *more]) == 2
    said = capsys.readouterr().err
    assert "listed.yaml:5:3: sizes.BLOCK_N is a list of 3, and one value is needed here" in said
    assert "choose one, as `--size BLOCK_N=128`; `twill shapes` finds the best" in said


def test_a_graph_has_no_shapes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["shapes", "paper_running_example"]) == 2
    assert "a graph has no sizes" in capsys.readouterr().err


def test_what_may_tie_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "listed.yaml"
    file.write_text(listed_text("gemm", BLOCK_M="128", BLOCK_K="[64, 32]"))
    assert run(["shapes", str(file), "-q"]) == 0
    text = capsys.readouterr().out
    assert "1 shape that was not solved is at best equal to it, with no fewer bytes loaded" in text
    assert "outdone: at best equal" in text


def test_no_schedule_in_any_shape_is_exit_1_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, best = tmp_path / "listed.yaml", tmp_path / "best.yaml"
    file.write_text(listed_text("gemm", BLOCK_M="[512, 1024]"))
    assert run(["shapes", str(file), "-q", "-o", str(best)]) == 1
    printed = capsys.readouterr()
    assert "infeasible: no shape has a schedule; solved 0 of 2 shapes" in printed.out
    assert "is not written: no shape has a schedule" in printed.err
    assert not best.exists()


def test_a_limit_is_exit_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "listed.yaml"
    file.write_text(listed_text("flash_attention_forward", BLOCK_M="128", BLOCK_N="[128, 64]"))
    assert run(["shapes", str(file), "-q", "--time-limit", "0.001", "--json"]) == 3
    search = json.loads(capsys.readouterr().out)
    assert search["status"] in ("feasible", "unknown")
    assert "outdone" not in [candidate["status"] for candidate in search["candidates"]]


def test_errors_are_problems_under_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["shapes", "gemm", "--json"]) == 2
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert "there is nothing to choose" in problem["message"]
    assert (problem["line"], problem["column"]) == (3, 1)


def test_a_chosen_shape_is_solved_and_says_no_origin(
    document: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schedule = tmp_path / "schedule.json"
    assert run(["solve", document, "-q", "--size", "BLOCK_N=64", "-o", str(schedule)]) == 0
    answer = json.loads(schedule.read_text())
    assert answer["initiation_interval"] == 384
    assert answer["origin"] is None
    assert "  BLOCK_N: 64\n" in answer["sources"]["kernel"]
    capsys.readouterr()
    assert run(["verify", str(schedule)]) == 0
    assert run(["check", str(schedule)]) == 0
    assert "it names no origin" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--size", "BLOCK_N"], "--size 'BLOCK_N'"),
        (["--size", "BLOCK_N=1e3"], "--size 'BLOCK_N=1e3'"),
        (["--size", "BLOCK_N=99999"], "from 1 to 65536"),
        (["--size", f"BLOCK_N={10**30}"], "from 1 to 65536"),
        (["--size", "BLOCK_N=0"], "from 1 to 65536"),
        (["--split", "BLOCK_M=1", "--split", "BLOCK_M=2"], "--split gives BLOCK_M twice"),
        (["--size", "BLOCK_N=96"], "listed.yaml:5:12: 96 is not in the list of sizes.BLOCK_N"),
        (["--size", "BLOCK_N=64", "--store", "."], "--store compares with the document"),
    ],
)
def test_bad_choices(
    options: list[str], said: str, document: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["solve", document, *options]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("command", ["solve", "emit", "explain"])
def test_graphs_and_stored_schedules_have_no_shapes(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["-o", str(tmp_path / "bundle")] if command == "emit" else []
    assert run([command, "paper_running_example", "--size", "N=1", *more]) == 2
    assert "a graph has no sizes" in capsys.readouterr().err
    if command != "solve":
        stored = str(library_folder() / "gemm@h100-sxm.json")
        assert run([command, stored, "--size", "BLOCK_N=64", *more]) == 2
        assert "do not change a stored schedule" in capsys.readouterr().err


def test_explain_offers_what_is_listed(document: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", document, "-q", "--size", "BLOCK_N=64"]) == 0
    text = capsys.readouterr().out
    assert "gemm on h100-sxm with BLOCK_N = 64\n" in text
    assert "\nSizes\n  With BLOCK_N = 128: II 512, 128 cycles more (+33.3 %); 2,048.0 " in text
    assert "  With BLOCK_N = 100: acc[0]: 64x100x64 bf16 is not a legal matrix shape" in text
