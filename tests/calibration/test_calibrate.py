"""From a GPU of known rates to a profile that says them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from twill.calibration.build import pack
from twill.calibration.calibrate import Calibration, calibrate, read_samples
from twill.calibration.families import families_of
from twill.gpu_profiles.figures import differences, figures_of
from twill.gpu_profiles.library import load_profile, load_profile_text
from twill.models.calibration import CalibrationSamples
from twill.models.errors import InvalidInput
from twill.models.errors import Path as Place
from twill.runtime.microbenchmark import CalibrationBundle
from twill.runtime.sampling import take_samples
from twill.tests.support.modelled_gpu import (
    BLACKWELL,
    HOPPER,
    Fault,
    ModelledGpu,
    blackwell_cycles,
    cycles_of,
)

BASE = "h100-sxm"
DATE = "2026-01-31"


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory, cache_folder: None) -> CalibrationBundle:
    folder = tmp_path_factory.mktemp("pack") / "calibration"
    return pack(families_of("wgmma"), load_profile(BASE).value, folder)


def sampled(bundle: CalibrationBundle, gpu: ModelledGpu, repetitions: int = 21) -> dict[str, Any]:
    taken: dict[str, Any] = json.loads(
        json.dumps(take_samples(bundle, gpu, DATE, repetitions))
    )  # lists, as in the file
    return taken


def calibrated(bundle: CalibrationBundle, gpu: ModelledGpu) -> Calibration:
    samples = read_samples(json.dumps(sampled(bundle, gpu)), "samples.json")
    return calibrate(load_profile(BASE), samples)


def named(path: Place) -> str:
    return ".".join(map(str, path))


EXPECTED = {
    "tensor_core.multiply_adds.bf16.M64": HOPPER["multiply-adds"],
    "tensor_core.multiply_adds.fp16.M64": HOPPER["multiply-adds"],
    "tensor_core.multiply_adds.fp8e4m3.M64": HOPPER["fp8 multiply-adds"],
    "tensor_core.latency": HOPPER["product latency"],
    "tensor_core.issue": HOPPER["batch issue"],
    "tensor_core.issue_per_instruction": HOPPER["instruction issue"],
    "tensor_core.order_token": HOPPER["token"],
    "units.fma.capacity": HOPPER["fma"],
    "units.alu.capacity": HOPPER["alu"],
    "units.mufu.capacity": HOPPER["mufu"],
    "units.shuffle.capacity": HOPPER["shuffle"],
    "units.shared_port.capacity": HOPPER["port"],
    "shared_memory.port": HOPPER["port"],
    "vector.instructions.add.per_element": 1,
    "vector.instructions.subtract.per_element": 1,
    "vector.instructions.multiply.per_element": 1,
    "vector.instructions.convert.per_element": 1,  # the model converts at half of the rate
    "vector.instructions.widen.per_element": 1,
    "vector.instructions.compare.per_element": 1,
    "vector.instructions.select.per_element": 1,
    "vector.instructions.log2.per_element": 1,
    "vector.instructions.rsqrt.per_element": 1,
    "vector.instructions.tanh.per_element": 1,
    "vector.latency": HOPPER["chain end"],
    "transfers.load_latency": HOPPER["load latency"],
    "transfers.store_latency": HOPPER["store latency"],
    "transfers.issue": HOPPER["copy issue"],
    "transfers.link": HOPPER["link"],
    "transfers.dram": HOPPER["dram"],
    "handoff.mbarrier_latency": HOPPER["mbarrier"],
    "handoff.mbarrier_issue": HOPPER["mbarrier issue"],
    "handoff.matrix_wait": HOPPER["wait"],
    "handoff.group_barrier": HOPPER["group barrier"],
    "handoff.staging_latency": HOPPER["staging"],
    "handoff.staging_rate": HOPPER["staging rate"],
}


def test_the_profile_says_what_the_machine_does(bundle: CalibrationBundle) -> None:
    found = calibrated(bundle, ModelledGpu())
    assert found.refused == ()
    figures = {named(p): f for p, f in figures_of(load_profile_text(found.profile_text)).items()}
    for name, expected in EXPECTED.items():
        assert figures[name].value == pytest.approx(expected, rel=0.01, abs=0.3), name
        assert figures[name].source.startswith("measured: "), name
        assert "Stub GPU, driver" in figures[name].source
        assert DATE in figures[name].source
    assert {named(p) for p in found.measured} == set(EXPECTED)


def test_tensor_memory_of_blackwell(tmp_path: Path) -> None:
    base = load_profile("b200")
    bundle = pack(families_of("tcgen05", ["tensor_memory", "handoffs"]), base.value, tmp_path)
    machine = ModelledGpu(cycles=blackwell_cycles(BLACKWELL), compute_capability=(10, 0))
    found = calibrate(base, read_samples(json.dumps(sampled(bundle, machine)), "samples.json"))
    new = load_profile_text(found.profile_text)
    memory = new.tensor_memory
    assert memory is not None
    measured = {
        new.tensor_core.multiply_adds["bf16"]["M128"]: BLACKWELL["multiply-adds"],
        new.tensor_core.multiply_adds["fp16"]["M128"]: BLACKWELL["multiply-adds"],
        new.tensor_core.latency: BLACKWELL["product latency"],
        new.tensor_core.issue: BLACKWELL["batch issue"],
        new.handoff.matrix_wait: BLACKWELL["mbarrier issue"],
        memory.load_rate: BLACKWELL["load port"],
        memory.store_rate: BLACKWELL["store port"],
        memory.load_latency: BLACKWELL["load constant"],
        memory.store_latency: BLACKWELL["store constant"],
    }
    for figure, expected in measured.items():
        assert figure.value == pytest.approx(expected, rel=0.02, abs=0.3), figure.source
        assert figure.source.startswith("measured: ")
    for kept in (("tensor_core", "order_token"), ("tensor_core", "multiply_adds", "bf16", "M64")):
        assert kept in found.not_measured


def test_what_was_not_measured_stays_word_for_word(bundle: CalibrationBundle) -> None:
    base = load_profile(BASE)
    found = calibrated(bundle, ModelledGpu())
    new = load_profile_text(found.profile_text)
    changed = {each.path for each in differences(base.value, new)}
    assert changed == found.measured
    assert set(found.not_measured) == set(figures_of(base.value)) - found.measured
    assert ("registers", "base") in found.not_measured
    old_lines, new_lines = base.text.splitlines(), found.profile_text.splitlines()
    assert len(old_lines) == len(new_lines)
    differing = sum(a != b for a, b in zip(old_lines, new_lines, strict=True))
    assert differing == len(changed)
    comments = [line for line in old_lines if line.startswith("#")]
    assert comments
    assert set(comments) <= set(new_lines)


def test_a_faster_machine_gives_another_profile(bundle: CalibrationBundle) -> None:
    faster = {**HOPPER, "mufu": 32, "link": 128}
    found = calibrated(bundle, ModelledGpu(cycles=cycles_of(faster)))
    new = load_profile_text(found.profile_text)
    assert new.units["mufu"].capacity.value == 32
    assert new.transfers.link.value == pytest.approx(128, rel=0.01)


def test_disturbed_launches_do_not_matter(bundle: CalibrationBundle) -> None:
    found = calibrated(bundle, ModelledGpu(outliers=0.1))
    new = load_profile_text(found.profile_text)
    assert new.units["mufu"].capacity.value == 16
    assert new.tensor_core.latency.value == pytest.approx(HOPPER["product latency"], abs=1)


def jumping(name: str, number: int, cycles: float) -> float:
    """From some launch on, exp2 takes twice as long."""
    return 2 * cycles if name == "rate_exp2" and number > 32 else cycles


def backwards(name: str, number: int, cycles: float) -> float:
    return -cycles if name == "rate_exp2" else cycles


def instant(name: str, number: int, cycles: float) -> float:
    return 700 if name == "rate_exp2" else cycles


def absurd(name: str, number: int, cycles: float) -> float:
    return cycles / 100 if name == "rate_exp2" else cycles


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (jumping, "unsteady: median"),
        (backwards, "rate_exp2 took no time"),
        (instant, "rate_exp2 took no time"),
        (absurd, "is outside of what is sane, 4 to 1024 lanes"),
    ],
)
def test_nonsense_is_refused_by_name(bundle: CalibrationBundle, fault: Fault, reason: str) -> None:
    found = calibrated(bundle, ModelledGpu(fault=fault, outliers=0))
    refused = {result.derivation.name: result.reason for result in found.refused}
    assert reason in refused["mufu lanes"]
    assert "fma lanes" not in refused
    new = load_profile_text(found.profile_text)
    assert new.units["mufu"].capacity == load_profile(BASE).value.units["mufu"].capacity
    assert new.units["fma"].capacity.source.startswith("measured: ")


def test_missing_samples_leave_figures_as_they_were(bundle: CalibrationBundle) -> None:
    taken = sampled(bundle, ModelledGpu(), 5)
    taken["runs"] = [run for run in taken["runs"] if run["name"] != "mbarrier_round"]
    found = calibrate(load_profile(BASE), read_samples(json.dumps(taken), "samples.json"))
    not_run = {r.derivation.name for r in found.results if r.outcome == "not run"}
    assert not_run == {"mbarrier, one way", "staging, at 0 bytes"}
    assert ("handoff", "mbarrier_latency") in found.not_measured


def test_one_family_by_itself(bundle: CalibrationBundle) -> None:
    taken = read_samples(json.dumps(sampled(bundle, ModelledGpu(), 5)), "samples.json")
    found = calibrate(load_profile(BASE), taken, ["shared_port"])
    assert found.measured == {("units", "shared_port", "capacity"), ("shared_memory", "port")}


def edited(taken: dict[str, Any], **fields: Any) -> str:
    return json.dumps({**taken, **fields}, indent=1)


def test_wrong_samples_are_refused(bundle: CalibrationBundle) -> None:
    taken = sampled(bundle, ModelledGpu(), 5)
    first = taken["runs"][0]
    stale = {**first, "source": "sha256:" + "0" * 64}
    odd = {**first, "name": "no_such_thing"}
    bad = [
        (edited(taken, format="twill-samples/9"), "format"),
        (edited(taken, device="a\nb"), "device"),
        (edited(taken, runs=[]), "runs"),
        (edited(taken, runs=[first, first]), "run twice"),
        (edited(taken, runs=[{**first, "long": first["long"][:-1]}]), "long"),
        (edited(taken, runs=[{**first, "lengths": [256, 64]}]), "the first length"),
        (edited(taken, runs=[{**first, "short": ["1"] * 5}]), "short"),
        (edited(taken, extra=1), "extra"),
        (edited(taken, runs=[stale]), "another version of this microbenchmark"),
        (edited(taken, runs=[odd]), "no such microbenchmark"),
        (edited(taken, target="sm_100a"), r"for h100-sxm \(sm_100a\), not for h100-sxm \(sm_90a"),
        (edited(taken, gpu="h200-sxm"), "for h200-sxm"),
        (edited(taken, multiprocessors=114), "Stub GPU has 114 SMs; h100-sxm has 132"),
        ("{", "samples.json"),
    ]
    for text, message in bad:
        with pytest.raises(InvalidInput, match=message):
            calibrate(load_profile(BASE), read_samples(text, "samples.json"))


def test_errors_in_samples_have_a_place(bundle: CalibrationBundle) -> None:
    taken = sampled(bundle, ModelledGpu(), 5)
    with pytest.raises(InvalidInput) as caught:
        read_samples(edited(taken, driver=5), "samples.json")
    problem = caught.value.problems[0]
    assert (problem.file, problem.line) == ("samples.json", 7)


def test_samples_hold_the_noise_of_a_model(bundle: CalibrationBundle) -> None:
    taken = CalibrationSamples.model_validate_json(json.dumps(sampled(bundle, ModelledGpu(), 9)))
    runs = {run.name: run for run in taken.runs}
    short, long = (np.median(each) for each in (runs["rate_exp2"].short, runs["rate_exp2"].long))
    assert (long - short) / 192 == pytest.approx(16 * 512 * 8 / 16, rel=0.01)
    assert len(taken.runs) == len(bundle.benchmarks)
    assert set(runs) == set(cycles_of(HOPPER))


def test_sources_fit_whatever_the_names(bundle: CalibrationBundle) -> None:
    taken = sampled(bundle, ModelledGpu(), 5)
    longest = dict.fromkeys(("device", "driver", "compiler"), "x" * 60)
    found = calibrate(load_profile(BASE), read_samples(edited(taken, **longest), "samples.json"))
    assert len(found.measured) == len(EXPECTED)


def test_two_calibrations_are_compared(bundle: CalibrationBundle, tmp_path: Path) -> None:
    texts = [
        calibrated(bundle, ModelledGpu(cycles=cycles_of(machine), noise_cycles=0, outliers=0))
        for machine in (HOPPER, {**HOPPER, "mbarrier": 170})
    ]
    first, second = (load_profile_text(each.profile_text) for each in texts)
    moved = {d.name: d.ratio for d in differences(first, second) if d.differs_in_value}
    assert moved == {"handoff.mbarrier_latency": pytest.approx(2)}
