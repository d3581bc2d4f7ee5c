"""Order of machine code with Tensor Memory: deliberate faults are found, and named."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import pytest

from twill.emitter.printer.printer import print_cuda
from twill.models.tensor_memory_step import StoreTensor
from twill.models.warp_program import WarpProgram
from twill.models.warp_step import Step
from twill.ordering import find_overlaps
from twill.runtime.cache import compile_cached
from twill.tests.emitter.machine.programs import with_steps
from twill.tests.support.edited_text import swapped, without
from twill.tests.support.emissions import warp_program

FORWARD = "flash_attention_forward"


def cubin(program: WarpProgram, source: str) -> bytes:
    return compile_cached(source, program.target, f"{program.kernel}.cu").cubin


def faults_of(program: WarpProgram, source: str) -> list[str]:
    overlaps = find_overlaps(program, cubin(program, source))
    return [fault for overlap in overlaps for fault in overlap.faults]


@cache
def printed(name: str) -> tuple[WarpProgram, str]:
    program = warp_program(name, "b200")
    return program, print_cuda(program)


# ---- the text does something else than the program


def renamed(text: str) -> str:
    """Products into each other's tensors."""
    names = {"acc_0_tensor": "acc_1_tensor", "acc_1_tensor": "acc_0_tensor"}
    return re.sub(r"(?<=tensor_product\()\w+", lambda found: names.get(found[0], found[0]), text)


WAIT = r"mbar_wait\(s_0_over, s_0_over_phase\);"
LOAD = r"tensor_load_f32x128\(s_0, s_0_tensor \+ lanes\);"
MAXIMUM = r"new_max_max_0 = fmaxf\(.*\);"
FULL = r"mbar_wait\(k_tile_full \+ k_tile_slot \* 8, k_tile_phase\);"

FAULTS = {
    "a load before the wait for its product": (
        FORWARD, swapped(WAIT, LOAD), "compute-1: alpha[0]: TRYWAIT of s[0].over does not stand"),
    "a load behind the boundary": (
        FORWARD, swapped(LOAD, r"tensor_boundary\(tensors_slot\);"),
        "compute-1: alpha[0]: boundary does not stand"),
    "two waits in the other order": (
        FORWARD, swapped(r"mbar_wait\(acc_1_over, \w+\);", r"mbar_wait\(alpha_1_full, \w+\);"),
        "compute-1: acc.multiply[1]: TRYWAIT is of alpha[1].full, not of acc[1].over"),
    "a wait behind the product that needs it": (
        FORWARD, swapped(FULL, r"bar_arrive<1, 256>\(\);"),
        "compute-1: s[0]: TRYWAIT of k_tile.full does not stand"),
    "two commits in the other order": (
        FORWARD, swapped(r"tensor_commit\(k_tile_empty.*\);", r"tensor_commit\(s_0_over\);"),
        "compute-1: s[0]: UTCBAR is of s[0].over, not of k_tile.empty"),
    "no commit": (
        FORWARD, without("tensor_commit(s_0_over);"),
        "compute-1: s[0]: UTCBAR of s[0].over does not stand"),
    "no turn": (
        FORWARD, without("bar_arrive<1, 256>();"),
        "compute-1: s[0]: BAR.ARV 0x1 0x100 of turn_1 does not stand"),
    "no wait for stores": (
        FORWARD, without("tensor_wait_stores();"),
        "compute-1: p[0]: FENCE.VIEW.ASYNC.T does not stand"),
    "a row vector handed on by the wrong signal": (
        FORWARD, lambda text: text.replace("arrive(alpha_0_full)", "arrive(alpha_1_full)"),
        "compute-1: alpha[0]: ARRIVE is of alpha[1].full, not of alpha[0].full"),
    "products in the other order": (
        "gemm", renamed, "issuer-1: acc[0]: UTCHMMA gdesc onto is of acc[1], not of acc[0]"),
    "bytes expected when they are on their way": (
        "gemm", swapped(r"mbar_expect\(.*\);", r"tma_load_2d\(b_tile .*\);"),
        "producer: b_tile: UTMALDG 2D should not stand here"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_what_stands_elsewhere_is_named(fault: str) -> None:
    name, edit, sentence = FAULTS[fault]
    program, source = printed(name)
    changed = edit(source)
    assert changed != source
    found = faults_of(program, changed)
    assert any(text.startswith(sentence) for text in found), found


# ---- ptxas moves what nothing holds


def edited(name: str, kind: str) -> WarpProgram:
    """The program without steps of a kind in its compute roles."""
    program = warp_program(name, "b200")
    for role in ("compute-1", "compute-2"):
        program = with_steps(program, role, lambda steps: (s for s in steps if s.step != kind))
    return program


@pytest.mark.parametrize(
    ("name", "behind"),
    [
        ("flash_attention_causal", "LDS of alpha["),
        (FORWARD, "LDTM x32 of s["),
        ("flash_attention_sigmoid", "LDTM x32 of s["),
        ("flash_attention_softcap", "LDTM x32 of s["),
    ],
)
def test_without_boundaries_loads_are_put_off_until_the_work_before_them_is_done(
    name: str, behind: str
) -> None:
    program = edited(name, "boundary")
    found = faults_of(program, print_cuda(program))
    assert any(f"stand behind {behind}" in fault for fault in found), found


def test_without_anchors_a_chain_stands_before_the_signal_of_the_last_one() -> None:
    program = edited(FORWARD, "anchor")
    found = faults_of(program, print_cuda(program))
    assert any("MUFU.EX2 stand behind ARRIVE of alpha[0].full" in fault for fault in found), found


@pytest.mark.parametrize("name", ["flash_attention_causal", FORWARD, "flash_attention_softcap"])
def test_without_the_order_of_stores_sums_are_put_off(name: str) -> None:
    def edit(steps: tuple[Step, ...]) -> Iterable[Step]:
        for step in steps:
            store = isinstance(step, StoreTensor)
            yield step.model_copy(update={"after": ()}) if store else step

    program = warp_program(name, "b200")
    for role in ("compute-1", "compute-2"):
        program = with_steps(program, role, edit)
    found = faults_of(program, print_cuda(program))
    assert any("of 255 FFMA stand behind LDS" in fault for fault in found), found


# ---- comparing


def test_loops_that_are_not_those_of_the_roles_are_a_fault() -> None:
    program, source = printed("gemm")
    roles = tuple(
        r.model_copy(update={"steady": ()}) if r.name == "producer" else r for r in program.roles
    )
    other = program.model_copy(update={"roles": roles})
    (overlap,) = find_overlaps(other, cubin(program, source))
    assert "1 roles with a steady state, 2 loops in machine code" in overlap.faults[0]
