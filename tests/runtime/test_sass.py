"""Machine code: parsed, its loops found, the order of waits and work seen."""

from __future__ import annotations

import subprocess
import sys
import types

import pytest

from twill.models.errors import DeviceFault
from twill.runtime.nvrtc import compile_source
from twill.runtime.sass import SassFunction, disassemble, parse
from twill.runtime.sass_loops import loops, main_loops
from twill.runtime.sass_order import Segment, segments, wait_regions
from twill.tests.runtime.listings import listing
from twill.tests.runtime.sources import EXPONENTIALS, SCALE, SPILLING, overlapping


def assembled(source: str, name: str, *defines: str) -> SassFunction:
    return disassemble(compile_source(source, "sm_90a", f"{name}.cu", defines).cubin)[name]


def test_instructions_of_a_real_kernel() -> None:
    scale = assembled(SCALE, "scale", "FACTOR=2.0f")
    assert scale.instructions[0].address == 0
    assert [i.address for i in scale.instructions] == [
        16 * n for n in range(len(scale.instructions))
    ]
    assert scale.count("EXIT") >= 1
    assert scale.count("MUFU.EX2") == scale.count("MUFU") >= 1
    assert not scale.local_memory
    assert not scale.divergent_loops
    assert any(
        i.guard and i.matches("BRA") and i.target in scale.labels for i in scale.instructions
    )


def test_the_loop_of_a_real_kernel() -> None:
    scale = assembled(SCALE, "scale", "FACTOR=2.0f")
    found = main_loops(scale, "MUFU.EX2")
    assert found
    assert sum(loop.count("MUFU.EX2") for loop in found) <= scale.count("MUFU.EX2")


def test_spills_are_local_memory() -> None:
    spilling = assembled(SPILLING, "spilling")
    assert {i.opcode.split(".")[0] for i in spilling.local_memory} == {"LDL", "STL"}
    assert len(spilling.local_memory) == spilling.count("LDL") + spilling.count("STL")


BOUNDARIES = {"HGMMA": "mma", "WARPGROUP.DEPBAR": "wait"}


def exponentials_by_place(source: str) -> dict[tuple[str | None, str | None], int]:
    """Of the loop with the product: exponentials between each two boundaries."""
    (loop,) = main_loops(assembled(source, "overlapping"), "HGMMA")
    found = segments(loop.instructions, BOUNDARIES, ["MUFU.EX2"])
    assert sum(s.counts["MUFU.EX2"] for s in found) == EXPONENTIALS
    return {(s.after, s.before): s.counts["MUFU.EX2"] for s in found}


def test_a_wait_that_stays_has_the_work_before_it() -> None:
    places = exponentials_by_place(overlapping(boundary=True))
    assert places["mma", "wait"] >= EXPONENTIALS - 2  # a few may issue before the product
    assert places["wait", None] == 0
    (loop,) = main_loops(assembled(overlapping(boundary=True), "overlapping"), "HGMMA")
    (flight,) = wait_regions(loop.instructions, ["MUFU.EX2"], repeats=True)
    assert flight.counts["MUFU.EX2"] == places["mma", "wait"]
    assert flight.awaited is not None


def test_a_hoisted_wait_is_seen_though_the_report_is_clean() -> None:
    source = overlapping(boundary=False)
    assert compile_source(source, "sm_90a", "hoisted.cu").report.is_clean
    places = exponentials_by_place(source)
    assert places["wait", None] > 0
    assert places["mma", "wait"] < EXPONENTIALS - 2


def test_operands_guards_notes_and_labels_are_parsed() -> None:
    text = """
	.section	.text.f,"ax",@progbits
.text.f:
        /*0000*/                   LDL.LU R25, [R1+0x454]                   (*"SpillRefill"*);
.L_x_1:
        /*0010*/              @!P0 BRA.U.ANY `(.L_x_1) ;
        /*0020*/                   HGMMA.64x8x16.F32.BF16 R24, gdesc[UR8].tnspB, R24, gsb0 ;
        /*0030*/                   EXIT ;
.text.g:
        /*0000*/                   EXIT ;
"""
    functions = parse(text)
    assert list(functions) == ["f", "g"]
    spill, branch, product, end = functions["f"].instructions
    assert spill.operands == ("R25", "[R1+0x454]")
    assert (branch.guard, branch.target) == ("@!P0", ".L_x_1")
    assert functions["f"].labels[".L_x_1"] == 1
    assert product.operands[-1] == "gsb0"
    assert end.operands == ()
    assert functions["f"].local_memory == (spill,)
    assert functions["f"].divergent_loops == (branch,)


def test_a_branch_back_from_a_wait_at_the_end_is_no_loop() -> None:
    function = listing("""
        SYNCS R0
        @!P0 BRA L2
        L1:
        FADD R0
        EXIT
        L2:
        SYNCS R1
        @!P0 BRA L2
        BRA L1
    """)
    (spin,) = loops(function)
    assert [i.opcode for i in spin.instructions] == ["SYNCS", "BRA"]
    assert spin.instructions[0].operands == ("R1",)


