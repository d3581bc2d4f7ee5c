"""Profiles whose figures are replaced in their text."""

from __future__ import annotations

from pathlib import Path

import pytest

from twill.calibration.profile_text import Replacement, with_measured
from twill.gpu_profiles.library import load_profile, load_profile_text
from twill.models.errors import InvalidProfile
from twill.pipeline import read_task

LATENCY = ("tensor_core", "latency")
SOURCE = 'measured: a "quoted" name: with {signs} # and more'


def test_value_and_source_are_replaced_and_nothing_else() -> None:
    base = load_profile("h100-sxm")
    text = with_measured(base, [Replacement(LATENCY, 71.25, SOURCE)])
    figure = load_profile_text(text).tensor_core.latency
    assert (figure.value, figure.unit, figure.source) == (71.25, "cycles", SOURCE)
    pairs = zip(base.text.splitlines(), text.splitlines(), strict=True)
    changed = [after for before, after in pairs if before != after]
    assert changed == [
        '  latency: {value: 71.25, unit: cycles, source: "measured: a \\"quoted\\" name: '
        'with {signs} # and more"}'
    ]


SPREAD = """\
  latency:  # ours
    source: "estimated: by nobody"
    value: 64   # cycles
    unit: cycles"""


def test_block_style_and_comments(tmp_path: Path) -> None:
    text = load_profile("h100-sxm").text
    start = text.index("  latency: {value: 64")
    path = tmp_path / "spread.yaml"
    path.write_text(text[:start] + SPREAD + text[text.index("\n", start) :])
    new = with_measured(load_profile(str(path)), [Replacement(LATENCY, 70, SOURCE)])
    assert load_profile_text(new).tensor_core.latency.value == 70
    assert "  latency:  # ours\n" in new
    assert "    value: 70   # cycles\n" in new


def test_a_value_that_no_profile_holds_is_refused() -> None:
    with pytest.raises(InvalidProfile):
        with_measured(
            load_profile("h100-sxm"), [Replacement(("units", "mufu", "capacity"), 15.5, SOURCE)]
        )


def test_a_measured_profile_prices_a_kernel(tmp_path: Path) -> None:
    path = tmp_path / "measured.yaml"
    path.write_text(with_measured(load_profile("h100-sxm"), [Replacement(LATENCY, 71.25, SOURCE)]))
    before = read_task("gemm", "h100-sxm").problem.operations
    after = read_task("gemm", str(path)).problem.operations
    longer = {
        a.name: b.latency_cycles - a.latency_cycles
        for a, b in zip(before, after, strict=True)
        if a != b
    }
    assert longer
    assert set(longer.values()) == {8}  # of 64 to 71.25, rounded up
