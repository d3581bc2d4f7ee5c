"""The figures of a profile, and what differs between two."""

from __future__ import annotations

import pytest

from twill.gpu_profiles.figures import differences, figures_of
from twill.gpu_profiles.library import load_profile, load_profile_text


def test_figures_are_named_by_their_place() -> None:
    figures = figures_of(load_profile("h100-sxm").value)
    assert figures["tensor_core", "multiply_adds", "bf16", "M64"].value == 2048
    assert figures["vector", "instructions", "sigmoid", "extra", "fma"].value == 2
    assert next(iter(figures)) == ("multiprocessors",)
    assert load_profile("h100-sxm").text.count("source:") == len(figures)


def test_a_profile_does_not_differ_from_itself() -> None:
    one = load_profile("b200").value
    assert differences(one, one) == ()


def test_values_sources_and_missing_figures() -> None:
    base = load_profile("h100-sxm")
    text = base.text.replace(
        "latency: {value: 64, unit: cycles", "latency: {value: 96, unit: cycles"
    )
    text = text.replace("estimated: one wgmma.wait_group", "estimated: a guess as good")
    text = text.replace(
        "extra: {fma: {value: 2, unit: per element, source: ",
        "extra: {alu: {value: 2, unit: per element, source: ",
    )
    found = {each.name: each for each in differences(base.value, load_profile_text(text))}
    assert set(found) == {
        "tensor_core.latency", "handoff.matrix_wait",
        "vector.instructions.sigmoid.extra.fma", "vector.instructions.sigmoid.extra.alu",
    }  # fmt: skip
    assert found["tensor_core.latency"].ratio == pytest.approx(1.5)
    assert found["tensor_core.latency"].differs_in_value
    assert not found["handoff.matrix_wait"].differs_in_value
    assert found["vector.instructions.sigmoid.extra.fma"].second is None
    assert found["vector.instructions.sigmoid.extra.alu"].first is None
    assert found["vector.instructions.sigmoid.extra.alu"].ratio is None


def test_nothing_is_no_base_of_a_ratio() -> None:
    names = {
        d.name: d for d in differences(load_profile("b200").value, load_profile("h100-sxm").value)
    }
    assert names["tensor_core.order_token"].ratio is None
