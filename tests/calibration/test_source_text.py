"""The sources of families: text, and what their digests tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from twill.calibration import transfers
from twill.calibration.families import families_of

GOLDEN = Path(__file__).parent.parent / "golden" / "calibration"


@pytest.mark.parametrize("name", ["handoffs", "transfers"])
def test_golden_sources(name: str, golden: Callable[[str, Path], None]) -> None:
    (family,) = families_of("wgmma", [name])
    golden(family.source, GOLDEN / f"{name}.cu")


def test_the_large_array_is_read_without_meeting_what_the_last_run_left() -> None:
    (one,) = (b for b in transfers.BENCHMARKS if b.name == "memory_stream")
    assert one.copied is not None
    slots = transfers.IN_FLIGHT_BYTES // one.copied.bytes
    for multiprocessors in (132, 148, 160):
        short, long = (
            multiprocessors * one.copied.box_rows * (length + slots) for length in one.lengths
        )
        assert long <= one.copied.rows // 4 * 3
        assert one.copied.rows // 4 * 3 + short <= one.copied.rows


def test_what_changes_a_measurement_changes_the_digest() -> None:
    (family,) = families_of("wgmma", ["shared_port"])
    first = family.benchmarks[0]
    for changed in (
        replace(first, body=first.body + ";"),
        replace(first, lengths=(64, 512)),
        replace(first, threads=256),
        replace(first, everywhere=True),
    ):
        other = replace(family, benchmarks=(changed, *family.benchmarks[1:]))
        assert other.digest != family.digest


def test_families_are_the_same_text_for_every_target() -> None:
    for_hopper = {family.name: family.digest for family in families_of("wgmma")}
    for_blackwell = {family.name: family.digest for family in families_of("tcgen05")}
    common = set(for_hopper) & set(for_blackwell)
    assert common == {"vector", "transfers", "handoffs", "shared_port", "register_budget"}
    assert all(for_hopper[name] == for_blackwell[name] for name in common)
