"""Made-up arguments: numbers lie where the document says, and differ from case to case."""

from __future__ import annotations

from pathlib import Path

import pytest

from twill.extractor.language.program import parse_program
from twill.extractor.sample_cases import SCALAR, sample_cases
from twill.models.errors import InvalidKernel
from twill.models.tile_program import TileProgram
from twill.pipeline import read_kernel

SCALED = """\
kernel: scaled
summary: Two numbers, of which one is made up in a range.
sizes: {TILE: 64}
arguments:
  x: {dtype: f32, shape: [rows, TILE]}
  y: {dtype: f32, shape: [rows, TILE]}
  factor: FACTOR
  offset: f32
grid: {m: rows // TILE}
program: |
  for i in range(1):
      tile = load(x, (m + i, 0), (TILE, TILE))
      store(y, (m + i, 0), tile * factor + offset)
"""


def program_with(factor: str, folder: Path) -> TileProgram:
    file = folder / "scaled.yaml"
    file.write_text(SCALED.replace("FACTOR", factor))
    return parse_program(read_kernel(str(file)), "sm_90a")


def test_a_number_lies_in_its_range_and_others_are_what_they_were(tmp_path: Path) -> None:
    cases = sample_cases(program_with("{dtype: f32, range: [30, 50]}", tmp_path))
    drawn = [case.scalars["factor"] for case in cases]
    assert all(30 <= factor <= 50 for factor in drawn)
    assert len(set(drawn)) == len(drawn) > 1
    assert {case.scalars["offset"] for case in cases} == {SCALAR}


def test_it_is_a_number_of_its_type(tmp_path: Path) -> None:
    cases = sample_cases(program_with("{dtype: bf16, range: [1, 2]}", tmp_path))
    assert all((case.scalars["factor"] * 128).is_integer() for case in cases)


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        ("{dtype: i32, range: [1, 2]}", "dtype: must be 'bf16', 'fp16' or 'f32'"),
        ("{dtype: f32, range: [2, 1]}", "a range begins with its smaller number"),
        ("{dtype: f32}", "shape: is missing"),
        ("{dtype: f32, range: [1, 2], spread: 3}", "spread: unknown field"),
    ],
)
def test_what_is_no_number_is_refused_in_one_sentence(
    factor: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidKernel) as refused:
        program_with(factor, tmp_path)
    assert [said in problem.message for problem in refused.value.problems] == [True]
