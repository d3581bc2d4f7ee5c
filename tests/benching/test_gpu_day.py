"""benchmarks/gpu_day.sh on the stub of a GPU, and without one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from twill.benching.plan import Sizes, Trips, plan_text
from twill.tests.benching import bundles

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "benchmarks" / "gpu_day.sh"


@pytest.fixture
def carried(tmp_path: Path) -> Path:
    """What make_bundles.py would make, of the kernel that scales."""
    folder = tmp_path / "carried"
    bundles.bundle(folder / "scale.h100", bundles.cases())
    bundles.marked_bundle(folder / "scale.h100.clocks", bundles.cases())
    trips = Trips("scale.h100", {"M": 64, "N": 80}, {"M": 64, "N": 160})
    plan = bundles.plan(
        Path("scale.h100"), sizes=(Sizes(("scale.h100",)),), trips=(trips,)
    )  # fmt: skip
    (folder / "plan-sm_90a.json").write_text(plan_text(plan))
    return folder


def run(
    carried: Path, results: Path, tmp_path: Path, fault: str, seconds: int = 300
) -> subprocess.CompletedProcess[str]:
    python = tmp_path / "python"
    python.write_text(
        "#!/bin/sh\n"
        'if [ "$2" = twill.benching ]; then\n'
        f'  shift 2; exec {sys.executable} -m twill.tests.benching.stub_bench {fault} "$@"\n'
        "fi\nexit 9\n"
    )
    python.chmod(0o755)
    environment = {**os.environ, "PYTHON": str(python), "SECONDS_IN_ALL": str(seconds)}
    command = [str(SCRIPT), str(carried), str(results)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_all_of_it_leaves_a_report(carried: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    done = run(carried, results, tmp_path, "none")
    assert done.returncode == 0, done.stderr
    report = (results / "report.md").read_text()
    assert "| scale.h100 | h100-sxm | right |" in report
    assert "| scale.h100 | 100 | 0 | 120 | 1000 | +20.0 % |" in report
    found = json.loads((results / "results.json").read_text())
    assert found["ceiling"] == {
        "tflops": None, "why": found["ceiling"]["why"], "extent": None, "timings": {},
    }  # fmt: skip
    assert (results / "model-error.svg").is_file()
    assert "scale.h100, case 0, launch 1 of 1" in (results / "progress.txt").read_text()
    assert "scale.h100, case 0, launch 1 of 1" in done.stderr


def test_a_wrong_bundle_is_not_timed_and_the_exit_code_says_so(
    carried: Path, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    done = run(carried, results, tmp_path, "wrong")
    assert done.returncode == 1, done.stderr
    report = (results / "report.md").read_text()
    assert "first differing tile [1, 1] of 16 x 32" in report
    assert "none of them is right" in report


def test_without_a_gpu_it_ends_at_the_first_call(carried: Path, tmp_path: Path) -> None:
    done = run(carried, tmp_path / "results", tmp_path, "no-gpu")
    assert done.returncode == 4
    assert "no GPU" in done.stderr
    assert not (tmp_path / "results").exists()


def test_without_bundles_it_says_how_to_make_them(tmp_path: Path) -> None:
    done = run(tmp_path / "nowhere", tmp_path / "results", tmp_path, "none")
    assert done.returncode == 2
    assert "benchmarks/make_bundles.py" in done.stderr


def test_when_time_is_over_it_still_reports(carried: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    done = run(carried, results, tmp_path, "none", seconds=0)
    assert "(0 s left)" in done.stdout or "(-" in done.stdout
    assert "no time is left" in (results / "log.txt").read_text()
