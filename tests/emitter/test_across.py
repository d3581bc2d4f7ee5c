"""Sums across rows and across lanes: right on the machine, and wrong in a way that has a name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from twill.emitter.machine.protocol import run_protocol, run_protocols
from twill.emitter.printer.printer import print_cuda
from twill.extractor.sample_cases import sample_cases
from twill.models.errors import ProgramViolation
from twill.models.warp_program import WarpProgram
from twill.models.warp_step import Step
from twill.runtime.nvrtc import compile_source
from twill.tests.emitter.machine.programs import with_steps
from twill.tests.support.emissions import faults
from twill.tests.support.small_kernels import SMALL, small_emission, small_program

Which = Callable[[list[Step]], int]
"""Which of the steps of a period is left out."""


@pytest.mark.parametrize("name", SMALL)
def test_the_machine_gives_what_the_program_means(name: str) -> None:
    for case in sample_cases(small_emission(name).program):
        for seed in range(5):
            assert faults(small_program(name), case, seed) == 0, case.extents


@pytest.mark.parametrize("name", SMALL)
def test_interleavings_end_without_a_hazard(name: str) -> None:
    for trips in (0, 1, 2, 3, 5, 9):
        run_protocols(small_program(name), trips, range(60))


@pytest.mark.parametrize("name", SMALL)
def test_the_source_compiles_cleanly(name: str) -> None:
    report = compile_source(print_cuda(small_program(name)), "sm_90a", f"{name}.cu").report
    assert (report.spill_store_bytes, report.stack_bytes, report.advisories) == (0, 0, ())


def without(role: str, kind: str, number: int) -> WarpProgram:
    """The program in which a role leaves out the n-th step of a kind in every period."""

    def edit(steps: tuple[Step, ...]) -> list[Step]:
        found = [place for place, step in enumerate(steps) if step.step == kind]
        left_out = found[number] if number < len(found) else -1
        return [step for place, step in enumerate(steps) if place != left_out]

    return with_steps(small_program("across_rows"), role, edit)


@pytest.mark.parametrize(
    ("role", "number", "sentence"),
    [
        ("compute-1", 0, r"stages to slot 0 of compute-1.scratch, which threads of compute-1 may"),
        ("compute-1", 1, r"reads slot 0 of compute-1.scratch, which compute-1 wrote with no barr"),
        ("compute-2", 0, r"stages to slot 0 of compute-2.scratch, which threads of compute-2 may"),
        ("compute-2", 1, r"reads slot 0 of compute-2.scratch, which compute-2 wrote with no barr"),
    ],
)
def test_a_barrier_too_few_is_a_race_on_the_scratch(role: str, number: int, sentence: str) -> None:
    program = without(role, "sync", number)
    for seed in range(5):
        with pytest.raises(ProgramViolation, match=sentence):
            run_protocol(program, 4, seed)


def test_a_vector_that_lies_along_the_wrong_axis_gives_a_wrong_result() -> None:
    given = small_program("across_lanes")
    text = given.canonical_json()
    turned = text.replace('"axis":"column","first":0,"kind":"lane_element"',
                          '"axis":"column","first":1,"kind":"lane_element"')  # fmt: skip
    assert turned != text
    case = sample_cases(small_emission("across_lanes").program)[0]
    with pytest.raises((ProgramViolation, IndexError)):
        faults(WarpProgram.from_json(turned), case, 0)
