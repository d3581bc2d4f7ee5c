"""Library kernels for Tensor Memory on the NumPy machine: right results, no deadlock, no race."""

from __future__ import annotations

import pytest

from twill.emitter.machine.protocol import run_protocols
from twill.extractor.sample_cases import sample_cases
from twill.models.warp_program import WarpProgram
from twill.tests.support.emissions import ON_BLACKWELL, emission, faults, warp_program

SEEDS_WITH_DATA = 20
INTERLEAVINGS = 1_000
TRIPS = (0, 1, 2, 3, 4, 5, 9, 16)


@pytest.mark.parametrize("name", ON_BLACKWELL)
def test_every_sample_case_gives_what_the_program_means(name: str) -> None:
    for case in sample_cases(emission(name, "b200").program):
        assert faults(warp_program(name, "b200"), case, seed=0) == 0, case.extents


@pytest.mark.parametrize("name", ON_BLACKWELL)
def test_interleavings_do_not_change_the_result(name: str) -> None:
    cases = sample_cases(emission(name, "b200").program)
    for seed in range(SEEDS_WITH_DATA):
        assert faults(warp_program(name, "b200"), cases[seed % len(cases)], seed) == 0


@pytest.mark.parametrize("name", ON_BLACKWELL)
def test_a_thousand_interleavings_of_the_protocol_end_without_a_hazard(name: str) -> None:
    for place, trips in enumerate(TRIPS):
        each = INTERLEAVINGS // len(TRIPS)
        run_protocols(warp_program(name, "b200"), trips, range(place * each, (place + 1) * each))


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ('"major":"mn"', '"major":"k"'),
        ('"accumulate":true', '"accumulate":false'),
    ],
)
def test_a_wrong_program_gives_a_wrong_result(wrong: str, right: str) -> None:
    case = sample_cases(emission("flash_attention_forward", "b200").program)[0]
    text = warp_program("flash_attention_forward", "b200").canonical_json()
    assert wrong in text
    changed = WarpProgram.from_json(text.replace(wrong, right))
    assert faults(changed, case, seed=0) > 0