def test_a_wait_out_of_line_belongs_to_the_loop_that_it_returns_to() -> None:
    function = listing("""
        L1:
        SYNCS R0
        @!P0 BRA L3
        L2:
        HGMMA R24, gsb0
        @P1 BRA L1
        EXIT
        L3:
        BRA L2
    """)
    (loop,) = main_loops(function, "HGMMA")
    assert [i.opcode for i in loop.instructions] == ["SYNCS", "BRA", "HGMMA", "BRA", "BRA"]


def test_the_innermost_loop_with_the_opcode() -> None:
    function = listing("""
        L1:
        FADD R0
        L2:
        HGMMA R24, gsb0
        L3:
        SYNCS R0
        @P0 BRA L3
        @P1 BRA L2
        @P2 BRA L1
        EXIT
    """)
    assert [len(loop.instructions) for loop in loops(function)] == [2, 4, 6]
    (main,) = main_loops(function, "HGMMA")
    assert len(main.instructions) == 4
    assert main_loops(function, "UTCHMMA") == ()


def test_a_copy_that_is_done_for_one_lane_after_the_other_is_no_loop() -> None:
    """As NVRTC 13.5 writes a copy whose operands might not be the same in all lanes."""
    text = """
        L1:
        SYNCS R0
        L2:
        ELECT P0
        UTMASTG UR4
        @P0 BRA L2
        @P1 BRA L1
        EXIT
    """
    (loop,) = main_loops(listing(text), "UTMASTG")
    assert loop.count("SYNCS") == 1
    (inner, _) = loops(listing(text.replace("UTMASTG UR4", "FADD R0")))
    assert inner.count("FADD") == 1


def test_code_that_is_never_reached_and_odd_ends() -> None:
    function = listing("""
        BRA L1
        FADD R0
        L1:
        BRA P1, L2
        EXIT
        NOP
        BRA L3
        L2:
    """)
    assert loops(function) == ()
    assert loops(SassFunction("empty", (), {})) == ()


def test_segments_join_the_instructions_of_one_batch() -> None:
    function = listing("""
        MUFU.EX2 R0
        HGMMA R24
        UMOV UR4
        HGMMA R24, gsb0
        MUFU.EX2 R1
        WARPGROUP.DEPBAR.LE gsb0, 0x0
        FADD R0
    """)
    found = segments(
        function.instructions, {"HGMMA": "mma", "WARPGROUP.DEPBAR": "wait"}, ["MUFU.EX2", "FADD"]
    )
    assert found == (
        Segment(None, "mma", {"MUFU.EX2": 1, "FADD": 0}),
        Segment("mma", "wait", {"MUFU.EX2": 1, "FADD": 0}),
        Segment("wait", None, {"MUFU.EX2": 0, "FADD": 1}),
    )


def test_a_wait_that_leaves_one_pending_retires_the_older() -> None:
    function = listing("""
        HGMMA R24, gsb0
        MUFU.EX2 R0
        HGMMA R88, gsb0
        WARPGROUP.DEPBAR.LE gsb0, 0x1
        MUFU.EX2 R0
        MUFU.EX2 R0
        WARPGROUP.DEPBAR.LE gsb0, 0x0
        HGMMA R24, gsb0
        MUFU.EX2 R0
    """)
    first, second, last = wait_regions(function.instructions, ["MUFU.EX2"])
    assert (first.counts["MUFU.EX2"], first.awaited) == (1, 0x30)
    assert (second.counts["MUFU.EX2"], second.awaited) == (2, 0x60)
    assert (last.counts["MUFU.EX2"], last.awaited) == (1, None)
    repeated = wait_regions(function.instructions, ["MUFU.EX2"], repeats=True)
    assert len(repeated) == 3
    assert (repeated[2].counts["MUFU.EX2"], repeated[2].awaited) == (2, 0x30)


def test_what_is_no_cubin_is_refused() -> None:
    with pytest.raises(DeviceFault, match="nvdisasm refuses"):
        disassemble(b"not an ELF file")


def test_a_missing_disassembler_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pathfinder = types.SimpleNamespace(find_nvidia_binary_utility=lambda name: None)
    monkeypatch.setitem(sys.modules, "cuda", types.SimpleNamespace(pathfinder=pathfinder))
    with pytest.raises(DeviceFault, match=r"no nvdisasm\n    pip install"):
        disassemble(b"")
    monkeypatch.setitem(sys.modules, "cuda", types.SimpleNamespace())
    with pytest.raises(DeviceFault, match="no nvdisasm"):
        disassemble(b"")


def test_a_disassembler_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*arguments: object, **options: object) -> None:
        raise subprocess.TimeoutExpired("nvdisasm", 1)

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(DeviceFault, match="cannot run"):
        disassemble(b"")
