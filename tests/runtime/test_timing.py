"""The order of things when kernels are timed."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

import pytest

from twill.models.errors import InvalidInput
from twill.runtime import timing
from twill.runtime.timing import Clocks, Measurement, measure, sample_clocks, summarize
from twill.tests.runtime.stub_driver import StubDriver


def test_kernels_take_turns_each_after_a_flush(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    driver = StubDriver()
    runs = {name: lambda name=name: driver.calls.append(("run", name)) for name in "ab"}
    measured = measure(driver, runs, repetitions=2, warm_ups=1, flush_bytes=1024)
    kinds = [call[1] if call[0] == "run" else call[0] for call in driver.calls]
    turn = ["fill", "record", "a", "record", "fill", "record", "b", "record", "synchronize"]
    assert kinds == ["allocate", "a", "b", "synchronize", *turn, *turn]
    assert measured.timings["a"] == timing.Timing(10, 10, 10, 2)
    assert (measured.before, measured.after) == (None, None)


def test_nothing_to_time() -> None:
    with pytest.raises(InvalidInput, match="at least one"):
        measure(StubDriver(), {})
    with pytest.raises(InvalidInput, match="at least one"):
        measure(StubDriver(), {"a": lambda: None}, repetitions=0)


def test_median_and_percentiles() -> None:
    taken = summarize([float(n) for n in range(101)])
    assert (taken.median_us, taken.p10_us, taken.p90_us, taken.samples) == (50, 10, 90, 101)


def fake_nvidia_smi(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(shutil, "which", lambda name: str(program))


@pytest.mark.parametrize(
    ("script", "clocks"),
    [
        ("echo '1980, 350.5, 45'; echo '1, 2, 3'", Clocks(1980, 350.5, 45)),
        ("echo 'No devices were found'", None),
        ("exit 9", None),
    ],
)
def test_clocks_are_read(
    script: str, clocks: Clocks | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_nvidia_smi(tmp_path, monkeypatch, script)
    assert sample_clocks() == clocks


def test_what_nvidia_smi_does_not_tell_is_null_in_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_nvidia_smi(tmp_path, monkeypatch, "echo '1980, [N/A], 45'")
    measurement = Measurement({"a": summarize([1.0])}, sample_clocks(), None)
    described = json.loads(json.dumps(measurement.as_json(), allow_nan=False))
    assert described["clocks_before"] == {"sm_mhz": 1980, "power_w": None, "temperature_c": 45}
    assert described["clocks_after"] is None
    assert described["timings"]["a"]["median_us"] == 1
