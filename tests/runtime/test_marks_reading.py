"""Marks in launch.json: read back, refused where they are wrong, bound where memory is given."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from twill.models.errors import InvalidInput
from twill.runtime.bundle import Bundle
from twill.runtime.launch import Kernel, MarkMemory
from twill.runtime.manifest_reading import read_manifest
from twill.runtime.marks_reading import sample_count
from twill.tests.benching import bundles
from twill.tests.runtime import scaling
from twill.tests.runtime.stub_driver import StubDriver


def test_marks_come_back(tmp_path: Path) -> None:
    manifest = Bundle.load(bundles.marked_bundle(tmp_path / "one")).manifest
    assert [role.role for role in manifest.marks] == ["compute-1", "producer"]
    assert manifest.marks[0].marks[1].operation == "mul"
    assert sample_count(manifest.marks) == 98
    assert sample_count(()) == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"first": -1}, r"marks\[0\].marks\[0\].first: -1 is not an integer"),
        ({"samples": 0}, r"samples: 0 is not an integer from 1"),
        ({"step": 5}, r"step: 5 is not a string"),
        ({"more": 1}, r"the field marks\[0\].marks\[0\].more is unknown"),
    ],
)
def test_wrong_marks_are_named(change: dict[str, Any], said: str, tmp_path: Path) -> None:
    folder = bundles.marked_bundle(tmp_path / "one")
    launch = json.loads((folder / "launch.json").read_text())
    launch["marks"] = copy.deepcopy(bundles.MARKS)
    launch["marks"][0]["marks"][0].update(change)
    with pytest.raises(InvalidInput, match=said):
        read_manifest(json.dumps(launch).encode())


def test_another_place_for_marks_is_refused(tmp_path: Path) -> None:
    folder = bundles.marked_bundle(tmp_path / "one")
    launch = json.loads((folder / "launch.json").read_text())
    launch["parameters"][-1]["name"] = "elsewhere"
    with pytest.raises(InvalidInput, match='"elsewhere" is unknown'):
        read_manifest(json.dumps(launch).encode())


def test_marks_go_nowhere_unless_memory_is_given(tmp_path: Path) -> None:
    driver = StubDriver()
    kernel = Kernel(Bundle.load(bundles.marked_bundle(tmp_path / "one")), driver)
    case = scaling.case()
    for memory in (MarkMemory(), MarkMemory(clocks=0x100, progress=0x200, block=3)):
        kernel.mark_memory = memory
        kernel.prepare(case.inputs["a"], **case.extents, **case.scalars).run()
    without, given = (call[-1][-3:] for call in driver.named("launch"))
    assert [int(value) for value in without] == [0, 0, 0]
    assert [int(value) for value in given] == [0x100, 0x200, 3]
    assert [value.dtype for value in given] == [np.uint64, np.uint64, np.int32]
