"""The profiles that ship with Twill, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from twill.extractor.machine import machine_of, register_file
from twill.gpu_profiles.library import load_profile, profile_names
from twill.models.errors import InvalidProfile


def test_the_four_gpus_are_there() -> None:
    assert set(profile_names()) >= {"h100-sxm", "h200-sxm", "b200", "b300"}


@pytest.mark.parametrize("name", profile_names())
def test_every_figure_has_unit_and_source(name: str) -> None:
    figures = list(_figures(load_profile(name).value.model_dump()))
    assert len(figures) > 60
    for figure in figures:
        assert figure["unit"]
        assert re.match(r"(documentation|measured|derived|estimated): \S", figure["source"])


def _figures(value: object) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        if set(value) == {"value", "unit", "source"}:
            yield value
        else:
            for part in value.values():
                yield from _figures(part)


@pytest.mark.parametrize(
    ("name", "multiply_adds", "exp2"),
    [("h100-sxm", 2048, 16), ("h200-sxm", 2048, 16), ("b200", 4096, 16), ("b300", 4096, 32)],
)
def test_the_documented_rates(name: str, multiply_adds: int, exp2: int) -> None:
    profile = load_profile(name).value
    assert max(f.whole for f in profile.tensor_core.multiply_adds["bf16"].values()) == multiply_adds
    assert profile.units["mufu"].capacity.whole == exp2
    assert profile.units["fma"].capacity.whole == 128
    assert profile.registers.per_multiprocessor.whole == 65536
    assert profile.shared_memory.capacity.whole == 232448


def test_blackwell_multiplies_64_rows_at_half_the_rate() -> None:
    rates = load_profile("b200").value.tensor_core.multiply_adds["bf16"]
    assert rates["M64"].whole * 2 == rates["M128"].whole


def test_the_register_pool_is_the_allocation_at_launch() -> None:
    pool = register_file(load_profile("h100-sxm").value).pool
    assert pool[2] == 3 * 168  # 384 threads enter with 168 registers each
    assert pool[3] == 4 * 128
    assert len(pool) == 8  # 1024 threads


def test_resident_tiles_are_taken_from_shared_memory() -> None:
    machine = machine_of(load_profile("b200").value, resident_shared_bytes=65536)
    shared, columns = machine.memories
    assert shared.available == 232448 - 2048 - 65536
    assert columns.available == 512


def test_a_near_miss_is_told() -> None:
    with pytest.raises(InvalidProfile, match="did you mean h100-sxm"):
        load_profile("h100")


def edited(tmp_path: Path, old: str, new: str, name: str = "b200") -> str:
    text = load_profile(name).text
    assert old in text
    path = tmp_path / "gpu.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("unit: mufu", "unit: sfu", "unknown unit 'sfu'"),
        ("value: 148", "value: -148", "streaming|multiprocessors"),
        ("value: 148", "value: .nan", "finite number"),
        ("unit: SMs, ", "", "multiprocessors.unit"),
        ("documentation: NVIDIA Blackwell arch", "heard: NVIDIA arch", "multiprocessors.source"),
        ("target: sm_100a", "target: sm_42", "target"),
        ("target: sm_100a", "target: sm_90a", "sm_90a has no tcgen05"),
        ("lowering: tcgen05", "lowering: wgmma", "sm_100a has no wgmma"),
        ("  dram:\n    summary", "  hbm:\n    summary", "dram missing"),
        ("  mufu:\n    summary", "  special:\n    summary", "unknown unit 'mufu'"),
    ],
)  # fmt: skip
def test_a_wrong_profile_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(InvalidProfile, match=message) as caught:
        load_profile(edited(tmp_path, old, new))
    assert caught.value.problems[0].file == str(tmp_path / "gpu.yaml")


def test_a_source_is_not_called_a_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidProfile, match="is no source\n    write documentation:, derived:"):
        load_profile(edited(tmp_path, "documentation: NVIDIA Blackwell arch", "heard: NVIDIA"))


def test_blackwell_needs_tensor_memory(tmp_path: Path) -> None:
    text = load_profile("b200").text
    start, end = text.index("tensor_memory:\n"), text.index("registers:\n")
    path = tmp_path / "gpu.yaml"
    path.write_text(text[:start] + text[end:], encoding="utf-8")
    with pytest.raises(InvalidProfile, match="tensor_memory missing"):
        load_profile(str(path))
