"""Library kernels as warp programs on the NumPy machine: right results, no deadlock, no race."""

from __future__ import annotations

import pytest

from twill.emitter.machine.protocol import run_protocols
from twill.extractor.sample_cases import sample_cases
from twill.models.warp_program import WarpProgram
from twill.tests.support.emissions import EMITTED, emission, faults, warp_program

SEEDS_WITH_DATA = 20
INTERLEAVINGS = 1_000
TRIPS = (0, 1, 2, 3, 4, 5, 9, 16)


@pytest.mark.parametrize("name", EMITTED)
def test_every_sample_case_gives_what_the_program_means(name: str) -> None:
    for case in sample_cases(emission(name).program):
        assert faults(warp_program(name), case, seed=0) == 0, case.extents


@pytest.mark.parametrize("name", EMITTED)
def test_interleavings_do_not_change_the_result(name: str) -> None:
    cases = sample_cases(emission(name).program)
    for seed in range(SEEDS_WITH_DATA):
        assert faults(warp_program(name), cases[seed % len(cases)], seed) == 0


@pytest.mark.parametrize("name", EMITTED)
def test_a_thousand_interleavings_of_the_protocol_end_without_a_hazard(name: str) -> None:
    for place, trips in enumerate(TRIPS):
        each = INTERLEAVINGS // len(TRIPS)
        run_protocols(warp_program(name), trips, range(place * each, (place + 1) * each))


def test_a_wrong_program_gives_a_wrong_result() -> None:
    case = sample_cases(emission("flash_attention_forward").program)[0]
    text = warp_program("flash_attention_forward").canonical_json()
    turned = WarpProgram.from_json(text.replace('"major":"mn"', '"major":"k"'))
    assert faults(turned, case, seed=0) > 0
