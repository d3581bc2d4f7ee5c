"""`python -m twill.runtime`, on the stub of a GPU."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from twill.models.errors import InvalidInput
from twill.runtime import check, timing
from twill.runtime.__main__ import main
from twill.runtime.bundle import Bundle
from twill.runtime.dtypes import to_values
from twill.runtime.sample_inputs import random_case
from twill.runtime.timing import Clocks
from twill.tests.runtime import scaling
from twill.tests.runtime.stub_driver import StubDriver, noting


@pytest.fixture(autouse=True)
def no_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "sample_clocks", lambda: None)


@pytest.fixture
def bundle(tmp_path: Path) -> str:
    return str(scaling.write(tmp_path / "bundle", [scaling.case(16), scaling.case(40)]))


def run(*arguments: str, right: bool = True) -> tuple[int, StubDriver]:
    driver = StubDriver(scaling.compute) if right else StubDriver()
    return main(arguments, make_driver=lambda: driver), driver


def test_a_right_kernel_is_checked_and_timed(
    bundle: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timing, "sample_clocks", lambda: Clocks(1980, 350.5, 45))
    code, driver = run(bundle, "--reps", "3")
    out = capsys.readouterr().out
    assert code == 0
    assert "scale for sm_90a on Stub GPU, NVRTC 12.9" in out
    assert "M=40 N=64  c       2,560     0      [" in out
    assert "result: right" in out
    assert "times at M=40 N=64" in out
    assert "  scale: median 10.0 us, p10 10.0, p90 10.0, 3 samples" in out
    assert "  the same again: median 10.0 us" in out
    assert "  before: 1980 MHz, 350 W, 45 °C" in out
    assert len(driver.named("record")) == 2 + 1 + 2 * 2 * 3  # two cases and what is timed first


def test_a_wrong_kernel(bundle: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, driver = run(bundle, "--no-time", right=False)
    out = capsys.readouterr().out
    assert code == 1
    assert "result: WRONG" in out
    assert "[0, 0] nan, not" in out
    assert "1,024 NaN" in out
    assert len(driver.named("record")) == 2  # the cases, and no times


def test_everything_as_json(bundle: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(bundle, "--json", "--reps", "2")[0] == 0
    found = json.loads(capsys.readouterr().out)
    assert found["passed"] is True
    assert found["device"] == "Stub GPU"
    assert [case["extents"] for case in found["cases"]] == [
        {"M": 16, "N": 64},
        {"M": 40, "N": 64},
    ]
    assert found["timed_extents"] == {"M": 40, "N": 64}
    assert found["timing"]["timings"]["scale"]["samples"] == 2
    assert run(bundle, "--json", "--no-time", right=False)[0] == 1
    found = json.loads(capsys.readouterr().out)
    assert found["cases"][0]["outputs"][0]["got"] == "nan"
    assert found["timing"] is None


def test_random_inputs_of_a_size(bundle: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, driver = run(bundle, "--size", "M=128", "--reps", "1")
    assert code == 0
    assert "times at M=128 N=64" in capsys.readouterr().out
    assert driver.named("launch")[-1][-1][4] == 128


def test_a_bundle_without_reference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(scaling.write(tmp_path / "bundle"))
    assert run(folder)[0] == 0
    assert "nothing was compared" in capsys.readouterr().out
    assert run(folder, "--size", "M=8")[0] == 2
    assert "factor is missing" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--size", "M"], "--size M: not NAME=N"),
        (["--size", "M=x"], "not NAME=N"),
        (["--size", "Z=5"], "no extent Z"),
        (["--size", "N=5"], "N is 5, not a multiple of 8"),
        (["--reps", "0"], "--reps: at least 1"),
    ],
)
def test_wrong_arguments(
    arguments: list[str], message: str, bundle: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(bundle, *arguments)[0] == 2
    assert message in capsys.readouterr().err


def test_what_argparse_refuses(bundle: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(bundle, "--reps", "many")
    assert stopped.value.code == 2
    assert "usage: python -m twill.runtime" in capsys.readouterr().err


def test_errors_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(tmp_path / "nowhere"), "--json")[0] == 2
    problem = json.loads(capsys.readouterr().out)
    assert problem["type"] == "urn:twill:problem:invalid-input"
    assert (problem["title"], problem["exit_code"]) == ("invalid input", 2)
    assert problem["detail"].startswith("no bundle at")
    assert problem["problems"][0]["cure"] == "give the folder with launch.json"


def test_without_a_gpu_it_says_so_in_one_sentence(
    bundle: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    assert main([bundle]) == 4
    assert capsys.readouterr().err.startswith("device fault: no CuPy, which launching needs\n")
    assert main([bundle, "--json"]) == 4
    problem = json.loads(capsys.readouterr().out)
    assert problem["type"] == "urn:twill:problem:device-fault"
    assert "problems" not in problem


def test_it_is_a_module_that_python_runs(bundle: str) -> None:
    command = [sys.executable, "-m", "twill.runtime", bundle + "-missing"]
    finished = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    assert finished.returncode == 2
    assert "no bundle at" in finished.stderr


def test_random_cases_are_the_same_each_time(tmp_path: Path) -> None:
    manifest = Bundle.load(scaling.write(tmp_path / "bundle")).manifest
    sizes = {"M": 64, "N": 128}
    first, second = (random_case(manifest, sizes, [scaling.case()]) for _ in range(2))
    np.testing.assert_array_equal(first.inputs["a"], second.inputs["a"])
    values = to_values(first.inputs["a"], "bf16")
    assert values.shape == (64, 128)
    assert 0.9 < values.std() < 1.1
    assert first.scalars == {"factor": 3.0}


def test_indices_are_not_drawn(tmp_path: Path) -> None:
    arguments = [{**scaling.LAUNCH["arguments"][0], "dtype": "i32"}]
    arguments += scaling.LAUNCH["arguments"][1:]
    parameters = scaling.LAUNCH["parameters"][1:]
    folder = scaling.write(tmp_path / "bundle", arguments=arguments, parameters=parameters)
    with pytest.raises(InvalidInput, match="a: indices cannot be drawn"):
        random_case(Bundle.load(folder).manifest, {"M": 8}, [scaling.case()])


def test_a_kernel_that_hangs_ends_the_process(
    bundle: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "WATCH_SECONDS", 0.01)
    codes: list[int] = []
    driver = StubDriver(hangs=True)
    main([bundle], make_driver=lambda: driver, end=noting(codes))
    assert codes == [4]
    assert "hang: scale, case 0: has not ended in 0.01 s" in capsys.readouterr().err


def test_ctrl_c_reaches_whoever_waits_for_a_kernel(
    bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(StubDriver):
        def has_passed(self, event: object) -> bool:
            raise KeyboardInterrupt

    codes: list[int] = []
    main([bundle], make_driver=Interrupted, end=noting(codes))
    assert codes == [130]


def test_leaving_frees_nothing() -> None:
    script = (
        "import atexit; from twill.runtime.watched import leave; "
        "atexit.register(print, 'freed'); leave(4)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (4, "")
