"""Order of machine code with wgmma: deliberate faults are found, and named."""

from __future__ import annotations

import re
from functools import cache

import pytest

from twill.emitter.printer.printer import print_cuda
from twill.models.warp_program import WarpProgram
from twill.ordering import find_overlaps
from twill.runtime.cache import compile_cached
from twill.tests.emitter.machine.programs import with_steps
from twill.tests.support.edited_text import swapped, without
from twill.tests.support.emissions import persistent_program, warp_program

FORWARD, FP8 = "flash_attention_forward", "fp8_gemm_block_scales"


def faults_of(program: WarpProgram, source: str) -> list[str]:
    cubin = compile_cached(source, program.target, f"{program.kernel}.cu").cubin
    return [fault for overlap in find_overlaps(program, cubin) for fault in overlap.faults]


@cache
def printed(name: str) -> tuple[WarpProgram, str]:
    program = warp_program(name)
    return program, print_cuda(program)


@pytest.mark.parametrize("name", ["gemm", FORWARD, FP8, "retention"])
def test_persistent_kernels_stand_in_order(name: str) -> None:
    program = persistent_program(name)
    assert faults_of(program, print_cuda(program)) == []


# ---- the text does something else than the program

FAULTS = {
    "a slot given back before the product that reads it is over": (
        "gemm", swapped(r"wgmma_wait<0>\(\);", r"if \(lane == 0\) mbar_arrive\(.*\);"),
        "compute-1: acc[0]: WARPGROUP.DEPBAR 0 does not stand"),
    "a wait for a tile behind the product that reads it": (
        "gemm", swapped(r"mbar_wait\(a_tile_full .*\);", r"bar_arrive<1, 256>\(\);"),
        "compute-1: acc[0]: TRYWAIT of a_tile.full does not stand"),
    "a turn passed on before the product": (
        "gemm", swapped(r"wgmma_fence\(\);", r"bar_arrive<1, 256>\(\);"),
        "compute-1: acc[0]: BAR.ARV 0x1 0x100 of turn_1 does not stand"),
    "no turn": (
        "gemm", without("bar_sync<1, 256>();"),
        "compute-2: acc[1]: BAR.SYNC 0x1 0x100 of turn_1 does not stand"),
    "bytes expected when they are on their way": (
        "gemm", swapped(r"mbar_expect\(.*\);", r"tma_load_2d\(b_tile .*\);"),
        "producer: a_tile: ARRIVE of a_tile.full does not stand"),
    "a copy too few": (
        "gemm", lambda text: re.sub(r"tma_load_2d\(b_tile .*\);", "", text),
        "producer: b_tile: UTMALDG 2D of b_tile does not stand"),
    "two slots given back in the other order": (
        FORWARD, swapped(r"mbar_arrive\(v_tile_empty .*\);", r"mbar_arrive\(k_tile_empty .*\);"),
        "compute-1: acc[0]: ARRIVE is of k_tile.empty, not of v_tile.empty"),
    "a product onto what it should overwrite": (
        FORWARD, lambda text: text.replace("(s_0, left, right, 0)", "(s_0, left, right, 1)"),
        "compute-1: s[0]: HGMMA 64x128x16 gdesc over x8 of s[0] does not stand"),
    "no fence for asynchronous readers": (
        "retention", without("fence_proxy_async();"),
        "compute-1: o_tile.to_bf16: FENCE.VIEW.ASYNC.S does not stand"),
    "in an unrolled loop, a slot of the wrong ring": (
        FP8, lambda text: text.replace("mbar_arrive(b_tile_empty", "mbar_arrive(a_tile_empty"),
        "compute-1: partial[0]: ARRIVE is of a_tile.empty, not of b_tile.empty"),
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


@pytest.mark.parametrize(
    ("name", "kind", "moved"),
    [
        ("flash_attention_causal", "demand", "of 190 FFMA stand behind WARPGROUP.DEPBAR"),
        (FP8, "demand", "of 64 FFMA stand behind BAR.ARV"),
        ("flash_attention_softcap", "demand", "of 32 F2FP stand behind begin"),
        ("flash_attention_softcap", "anchor", "of 64 FFMA stand behind HGMMA"),
        ("retention", "boundary", "of 128 FFMA stand behind ARRIVE of state.to_bf16.shared.full"),
    ],
)
def test_without_what_holds_work_it_moves(name: str, kind: str, moved: str) -> None:
    program = warp_program(name)
    for role in ("compute-1", "compute-2"):
        program = with_steps(program, role, lambda steps: (s for s in steps if s.step != kind))
    found = faults_of(program, print_cuda(program))
    assert any(moved in fault for fault in found), found
