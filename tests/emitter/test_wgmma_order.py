"""What roles with wgmma should do, event by event, and the work that is surely there."""

from __future__ import annotations

import pytest

from twill.emitter.row_work import work_of
from twill.emitter.wgmma_order import expected_events
from twill.models.errors import ProgramViolation
from twill.models.warp_step import LoadVector, ReduceColumns
from twill.tests.emitter.machine.programs import read
from twill.tests.support.emissions import role_of, warp_program


def said(name: str, role: str) -> list[str]:
    program = warp_program(name)
    return [event.said for event in expected_events(program, role_of(program, role))]


def test_events_of_a_role_that_copies_and_of_one_that_multiplies() -> None:
    assert said("gemm", "producer") == [
        "begin", "TRYWAIT of a_tile.empty", "ARRIVE of a_tile.full", "UTMALDG 2D of a_tile",
        "UTMALDG 2D of b_tile",
    ]  # fmt: skip
    assert said("gemm", "compute-1") == [
        "begin", "WARPGROUP.DEPBAR 0", "ARRIVE of a_tile.empty", "TRYWAIT of a_tile.full",
        "BAR.SYNC 0x2 0x100 of turn_2", "HGMMA 64x256x16 gdesc onto x4 of acc[0]",
        "BAR.ARV 0x1 0x100 of turn_1",
    ]  # fmt: skip


def test_events_of_tiles_handed_on_and_copied_out() -> None:
    found = said("flash_attention_backward", "compute-1")
    place = found.index("TRYWAIT of dq_tile[1].shared.empty")
    assert found[place : place + 4] == [
        "TRYWAIT of dq_tile[1].shared.empty", "STS x32 of dq_tile[1].shared",
        "FENCE.VIEW.ASYNC.S", "ARRIVE of dq_tile[1].shared.full",
    ]  # fmt: skip
    assert "STSM x4 of ds[0].shared" in found
    assert said("flash_attention_backward", "issuer-1") == [
        "begin", "DEPBAR 0", "ARRIVE of dq_tile[1].shared.empty",
        "TRYWAIT of dq_tile[1].shared.full", "UTMAREDG 3D of dq_tile[1].shared",
        "UTMAREDG 3D of dq_tile[1].shared", "UTMACMDFLUSH",
    ]  # fmt: skip


def test_numbers_are_copied_one_by_one() -> None:
    found = said("fp8_gemm_block_scales", "producer")
    assert "LDGSTS of b_factor" in found
    assert "ARRIVES of b_factor.full" in found


def test_work_stands_where_its_chain_does_and_may_pass_waits_for_slots() -> None:
    program = warp_program("flash_attention_forward")
    events = expected_events(program, role_of(program, "compute-1"))
    assert dict(events[0].work) == {"MUFU.EX2": 64, "FFMA": 126, "F2FP": 32}
    passed = {event.said: event.passed for event in events}
    everything = {"MUFU.EX2", "MUFU.TANH", "MUFU.LG2", "F2FP", "FMNMX", "FFMA"}
    assert passed["TRYWAIT of v_tile.full"] == passed["ARRIVE of k_tile.empty"] == everything
    assert passed["WARPGROUP.DEPBAR 0"] == passed["BAR.SYNC 0x1 0x100 of turn_1"] == {"F2FP"}
    assert not passed["HGMMA 64x128x16 gdesc over x8 of s[0]"]


@pytest.mark.parametrize(("primitive", "expected"), [("max", {"FMNMX": 62}), ("sum", {"FFMA": 62})])
def test_a_thread_has_elements_of_two_rows(primitive: str, expected: dict[str, int]) -> None:
    program = warp_program("flash_attention_forward")
    step = ReduceColumns.model_validate(
        {"target": "row_sum[0]", "primitive": primitive, "columns": 128, "value": read("s[0]")}
    )
    assert work_of(role_of(program, "compute-1"), step) == expected


def test_a_step_that_nobody_knows_in_machine_code_is_refused() -> None:
    program = warp_program("gemm")
    role = role_of(program, "compute-1")
    load = LoadVector(target="acc[0]", argument="a", index=(), extent=64)
    role = role.model_copy(update={"steady": (*role.steady, load)})
    with pytest.raises(ProgramViolation, match="compute-1: load_vector: it is not known"):
        expected_events(program, role)
