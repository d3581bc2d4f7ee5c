"""Whole runs on the stub of a GPU, right and with every fault that it can have."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from twill.benching.__main__ import exit_code, main
from twill.benching.plan import Sizes, Trips, plan_text
from twill.benching.results import read_results, write_results
from twill.benching.run import STAGES, run
from twill.benching.show import run_text
from twill.models.errors import DeviceFault, InvalidInput
from twill.tests.benching import bundles


def found_with(fault: str, *folders: Path, **changes: Any) -> dict[str, Any]:
    stages = ("check", "time", "model")
    return run(bundles.plan(*folders, **changes), bundles.runner(fault), stages)


def test_a_right_bundle_is_checked_and_timed(tmp_path: Path) -> None:
    folders = [bundles.bundle(tmp_path / name, bundles.cases()) for name in ("one", "two")]
    found = found_with("none", *folders, launches=3)
    text = run_text(found)
    assert exit_code(found) == 0
    assert "Stub GPU, compute capability 9.0, 132 SMs, driver of CUDA 13.0" in text
    assert "Stub 1.0 for CUDA 12.9" in text
    assert "one: right in 2 cases, 6 launches" in text
    timing = found["timings"][0]
    assert set(timing["timings"]) == {"one", "two", "the same again"}
    assert timing["checked"] == {"one": True, "two": True}
    assert timing["flop"] == 1000 * 7 * 8
    assert timing["clocks_after"]["sm_mhz"] == 1000
    assert found["bundles"][0]["source_digest"]
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_a_wrong_result_names_the_first_differing_tile(tmp_path: Path) -> None:
    found = found_with("wrong", bundles.bundle(tmp_path / "one", bundles.cases()))
    text = run_text(found)
    assert exit_code(found) == 1
    assert "one: WRONG" in text
    assert "first differing tile [1, 1] of 16 x 32, at [20, 33]" in text
    assert found["timings"] == []
    assert found["faults"][0]["detail"] == "none of them is right"


def test_one_wrong_launch_among_many_is_seen(tmp_path: Path) -> None:
    one = bundles.bundle(tmp_path / "one", bundles.cases()[1:])
    found = found_with("racing", one, launches=4)
    assert exit_code(found) == 1
    assert "M=100 N=64, launch 2: c: 1 of 6,400 elements" in run_text(found)


def test_a_peer_that_hangs_does_not_keep_ours_from_being_timed(tmp_path: Path) -> None:
    one = bundles.bundle(tmp_path / "one", bundles.cases())
    found = found_with("peers", one, peers=True)
    assert set(found["timings"][0]["timings"]) == {"one", "the same again"}
    assert [(f["task"], f["detail"]) for f in found["faults"]] == [
        ("timing of one beside peers", "cuBLAS: has not ended in 10 s")
    ]


def test_without_a_report_the_box_of_the_tensor_map_is_the_tile(tmp_path: Path) -> None:
    found = found_with("wrong", bundles.bundle(tmp_path / "one", bundles.cases(), report={}))
    output = next(o for o in found["bundles"][0]["cases"][1]["outputs"] if o["failures"])
    assert output["first_at"] == [20, 33]
    assert output["first_tile"] is None  # c is written through a pointer


def test_a_hang_names_role_step_and_iteration(tmp_path: Path) -> None:
    folder = bundles.bundle(tmp_path / "one", bundles.cases()[1:])
    bundles.marked_bundle(tmp_path / "one.clocks")  # it has no cases of its own
    begun = time.monotonic()
    found = found_with("hang", folder)
    assert time.monotonic() - begun < 60
    text = run_text(found)
    assert exit_code(found) == 4
    assert "one: HANGS" in text
    assert "one, case 0, launch 1 of 1" in text
    assert "block 1 is the first of 1 that have not ended (0 have not begun)" in text
    assert "compute-1: work of mul (loop, iteration 4)" in text
    assert "producer: reserve a of load (loop, iteration 5)" in text
    assert found["timings"] == []


def test_a_hang_without_a_twin_says_how_to_get_one(tmp_path: Path) -> None:
    found = found_with("hang", bundles.bundle(tmp_path / "one", bundles.cases()[:1]))
    assert "emit it with --clocks beside it" in run_text(found)


def test_a_child_that_is_stuck_in_the_driver_is_killed(tmp_path: Path) -> None:
    folder = bundles.bundle(tmp_path / "one", bundles.cases()[:1])
    begun = time.monotonic()
    found = run(bundles.plan(folder), bundles.runner("driver", grace_seconds=0.5), ("check",))
    assert time.monotonic() - begun < 60
    assert found["bundles"][0]["hang"]["what"] == "one, case 0, launch 1 of 1"
    assert exit_code(found) == 4


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("fail", "one: FAILED: cannot launch the kernel: CUDA_ERROR_LAUNCH_FAILED"),
        ("killed", "the process that uses the GPU ended with signal 9"),
    ],
)
def test_a_failing_launch_and_a_dying_child(fault: str, said: str, tmp_path: Path) -> None:
    found = found_with(fault, bundles.bundle(tmp_path / "one", bundles.cases()))
    assert said in run_text(found)
    assert exit_code(found) == 4


def test_one_bad_bundle_does_not_stop_the_others(tmp_path: Path) -> None:
    good = bundles.bundle(tmp_path / "good", bundles.cases())
    bad = bundles.bundle(tmp_path / "bad", bundles.cases())
    (bad / "kernel.cubin").write_bytes(b"other")
    found = found_with("none", bad, good)
    assert [one["passed"] for one in found["bundles"]] == [False, True]
    assert "changed since the bundle was written" in found["bundles"][0]["fault"]
    assert found["timings"][0]["bundles"] == ["good"]


def test_without_a_gpu_nothing_is_tried(tmp_path: Path) -> None:
    with pytest.raises(DeviceFault, match="no GPU"):
        run(bundles.plan(tmp_path / "nowhere"), bundles.runner("no-gpu"))


def test_what_there_was_no_time_for_is_said(tmp_path: Path) -> None:
    folder = bundles.bundle(tmp_path / "one", bundles.cases())
    late = bundles.runner("none", deadline=time.monotonic())
    kept: list[int] = []
    found = run(bundles.plan(folder), late, ("check", "time"), lambda now: kept.append(1))
    assert found["bundles"] == found["timings"] == []
    assert [one["detail"] for one in found["faults"]] == ["no time was left for it"] * 2
    assert len(kept) == 3  # after the device and after each stage


def test_model_error_by_times_and_by_clocks(tmp_path: Path) -> None:
    folder = bundles.bundle(tmp_path / "one", bundles.cases())
    bundles.marked_bundle(tmp_path / "one.clocks", bundles.cases())
    sizes = Trips(str(folder), {"M": 64, "N": 80}, {"M": 64, "N": 160})
    found = found_with("none", folder, trips=(sizes,))
    row = found["model"][0]
    assert row["trips"] == [10, 20]
    assert row["predicted_cycles"] == 100
    assert row["cycles_from_clocks"] == 120
    assert row["us_per_iteration"] == 0  # the stub takes 10 us whatever it does
    steps = {(s["role"], s["step"]): s for s in row["steps"]}
    assert steps["compute-1", "work"]["offset_cycles"] == 20
    assert steps["compute-1", "work"]["model_offset"] == 20
    assert steps["compute-1", "work"]["cycles"] == 100
    assert row["difference"] == pytest.approx(0.2)
    assert row["notable"]
    text = run_text(found)
    assert "more than 10 %" in text
    assert "steps of one" in text


@pytest.mark.parametrize(
    ("short", "long", "said"),
    [
        ({"M": 64, "N": 80}, {"M": 64, "N": 72}, "no longer loop"),
        ({"M": 64, "N": 80}, {"M": 96, "N": 160}, "other tiles"),
        ({"M": 6400, "N": 80}, {"M": 6400, "N": 160}, "more than one wave of 132"),
    ],
)
def test_sizes_that_do_not_tell_the_loop_apart(
    short: dict[str, int], long: dict[str, int], said: str, tmp_path: Path
) -> None:
    folder = bundles.bundle(tmp_path / "one", bundles.cases())
    found = found_with("none", folder, trips=(Trips(str(folder), short, long),))
    assert said in found["faults"][0]["detail"]
    assert found["model"] == []


def test_the_command_measures_a_plan_stage_by_stage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundles.bundle(tmp_path / "one", bundles.cases())
    (tmp_path / "plan.json").write_text(
        plan_text(bundles.plan(Path("one"), sizes=(Sizes(("one",)),)))
    )
    results = tmp_path / "results"
    command = ["run", str(tmp_path / "plan.json"), "-o", str(results)]
    assert main([*command, "--only", "check"], bundles.runner("none")) == 0
    assert main([*command, "--only", "time"], bundles.runner("none")) == 0
    found = read_results(results)
    assert len(found["bundles"]) == len(found["timings"]) == 1
    assert main(["report", str(results)]) == 0
    report = (results / "report.md").read_text()
    assert "| one | h100-sxm | right | 2 | 2 |" in report
    assert (results / "rates-0-scale.svg").read_text().startswith("<svg")
    assert "Not measured." in report  # the model error
    assert main([*command, "--seconds", "-1", "--only", "time"], bundles.runner("none")) == 0
    assert read_results(results)["faults"][0]["task"] == "time"
    capsys.readouterr()
    assert main(["probe"], bundles.runner("no-gpu")) == 4
    assert capsys.readouterr().err == "device fault: no GPU\n"


def test_results_of_another_gpu_are_not_mixed(tmp_path: Path) -> None:
    folder = bundles.bundle(tmp_path / "one", bundles.cases())
    earlier = {"device": {"name": "another"}, "bundles": [], "faults": []}
    with pytest.raises(InvalidInput, match="of another GPU"):
        run(bundles.plan(folder), bundles.runner("none"), ("check",), earlier=earlier)


def test_results_come_back(tmp_path: Path) -> None:
    found = found_with("none", bundles.bundle(tmp_path / "one", bundles.cases()))
    write_results(tmp_path / "results", found)
    assert read_results(tmp_path / "results") == found
    (tmp_path / "results" / "results.json").write_text('{"format": "other"}')
    with pytest.raises(InvalidInput, match="no results of the format"):
        read_results(tmp_path / "results")
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_results(tmp_path / "nowhere")
    assert set(STAGES) == {"check", "time", "ceiling", "model"}
