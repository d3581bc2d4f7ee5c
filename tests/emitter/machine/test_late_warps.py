"""Warps that drift apart: whoever may miss a phase of a barrier is named, with the barrier."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from twill.emitter.machine.late_warps import check_late_warps
from twill.emitter.machine.protocol import run_protocols
from twill.models.errors import ProgramViolation
from twill.models.warp_program import WarpProgram
from twill.models.warp_step import Step
from twill.tests.emitter.machine import attention_program, programs
from twill.tests.emitter.machine.programs import with_steps
from twill.tests.support.emissions import (
    EMITTED,
    ON_BLACKWELL,
    persistent_program,
    warp_program,
)

ATTENTION = ("forward", "causal", "sigmoid", "softcap")


def edited(program: WarpProgram, role: str, edit: Callable[[Step], Step | None]) -> WarpProgram:
    """Every step of a role as `edit` makes it; without those of which it makes nothing."""
    changed = with_steps(program, role, lambda steps: filter(None, map(edit, steps)))
    assert changed != program
    return changed


def replaced(kind: str, **fields: object) -> Callable[[Step], Step]:
    """Steps of a kind with other fields."""
    return lambda step: step.model_copy(update=fields) if step.step == kind else step


@pytest.mark.parametrize("name", ATTENTION)
def test_all_warps_wait_for_what_one_thread_gives_back(name: str) -> None:
    """What the rest of the machine does not see, as it moves the warps of a role together."""
    program = edited(
        warp_program(f"flash_attention_{name}", "b200"), "compute-2",
        replaced("acquire", alone=False),
    )  # fmt: skip
    run_protocols(program, 9, range(20))
    with pytest.raises(
        ProgramViolation, match=r"compute-2, warp 1: .*misses phase \d of full\[\d\] of ring k_tile"
    ):
        check_late_warps(program)


def test_one_warp_gives_back_what_all_read() -> None:
    """The producer goes on while three warps have not looked: the slot is filled again."""
    rows = warp_program("layer_norm")
    role = next(role.name for role in rows.roles if role.warps == 4)
    program = edited(rows, role, replaced("release", alone=True))
    rings = tuple(ring.model_copy(update={"arrivals": ring.arrivals and 1}) for ring in rows.rings)
    with pytest.raises(ProgramViolation, match=rf"{role}, warp [123]: .*of ring x_tile"):
        check_late_warps(program.model_copy(update={"rings": rings}))


def test_a_phase_that_is_over_too_soon() -> None:
    gemm = warp_program("gemm")
    rings = tuple(ring.model_copy(update={"arrivals": 3}) for ring in gemm.rings)
    with pytest.raises(ProgramViolation, match=r"producer, warp 0: .*misses phase 1 of empty\[0\]"):
        check_late_warps(gemm.model_copy(update={"rings": rings}))


def test_a_missing_arrival_is_a_deadlock() -> None:
    program = edited(
        warp_program("gemm"), "compute-2", lambda step: None if step.step == "release" else step
    )
    with pytest.raises(ProgramViolation, match=r"(?s)deadlock.*producer, warp 0 waits for phase 1"):
        check_late_warps(program)


@pytest.mark.parametrize("make", [programs.gemm, attention_program.attention])
def test_programs_written_by_hand_pass(make: Callable[[], WarpProgram]) -> None:
    check_late_warps(make())


@pytest.mark.parametrize("name", EMITTED)
def test_library_programs_pass(name: str) -> None:
    check_late_warps(warp_program(name))
    check_late_warps(persistent_program(name))


@pytest.mark.parametrize("name", ON_BLACKWELL)
def test_library_programs_for_tensor_memory_pass(name: str) -> None:
    check_late_warps(warp_program(name, "b200"))
