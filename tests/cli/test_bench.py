"""`twill bench` and `twill report`, on the stub of a GPU."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from twill import emitting
from twill.cli import bench, bench_targets
from twill.cli.main import run
from twill.models.answer import Alternative
from twill.models.errors import Unsupported
from twill.pipeline import solve_file
from twill.runtime.bundle import Bundle
from twill.tests.benching import bundles


@pytest.fixture(autouse=True)
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILL_CACHE", str(tmp_path / "cache"))
    use(monkeypatch, "none")


def use(monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    monkeypatch.setattr(bench, "_runner", lambda *, quiet: bundles.runner(fault))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    bundles.marked_bundle(tmp_path / "one.clocks", bundles.cases())
    return bundles.bundle(tmp_path / "one", bundles.cases())


def test_a_bundle_is_checked_timed_and_reported(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tmp_path / "results"
    options = ["--reps", "3", "--launches", "1000", "--trips", "N=80,160", "--size", "M=64"]
    assert run(["bench", str(folder), *options, "-o", str(results)]) == 0
    text = capsys.readouterr().out
    assert "one: right in 2 cases, 2,000 launches" in text
    assert "scale at M=64 N=64" in text
    assert "steps of one" in text
    assert run(["report", str(results)]) == 0
    assert "report.md" in capsys.readouterr().out
    assert run(["report", str(results), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["format"] == "twill-bench/1"


def test_json_is_the_same_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", str(folder), "--reps", "1", "--json", "--quiet", "--no-peers"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["device"]["driver_cuda"] == 13000
    assert found["ceiling"] is None
    assert found["timings"][0]["timings"]["one"]["median_us"] == 10


@pytest.mark.parametrize(("fault", "code"), [("wrong", 1), ("fail", 4)])
def test_exit_codes(fault: str, code: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, fault)
    assert run(["bench", str(folder), "--reps", "1", "--quiet", "--no-peers"]) == code


def test_without_a_gpu_nothing_is_emitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, "no-gpu")
    assert run(["bench", "gemm", "-o", str(tmp_path / "results")]) == 4
    assert "device fault: no GPU" in capsys.readouterr().err
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.yaml"], "nowhere.yaml"),
        (["--size", "M"], "--size M: not NAME=N"),
        (["--size", "M=0"], "--size M=0: not NAME=N"),
        (["--trips", "K=5"], "--trips K=5: not NAME=SHORT,LONG"),
        (["--top", "2"], "--top solves a kernel"),
        (["gemm", "--top", "2"], "--top compares strategies of one kernel"),
    ],
)
def test_wrong_arguments(
    arguments: list[str], said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["bench", str(folder), *arguments, "--quiet"]) == 2
    assert said in capsys.readouterr().err


def test_a_folder_that_is_no_bundle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", str(tmp_path), "--quiet"]) == 2
    assert "is no bundle" in capsys.readouterr().err
    assert run(["report", str(tmp_path)]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_strategies_are_emitted_with_their_twins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, "fail")  # the stub cannot compute a product: the launch fails
    monkeypatch.setattr(bench_targets, "strategies_of", lambda answer: [answer, answer])
    results = tmp_path / "results"
    options = ["--top", "3", "-o", str(results), "--quiet", "--no-peers", "--reps", "1"]
    assert run(["bench", "gemm", *options]) == 4
    printed = capsys.readouterr()
    assert "rank by the model" in printed.out
    assert "found 2 of the 3 strategies" in printed.err
    found = json.loads((results / "results.json").read_text())
    names = [one["name"] for one in found["strategies"]]
    assert names == ["gemm.h100-sxm.1", "gemm.h100-sxm.2"]
    assert all(one["measured_rank"] is None for one in found["strategies"])
    twin = Bundle.load(results / "bundles" / f"{names[0]}.clocks").manifest
    assert [role.role for role in twin.marks] == ["producer", "compute-1", "compute-2"]
    assert not Bundle.load(results / "bundles" / names[0]).manifest.marks


def test_a_strategy_that_cannot_be_emitted_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(answer: object, *, seconds: float | None) -> None:
        raise Unsupported("store_o needs results of 2 warp groups")

    monkeypatch.setattr(emitting, "emit", refuse)
    monkeypatch.setattr(bench_targets, "strategies_of", lambda answer: [answer, answer])
    assert run(["bench", "gemm", "--top", "2", "--quiet"]) == 0
    said = capsys.readouterr().err
    assert "strategy 1 is left out: store_o needs results of 2 warp groups" in said
    assert run(["bench", "gemm", "--quiet"]) == 2


def test_strategies_of_an_answer_are_its_schedules() -> None:
    answer = solve_file("gemm")
    assert bench_targets.strategies_of(answer) == [answer]
    assert answer.schedule is not None
    other = Alternative(schedule=answer.schedule, warp_groups=(), objectives=())
    both = bench_targets.strategies_of(answer.model_copy(update={"alternatives": (other,)}))
    assert [one.schedule for one in both] == [answer.schedule] * 2


def test_emit_with_clocks(tmp_path: Path) -> None:
    assert run(["emit", "gemm", "-o", str(tmp_path / "bundle"), "--quiet", "--clocks"]) == 0
    bundle = Bundle.load(tmp_path / "bundle")
    assert bundle.manifest.marks
    assert not (tmp_path / "bundle" / "launcher.c").exists()
    report = json.loads((tmp_path / "bundle" / "report.json").read_text())
    assert report["work"]["tiles"] == {"c": [128, 256]}
    assert report["work"]["flop_per_iteration"] == 2 * 128 * 256 * 64
