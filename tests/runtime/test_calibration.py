"""Calibration folders: written, read back, and run where Twill is not installed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from twill.models.errors import InvalidInput
from twill.runtime import sampling
from twill.runtime.calibrate import main
from twill.runtime.calibration_pack import write_calibration
from twill.runtime.microbenchmark import CalibrationBundle
from twill.runtime.sampling import take_samples
from twill.runtime.timing import Clocks
from twill.tests.runtime.stub_driver import noting
from twill.tests.support.modelled_gpu import ModelledGpu

DIGEST = "sha256:" + "5" * 64
ABOUT = {"gpu": "h100-sxm", "target": "sm_90a", "compiler": "NVRTC 12.9", "made_by": "twill 0"}
FIRST: dict[str, Any] = {
    "name": "rate_exp2", "source": DIGEST, "cubin": "vector.cubin", "threads": 512,
    "shared_bytes": 0, "lengths": {"short": 64, "long": 256}, "everywhere": 0,
}  # fmt: skip
SECOND: dict[str, Any] = {
    **FIRST, "name": "memory_stream", "threads": 32, "everywhere": 1, "shared_bytes": 4096,
    "copied": {"rows": 4096, "box_rows": 128},
}  # fmt: skip


@pytest.fixture(autouse=True)
def clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "sample_clocks", lambda: Clocks(1755, 400, 50))


def write(folder: Path, *benchmarks: dict[str, Any]) -> Path:
    cubins = {"vector.cubin": b"\x7fELF"}
    write_calibration(folder, cubins, benchmarks or [FIRST, SECOND], ABOUT)
    return folder


def test_a_folder_is_read_as_it_was_written(tmp_path: Path) -> None:
    bundle = CalibrationBundle.load(write(tmp_path / "c"))
    first, second = bundle.benchmarks
    assert (first.name, first.warps, first.lengths, first.copied) == (
        "rate_exp2", 16, (64, 256), None,
    )  # fmt: skip
    assert second.everywhere
    assert second.copied is not None
    assert second.copied.box_rows == 128
    write(tmp_path / "c", FIRST)
    assert len(CalibrationBundle.load(tmp_path / "c").benchmarks) == 1


def test_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a"), write(tmp_path / "b")
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes()


def test_launches_take_turns_and_times_are_noted(tmp_path: Path) -> None:
    gpu = ModelledGpu()
    heard: list[str] = []
    bundle = CalibrationBundle.load(write(tmp_path / "c"))
    taken: Any = take_samples(bundle, gpu, "2026-01-31", 5, heard.append)
    assert heard == ["rate_exp2", "memory_stream"]
    assert taken["device"] == "Stub GPU"
    assert (taken["clock_before"], taken["clock_after"]) == (1755, 1755)
    launches = gpu.named("launch")[2 * sampling.WARM_UPS :]
    order = [(str(kernel), int(arguments[1])) for _, kernel, _, _, _, arguments in launches[:6]]
    assert order == [
        ("kernel rate_exp2", 256), ("kernel rate_exp2", 64), ("kernel rate_exp2", 256),
        ("kernel memory_stream", 256), ("kernel memory_stream", 64), ("kernel memory_stream", 256),
    ]  # fmt: skip
    grids = {str(kernel): (grid, threads) for _, kernel, grid, threads, _, _ in launches}
    assert grids == {
        "kernel rate_exp2": ((1, 1, 1), 512), "kernel memory_stream": ((132, 1, 1), 32),
    }  # fmt: skip
    (maps,) = gpu.named("tensor_map")
    assert maps[3].box == (64, 128)
    assert maps[3].dimensions == (64, 4096)
    run = taken["runs"][0]
    assert len(run["short"]) == len(run["long"]) == 5
    assert min(run["short"]) > 0


def test_the_median_block_counts(tmp_path: Path) -> None:
    class Uneven(ModelledGpu):
        def _note(self, noted: Any, taken: float) -> None:
            blocks = noted.reshape(-1, 2)
            blocks[:, 0] = 10
            blocks[:, 1] = 10 + 1000
            blocks[: len(blocks) // 3, 1] = 10 + 9_000_000

    bundle = CalibrationBundle.load(write(tmp_path / "c", SECOND))
    taken: Any = take_samples(bundle, Uneven(), "2026-01-31", 5)
    assert set(taken["runs"][0]["long"]) == {1000}


def test_another_gpu_is_refused(tmp_path: Path) -> None:
    bundle = CalibrationBundle.load(write(tmp_path / "c"))
    with pytest.raises(InvalidInput, match=r"capability 9.0; Stub GPU has 10.0"):
        take_samples(bundle, ModelledGpu(compute_capability=(10, 0)), "2026-01-31")


@pytest.mark.parametrize("repetitions", [0, 4, 301])
def test_too_few_or_many_repetitions_are_refused(tmp_path: Path, repetitions: int) -> None:
    bundle = CalibrationBundle.load(write(tmp_path / "c"))
    with pytest.raises(InvalidInput, match="5 to 300 repetitions"):
        take_samples(bundle, ModelledGpu(), "2026-01-31", repetitions)


def test_a_microbenchmark_that_hangs_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "WATCH_SECONDS", 0.01)
    codes: list[int] = []
    folder = str(write(tmp_path / "c"))
    main(folder, [], lambda: ModelledGpu(hangs=True), end=noting(codes))
    assert codes == [4]
    assert "hang: rate_exp2: has not ended in 0.01 s" in capsys.readouterr().err


def edited(folder: Path, edit: Any) -> None:
    path = folder / "calibration.json"
    described = json.loads(path.read_text())
    edit(described)
    path.write_text(json.dumps(described))


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda d: d.update(format="twill-calibration/2"), "format"),
        (lambda d: d.update(target="sm_80"), "target"),
        (lambda d: d.update(surplus=1), "the field surplus is unknown"),
        (lambda d: d["benchmarks"][0].update(name="../x"), "name"),
        (lambda d: d["benchmarks"][0].update(source="md5:1"), "source"),
        (lambda d: d["benchmarks"][0].update(cubin="/etc/x.cubin"), "cubin"),
        (lambda d: d["benchmarks"][0].update(cubin="other.cubin"), "no cubin other.cubin"),
        (lambda d: d["benchmarks"][0].update(threads=100), "is not a number of warps"),
        (lambda d: d["benchmarks"][0].update(threads=2048), "threads"),
        (lambda d: d["benchmarks"][0].update(shared_bytes=1 << 20), "shared_bytes"),
        (lambda d: d["benchmarks"][0]["lengths"].update(long=64), "long"),
        (lambda d: d["benchmarks"][0]["lengths"].update(long=1 << 40), "long"),
        (lambda d: d["benchmarks"][1]["copied"].update(rows=1 << 40), "rows"),
        (lambda d: d["benchmarks"][1]["copied"].update(box_rows=300), "box"),
        (lambda d: d["benchmarks"][1].update(everywhere=2), "everywhere"),
        (lambda d: d["cubins"].update({"../x.cubin": DIGEST}), "is no name of a cubin"),
        (lambda d: d["cubins"].update({"vector.cubin": DIGEST}), "changed since"),
        (lambda d: d["cubins"].update({"gone.cubin": DIGEST}), "missing"),
    ],
)
def test_a_wrong_folder_is_refused(tmp_path: Path, edit: Any, message: str) -> None:
    folder = write(tmp_path / "c")
    edited(folder, edit)
    with pytest.raises(InvalidInput, match=message):
        CalibrationBundle.load(folder)


def test_a_folder_of_something_else_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("important")
    with pytest.raises(InvalidInput, match=r"no calibration: thesis\.tex"):
        write(tmp_path)
    with pytest.raises(InvalidInput, match="is a file"):
        write(tmp_path / "thesis.tex")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "old.cubin").write_bytes(b"")
    with pytest.raises(InvalidInput, match=r"files without calibration\.json"):
        write(tmp_path / "b")


def test_the_command_writes_samples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(tmp_path / "c")
    assert main(str(folder), ["--reps", "5"], ModelledGpu) == 0
    said = capsys.readouterr()
    assert "samples of Stub GPU written to" in said.out
    assert "rate_exp2" in said.err
    written = json.loads((folder / "samples.json").read_text())
    assert len(written["runs"][1]["long"]) == 5
    write(folder)  # samples do not hinder packing again
    assert (folder / "samples.json").exists()


def test_one_that_hangs_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(tmp_path / "c")
    assert main(str(folder), ["--reps", "5", "--skip", "memory_stream", "--json"], ModelledGpu) == 0
    taken = json.loads(capsys.readouterr().out)
    assert [run["name"] for run in taken["runs"]] == ["rate_exp2"]
    assert main(str(folder), ["--skip", "nothing"], ModelledGpu) == 2
    assert "known: rate_exp2, memory_stream" in capsys.readouterr().err
    both = ["--skip", "memory_stream", "--skip", "rate_exp2"]
    assert main(str(folder), both, ModelledGpu) == 2


def test_errors_of_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(tmp_path / "c")
    assert main(str(folder), ["--reps", "1"], ModelledGpu) == 2
    assert main(str(tmp_path), ["--json"], ModelledGpu) == 2
    said = json.loads(capsys.readouterr().out)
    assert said["problems"][0]["message"] == "missing"
    assert main(str(folder), ["--reps", "5", "-o", str(folder)], ModelledGpu) == 2


def test_it_runs_without_twill_and_says_that_there_is_no_gpu(tmp_path: Path) -> None:
    folder = write(tmp_path / "c")
    done = subprocess.run(
        [sys.executable, str(folder / "run.py"), "--json"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 4, done.stderr
    assert json.loads(done.stdout)["title"] == "device fault"
