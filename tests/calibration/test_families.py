"""What the families cover, and that what is sane holds what is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from twill.calibration.derivation import line
from twill.calibration.families import families_of
from twill.gpu_profiles.figures import figures_of
from twill.gpu_profiles.library import load_profile, profile_names
from twill.models.errors import UsageError

LEFT = {
    "vector.sustained_share", "vector.port_share", "vector.least_port_share", "registers.base",
    "registers.margin", "units.tensor_memory_port.capacity", "clock",
}  # fmt: skip
"""Estimates that no microbenchmark replaces: how the model shares units, what ptxas needs, and the
clock, which no cost depends on."""


@pytest.mark.parametrize("name", profile_names())
def test_every_estimate_is_measured_or_a_choice_of_the_model(name: str) -> None:
    profile = load_profile(name).value
    measured = {
        path
        for family in families_of(profile.lowering)
        for derivation in family.derivations
        for path in derivation.figures
    }
    left = {
        ".".join(map(str, path))
        for path, figure in figures_of(profile).items()
        if path not in measured and figure.source.startswith("estimated")
    }
    assert left <= LEFT


@pytest.mark.parametrize("name", profile_names())
def test_what_profiles_say_is_sane(name: str) -> None:
    profile = load_profile(name).value
    figures = figures_of(profile)
    for family in families_of(profile.lowering):
        for derivation in family.derivations:
            for path in derivation.figures:
                if path in figures:
                    assert derivation.least <= figures[path].value <= derivation.most, path


def test_no_figure_is_measured_twice() -> None:
    for lowering in ("wgmma", "tcgen05"):
        families = families_of("wgmma" if lowering == "wgmma" else "tcgen05")
        paths = [p for f in families for d in f.derivations for p in d.figures]
        assert len(set(paths)) == len(paths)


def test_units_are_those_of_the_profile() -> None:
    for name in ("h100-sxm", "b200"):
        profile = load_profile(name).value
        figures = figures_of(profile)
        for family in families_of(profile.lowering):
            for derivation in family.derivations:
                for path in derivation.figures:
                    if path in figures and path[-1] != "capacity":
                        assert figures[path].unit == derivation.unit, path


def test_an_unknown_family_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="no family matrix here") as caught:
        families_of("tcgen05", ["matrix"])
    assert "tensor_memory" in str(caught.value.problems[0].cure)


def test_the_straight_line_is_taken_repetition_by_repetition() -> None:
    rates, constants = np.array([2.0, 4.0, 8.0]), np.array([10.0, 20.0, 30.0])
    sizes = [1, 3, 4, 9]
    at_zero, slope = line(sizes, [constants + rates * size for size in sizes])
    assert at_zero == pytest.approx(constants)
    assert slope == pytest.approx(rates)


@pytest.mark.parametrize(
    ("rounding", "value", "expected"),
    [
        ("whole", 15.97, 16), ("eighth", 0.53, 0.5), ("eighth", 1.02, 1),
        ("digits", 12.3456, 12.35),
        ("digits", 2047.96, 2048), ("digits", 0.0123456, 0.01235), ("digits", 0.0, 0),
    ],
)  # fmt: skip
def test_rounding(rounding: str, value: float, expected: float) -> None:
    (family,) = families_of("wgmma", ["register_budget"])
    one = replace(family.derivations[0], rounding=rounding)  # type: ignore[arg-type]
    rounded = one.rounded(value)
    assert rounded == expected
    assert isinstance(rounded, int) == (expected == int(expected))


def test_warps_meet_before_registers_change_hands_again() -> None:
    """PTX ISA, setmaxnreg: all warps of a group synchronize before the next one."""
    (family,) = families_of("wgmma", ["register_budget"])
    for one in family.benchmarks:
        lines = one.body.split()
        kinds = ["change" if "_registers<" in line else "meet" for line in lines if "<" in line]
        assert kinds == ["change", "meet"] * (len(kinds) // 2)
