"""Every figure of a profile has its unit, and no other is taken for it."""

from pathlib import Path as File

import pytest
import yaml

from twill.gpu_profiles import figure_units
from twill.gpu_profiles.figure_units import UNIT_OF, _figures, _unit_of, unit_faults
from twill.gpu_profiles.library import load_profile, profile_names
from twill.models.errors import InvalidProfile

TEXT = (File(figure_units.__file__).parent / "b200.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", profile_names())
def test_the_library_has_the_units_that_pricing_reads(name: str) -> None:
    assert not list(unit_faults(load_profile(name).value))


def test_every_figure_has_a_unit_or_counts_what_the_profile_names() -> None:
    figures = [path for path, _ in _figures(load_profile("b200").value, ())]
    without = [path for path in figures if _unit_of(path) is None]
    assert {path[0] for path in without} == {"units"}
    assert {path[0] for path in figures} - {"units"} == {p.split(".")[0] for p in UNIT_OF}


def test_another_unit_is_refused_with_its_place(tmp_path: File) -> None:
    clock = yaml.safe_load(TEXT)["clock"]["value"]
    file = tmp_path / "mine.yaml"
    file.write_text(TEXT.replace("unit: MHz", "unit: GHz", 1), encoding="utf-8")
    assert clock > 1000
    with pytest.raises(InvalidProfile) as refused:
        load_profile(str(file))
    (problem,) = refused.value.problems
    assert (problem.message, problem.cure) == ("clock is in 'GHz'", "give it as 'MHz'")
    assert problem.line == next(
        number for number, line in enumerate(TEXT.splitlines(), 1) if line.startswith("clock:")
    )


def test_units_within_tables_are_found_too(tmp_path: File) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(TEXT.replace("unit: multiply-adds per cycle", "unit: flops", 1), "utf-8")
    with pytest.raises(InvalidProfile, match=r"tensor_core\.multiply_adds\..* is in 'flops'"):
        load_profile(str(file))
