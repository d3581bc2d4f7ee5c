"""Printed programs through NVRTC: the assembler's report, and what the machine code holds."""

from functools import cache

import pytest

from twill.emitter.printer.printer import print_cuda
from twill.models.warp_program import WarpProgram
from twill.runtime.nvrtc import Compiled, compile_source
from twill.runtime.sass import SassFunction, disassemble
from twill.runtime.sass_loops import main_loops
from twill.runtime.sass_order import wait_regions
from twill.tests.emitter.printer.attention_program import attention
from twill.tests.emitter.printer.programs import gemm

EXPONENTIALS = 128 // 2 + 2  # of one thread: half a row pair's columns, and two factors


@cache
def compiled(program: WarpProgram) -> tuple[Compiled, SassFunction]:
    made = compile_source(print_cuda(program), program.target, program.kernel)
    return made, disassemble(made.cubin)[program.kernel]


@pytest.mark.parametrize(
    "program",
    [
        gemm(), gemm(dtype="fp16"), gemm(staged="f32"),
        attention(), attention(boundary=False), attention(causal=True),
    ],
    ids=["gemm", "gemm fp16", "gemm f32 out", "attention", "without boundary", "causal"],
)  # fmt: skip
def test_report_is_clean_and_code_is_uniform(program: WarpProgram) -> None:
    made, function = compiled(program)
    assert made.report.is_clean, made.report
    assert made.report.registers == 168
    assert "warning" not in made.report.log
    assert not function.local_memory
    assert not function.divergent_loops


def test_gemm_has_the_instructions_of_its_steps() -> None:
    function = compiled(gemm())[1]
    counts = {op: function.count(op) for op in ("HGMMA", "UTMALDG", "UTMASTG", "USETMAXREG")}
    # Two roles with 4 instructions in prologue and steady state, 4 boxes each.
    assert counts == {"HGMMA": 16, "UTMALDG": 2, "UTMASTG": 8, "USETMAXREG": 3}
    assert function.count("STSM") == 2 * 16


def test_gemm_staged_in_f32_is_added_by_the_copy_engine() -> None:
    function = compiled(gemm(staged="f32"))[1]
    assert function.count("UTMAREDG") == 2 * 4
    # 64 elements of each thread and role, two by two.
    assert function.count("STS.64") == 2 * 64 // 2
    assert not function.count("STSM")


def test_the_main_loop_of_gemm_is_as_short_as_one_written_by_hand() -> None:
    loops = main_loops(compiled(gemm())[1], "HGMMA")
    assert len(loops) == 2
    for loop in loops:
        assert loop.count("HGMMA") == 4
        assert len(loop.instructions) <= 53 + 10  # by hand: 53, without turns


def test_attention_has_the_instructions_of_its_steps() -> None:
    function = compiled(attention())[1]
    counts = {op: function.count(op) for op in ("HGMMA", "UTMALDG", "UTMASTG", "USETMAXREG")}
    # Two roles: 8 for scores in prologue and loop, 8 for the output in loop and epilogue.
    assert counts == {"HGMMA": 64, "UTMALDG": 6, "UTMASTG": 4, "USETMAXREG": 3}


@pytest.mark.parametrize("causal", [False, True])
def test_the_softmax_runs_under_the_product(causal: bool) -> None:
    for scores, output in flights(attention(causal=causal)):
        assert scores == 0
        assert output == EXPONENTIALS


def test_without_a_boundary_the_wait_is_lifted_above_the_softmax() -> None:
    assert all(output < EXPONENTIALS // 4 for _, output in flights(attention(boundary=False)))


def flights(program: WarpProgram) -> list[tuple[int, int]]:
    """Exponentials while scores, and while the output, are in flight; for each role."""
    found = []
    for loop in main_loops(compiled(program)[1], "HGMMA"):
        regions = wait_regions(loop.instructions, ("MUFU.EX2",), repeats=True)
        scores, output = (region.counts["MUFU.EX2"] for region in regions)
        found.append((scores, output))
    assert len(found) == 2
    return found
