"""Reports of the assembler, from real logs and from sources that provoke them."""

from __future__ import annotations

import json

from twill.runtime.nvrtc import compile_source
from twill.runtime.report import PtxasReport
from twill.tests.runtime.sources import NO_BOUNDS, SCALE, SPILLING

LOG = """\
ptxas info    : (C7508) Potential Performance Loss: 'setmaxnreg' ignored; unable to determine \
register count at entry.
ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function 'small' for 'sm_90a'
ptxas info    : Function properties for small
ptxas         .     0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 32 registers, used 0 barriers
ptxas info    : Compile time = 11.173 ms
ptxas info    : Compiling entry function 'spill' for 'sm_90a'
ptxas info    : Function properties for spill
ptxas         .     1328 bytes stack frame, 2532 bytes spill stores, 2552 bytes spill loads
ptxas info    : Used 40 registers, used 0 barriers, 1328 bytes cumulative stack size
"""


def test_a_log_of_two_kernels() -> None:
    report = PtxasReport.parse(LOG)
    assert report.as_json() == {
        "registers": 40,
        "spill_store_bytes": 2532,
        "spill_load_bytes": 2552,
        "stack_bytes": 1328,
        "advisories": [
            {
                "code": "C7508",
                "sentence": "Potential Performance Loss: 'setmaxnreg' ignored; "
                "unable to determine register count at entry.",
            }
        ],
    }
    assert report.log == LOG
    json.dumps(report.as_json())


def test_a_log_without_a_report_is_not_clean() -> None:
    assert not PtxasReport.parse("").is_clean
    assert PtxasReport.parse("Used 32 registers").is_clean


def test_a_clean_kernel() -> None:
    report = compile_source(SCALE, "sm_90a", "scale.cu", ["FACTOR=2.0f"]).report
    assert report.is_clean
    assert 0 < report.registers <= 255


def test_spills_are_seen() -> None:
    report = compile_source(SPILLING, "sm_90a", "spilling.cu").report
    assert min(report.spill_store_bytes, report.spill_load_bytes, report.stack_bytes) > 0
    assert not report.is_clean


def test_a_setmaxnreg_that_is_ignored_is_seen() -> None:
    report = compile_source(NO_BOUNDS, "sm_90a", "unbounded.cu").report
    assert [advisory.code for advisory in report.advisories] == ["C7508"]
    assert "'setmaxnreg' ignored" in report.advisories[0].sentence
    assert not report.is_clean
