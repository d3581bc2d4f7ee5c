"""Marks: the clocks and the progress of each role, and the text without them."""

import numpy as np
import pytest

from twill.emitter.launch_description import launch_description
from twill.emitter.printer.marks import LOOP_SAMPLES, Marks
from twill.emitter.printer.printer import print_cuda
from twill.extractor.sample_cases import sample_cases
from twill.models.warp_program import WarpProgram
from twill.runtime.cache import compile_cached
from twill.tests.support.emissions import (
    emission,
    persistent_program,
    warp_program,
    wrong_elements,
)
from twill.tests.support.host_cuda.runner import MarkArrays, on_host, run_on_host

LONG = 2


def marked(program: WarpProgram) -> tuple[str, Marks]:
    marks = Marks()
    return print_cuda(program, marks), marks


def run(program: WarpProgram, name: str, block: int = 0) -> tuple[Marks, MarkArrays, int]:
    text, marks = marked(program)
    case = sample_cases(emission(name).program)[LONG]
    words = np.zeros(16 * len(marks.roles), np.uint64)
    arrays = MarkArrays(np.zeros(marks.samples, np.uint64), words, block)
    results = run_on_host(program, text, case, marks=arrays)
    return marks, arrays, wrong_elements(program, case, results)


@pytest.mark.parametrize("name", ["gemm", "flash_attention_forward"])
def test_text_without_marks_has_none(name: str) -> None:
    text = print_cuda(warp_program(name))
    assert "mark(" not in text
    with_marks, marks = marked(warp_program(name))
    kept = [line for line in with_marks.splitlines() if "mark" not in line]
    plain = text.splitlines()
    assert [line for line in plain if line in kept][-20:] == plain[-20:]
    assert all(found[-1].step == "end" for found in marks.roles.values())


def test_each_mark_has_samples_of_its_own() -> None:
    _, marks = marked(warp_program("flash_attention_forward"))
    taken = [
        number
        for found in marks.roles.values()
        for mark in found
        for number in range(mark.first, mark.first + mark.samples)
    ]
    assert sorted(taken) == list(range(marks.samples))
    loop = [m for m in marks.roles["compute-1"] if m.section == "loop"]
    assert {m.samples for m in loop} == {LOOP_SAMPLES}
    assert {"s[0]", "acc[0]"} <= {m.operation for m in loop}
    assert any(m.step.startswith("wait_products") for m in loop)


@on_host
@pytest.mark.parametrize("name", ["gemm", "flash_attention_forward"])
def test_marks_are_passed_in_order_and_the_result_stays_right(name: str) -> None:
    marks, arrays, wrong = run(warp_program(name), name)
    assert not wrong
    for number, found in enumerate(marks.roles.values()):
        assert arrays.progress[number] == len(found)  # the end, in no period
        assert arrays.clocks[found[-1].first]
        for mark in found:
            if mark.section == "loop":
                samples = arrays.clocks[mark.first : mark.first + mark.samples]
                passed = samples[samples > 0]
                assert 0 < len(passed) <= 5
                assert (np.diff(passed.astype(np.int64)) > 0).all()


def test_samples_of_an_unrolled_loop_are_so_many_iterations_apart() -> None:
    program = warp_program("fp8_gemm_block_scales")
    _, marks = marked(program)
    unrolled = {role.name: role.unroll for role in program.roles}
    assert max(unrolled.values()) > 1
    for role, found in marks.roles.items():
        assert {m.every for m in found if m.section == "loop"} == {unrolled[role]}


def test_marks_before_waits_only() -> None:
    program = warp_program("gemm")
    few, all_of_them = Marks(waits_only=True), Marks()
    for marks in (few, all_of_them):
        print_cuda(program, marks)
    kinds = {m.step.split()[0] for found in few.roles.values() for m in found}
    assert kinds == {"acquire", "reserve", "wait_products", "sync", "wait_copies", "end"}
    assert few.samples < all_of_them.samples


@on_host
def test_other_blocks_leave_no_clocks() -> None:
    _, arrays, wrong = run(warp_program("gemm"), "gemm", block=7)
    assert not wrong
    assert not arrays.clocks.any()
    assert arrays.progress.any()


@on_host
def test_a_persistent_block_samples_its_first_tile() -> None:
    marks, arrays, wrong = run(persistent_program("gemm"), "gemm")
    assert not wrong
    assert arrays.clocks[marks.roles["compute-1"][-1].first]


@on_host
def test_null_addresses_leave_everything_out() -> None:
    program = warp_program("gemm")
    text, marks = marked(program)
    arrays = MarkArrays(np.zeros(marks.samples, np.uint64), np.zeros(64, np.uint64), 0)
    without = text.replace("u32 marking = (clocks", "clocks = progress = 0; u32 marking = (clocks")
    case = sample_cases(emission("gemm").program)[0]
    results = run_on_host(program, without, case, marks=arrays)
    assert not wrong_elements(program, case, results)
    assert not arrays.clocks.any()
    assert not arrays.progress.any()


@pytest.mark.parametrize(("name", "gpu"), [("gemm", "h100-sxm"), ("gemm", "b200")])
def test_marks_cost_no_spills(name: str, gpu: str) -> None:
    program = warp_program(name, gpu)
    text, _ = marked(program)
    report = compile_cached(text, program.target, f"{name}.cu").report
    assert report.is_clean


def test_launch_description_lists_marks_and_where_they_go() -> None:
    program = warp_program("gemm")
    _, marks = marked(program)
    launch = launch_description(program, "", "", marks)
    assert [p["name"] for p in launch["parameters"][-3:]] == ["clocks", "progress", "block"]
    assert [role["role"] for role in launch["marks"]] == ["producer", "compute-1", "compute-2"]
    assert "marks" not in launch_description(program, "", "")


def test_names_of_a_kernel_do_not_meet_those_of_marks() -> None:
    program = warp_program("gemm")
    renamed = replace_names(program)
    text, _ = marked(renamed)
    assert compile_cached(text, renamed.target, "gemm.cu").report.registers


def replace_names(program: WarpProgram) -> WarpProgram:
    text = program.model_dump_json().replace('"M"', '"clocks"').replace('"N"', '"progress"')
    return WarpProgram.model_validate_json(text)
