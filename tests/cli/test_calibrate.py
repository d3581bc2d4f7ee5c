"""`twill calibrate` and `twill profiles diff` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from twill.cli import calibrate
from twill.cli.main import run
from twill.gpu_profiles.library import load_profile
from twill.runtime import calibrate as on_box
from twill.runtime import cupy_driver, sampling
from twill.runtime.sampling import REPETITIONS
from twill.tests.support.modelled_gpu import ModelledGpu


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("TWILL_CACHE", str(tmp_path_factory.getbasetemp() / "calibrate-cache"))
    monkeypatch.setattr(sampling, "sample_clocks", lambda: None)


def test_defaults_are_those_of_the_runtime() -> None:
    assert calibrate.REPETITIONS == REPETITIONS


def test_families_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["calibrate", "--list"]) == 0
    assert "wgmma: rates and latencies by shape" in capsys.readouterr().out
    assert run(["calibrate", "--list", "--gpu", "b200", "--json"]) == 0
    names = {row["family"] for row in json.loads(capsys.readouterr().out)}
    assert {"tensor_memory", "vector", "transfers", "handoffs"} <= names
    assert "matrix" not in names


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "nothing"], "no family nothing here"),
        (["--gpu", "h101"], "unknown GPU 'h101'"),
        (["--list", "--pack", "x"], "exclude one another"),
        (["--from", "no-such.json"], "cannot be read"),
        (["--reps", "2"], "reps"),
        (["-o", "no/such/folder/x.yaml"], "cannot be written"),
    ],
)
def test_bad_input(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(cupy_driver, "CupyDriver", ModelledGpu)
    assert run(["calibrate", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_an_unknown_family_is_said_without_a_gpu_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["calibrate", "--only", "nothing"]) == 2
    assert "no family nothing here" in capsys.readouterr().err


def test_without_a_gpu_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["calibrate"]) == 4
    assert "no CuPy" in capsys.readouterr().err
    assert run(["calibrate", "--json"]) == 4
    assert json.loads(capsys.readouterr().out)["title"] == "device fault"


def test_packed_here_run_there_read_here(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, profile = tmp_path / "pack", tmp_path / "measured.yaml"
    assert run(["calibrate", "--pack", str(folder), "--only", "handoffs"]) == 0
    assert "9 microbenchmarks for h100-sxm (sm_90a), NVRTC" in capsys.readouterr().out
    assert on_box.main(str(folder), ["--reps", "9"], ModelledGpu) == 0
    capsys.readouterr()
    given = ["--from", str(folder / "samples.json"), "-o", str(profile)]
    assert run(["calibrate", *given]) == 0
    printed = capsys.readouterr().out
    assert "h100-sxm: Stub GPU, driver " in printed
    assert "named barrier, one way" in printed
    assert "handoff.mbarrier_latency" in printed
    assert "beside the profile" in printed
    assert "6 figures measured, 63 as before; still estimated: tensor_core.latency, " in printed
    assert load_profile(str(profile)).value.handoff.mbarrier_latency.value == pytest.approx(
        85, 0.01
    )

    assert run(["profiles", "diff", "h100-sxm", str(profile)]) == 0
    table = capsys.readouterr().out
    assert "handoff.mbarrier_latency" in table
    assert "estimated: the B200 figure" in table
    assert "measured: an arrival of each warp until the waiter goes on" in table
    assert run(["profiles", "diff", "h100-sxm", str(profile), "--json"]) == 0
    found = {each["figure"]: each for each in json.loads(capsys.readouterr().out)["figures"]}
    assert len(found) == 6
    assert found["handoff.mbarrier_latency"]["ratio"] == pytest.approx(85 / 92, rel=0.01)


def test_a_gpu_of_this_machine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cupy_driver, "CupyDriver", ModelledGpu)
    arguments = ["calibrate", "--only", "shared_port", "--reps", "5", "--json"]
    samples = tmp_path / "samples.json"
    assert run([*arguments, "--samples", str(samples)]) == 0
    first = json.loads(capsys.readouterr().out)
    assert [each["outcome"] for each in first["results"]] == ["measured", "measured"]
    assert first["results"][0]["figures"] == ["units.shared_port.capacity", "shared_memory.port"]
    assert first["results"][0]["value"] == 128
    assert first["profile"] is None
    assert run([*arguments, "--from", str(samples)]) == 0
    assert json.loads(capsys.readouterr().out) == first


def test_what_is_refused_is_named_and_told_by_the_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = ModelledGpu(fault=lambda name, number, cycles: cycles / 1000)
    monkeypatch.setattr(cupy_driver, "CupyDriver", lambda: broken)
    output = tmp_path / "measured.yaml"
    arguments = ["calibrate", "--only", "shared_port", "--reps", "5", "-o", str(output)]
    assert run(arguments) == 1
    printed = capsys.readouterr().out
    assert "refused: port, loads: " in printed
    assert "is outside of what is sane, 8 to 2048 bytes per cycle" in printed
    assert output.read_text() == load_profile("h100-sxm").text


@pytest.mark.parametrize(
    "arguments", [["diff"], ["diff", "b200"], ["b200", "b300"], ["diff", "a", "b", "c"]]
)
def test_wrong_numbers_of_profiles(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["profiles", *arguments]) == 2
    assert "diff" in capsys.readouterr().err


def test_what_is_no_figure_is_told_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profiles", "diff", "h100-sxm", "b200"]) == 0
    printed = capsys.readouterr().out
    assert "target: sm_90a, sm_100a\n" in printed
    assert "tensor_core.shapes.bf16.rows: (64,), (64, 128)\n" in printed
    assert "NVIDIA H100 SXM5 80 GB" not in printed
    assert run(["profiles", "diff", "h100-sxm", "b200", "--json"]) == 0
    settings = json.loads(capsys.readouterr().out)["settings"]
    assert {"setting": "warp_groups", "first": "4", "second": "6"} in settings


def test_equal_profiles_do_not_differ(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profiles", "diff", "b200", "b200"]) == 0
    assert capsys.readouterr().out == "no figure differs in its value\n"
