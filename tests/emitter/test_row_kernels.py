"""Rows of other numbers, lengths and types: right on the NumPy machine, on the host, and clean."""

from __future__ import annotations

import pytest

from twill.emitter.machine.protocol import run_protocols
from twill.emitter.printer.printer import print_cuda
from twill.extractor.sample_cases import sample_cases
from twill.fitting import compile_program, is_clean
from twill.ordering import find_overlaps
from twill.tests.support.emissions import (
    ELEMENTWISE,
    emission,
    faults,
    warp_program,
    wrong_elements,
)
from twill.tests.support.host_cuda.runner import on_host, run_on_host
from twill.tests.support.row_kernels import (
    COPIED,
    MASKED,
    ROW_SUMS,
    changed,
    emission_of_text,
    program_of_text,
    text_of,
)

LAYER_NORM = text_of("layer_norm", COLUMNS="512")
IN_F32 = LAYER_NORM.replace("x: {dtype: bf16", "x: {dtype: f32").replace(".to(bf16)", "")
SOFTMAX = text_of("softmax_stream", ROWS="16", COLUMNS="1024")
KERNELS = {
    "4 rows, a warp for each": text_of("layer_norm", ROWS="4"),
    "long rows": text_of("layer_norm", ROWS="4", COLUMNS="2048"),
    "12 rows, three fragments of 4": text_of("layer_norm", ROWS="12", COLUMNS="256"),
    "16 rows, two fragments of 8": text_of("layer_norm", ROWS="16", COLUMNS="512"),
    "64 rows, as products have them": text_of("layer_norm", ROWS="64", COLUMNS="128"),
    "in f32": IN_F32.replace("y: {dtype: bf16", "y: {dtype: f32"),
    "in fp16": LAYER_NORM.replace("bf16", "fp16"),
    "a weight of 16 bits": LAYER_NORM.replace("weight: {dtype: f32", "weight: {dtype: bf16"),
    "sub-tiles": SOFTMAX.replace("COLUMNS: 1024}", "COLUMNS: 1024}\nsplit: {ROWS: 2}"),
    "four fragments": text_of("softmax_stream", ROWS="32", COLUMNS="128"),
    "a stripe for each thread": text_of("softmax_stream", COLUMNS="64"),
    "carried and stored after the loop": ROW_SUMS,
    "the same in 4 rows": changed(ROW_SUMS, ROWS="4"),
    "the same in two fragments": changed(ROW_SUMS, ROWS="16"),
    "vectors of rows, masks, added up": MASKED,
    "those in three fragments of 4": changed(MASKED, ROWS="12"),
    "copied out as they came": COPIED,
    "the same in 64 rows": changed(COPIED, ROWS="64", COLUMNS="64"),
}
CROSSING = ("sub-tiles", "four fragments")
"""Those in which tiles cross warp groups on B200."""
GPUS = ("h100-sxm", "b200")


@pytest.mark.parametrize("what", KERNELS)
@pytest.mark.parametrize("gpu", GPUS)
def test_rows_of_any_kind_are_right_on_the_machine(what: str, gpu: str) -> None:
    given, program = emission_of_text(KERNELS[what], gpu), program_of_text(KERNELS[what], gpu)
    for seed, case in enumerate(sample_cases(given.program)):
        assert faults(program, case, seed) == 0, case.extents
    for trips in (0, 1, 2, 3, 5):
        run_protocols(program, trips, range(10))


@on_host
@pytest.mark.parametrize(
    ("what", "gpu"), [*((what, "h100-sxm") for what in KERNELS), *((w, "b200") for w in CROSSING)]
)
def test_their_text_computes_what_the_kernel_says(what: str, gpu: str) -> None:
    given, program = emission_of_text(KERNELS[what], gpu), program_of_text(KERNELS[what], gpu)
    text = print_cuda(program)
    for seed, case in enumerate(sample_cases(given.program)):
        results = run_on_host(program, text, case, seed=seed)
        assert not wrong_elements(program, case, results), case.extents


@pytest.mark.parametrize("what", KERNELS)
@pytest.mark.parametrize("gpu", GPUS)
def test_they_compile_clean_and_in_order(what: str, gpu: str) -> None:
    program = program_of_text(KERNELS[what], gpu)
    _, compiled = compile_program(program)
    assert is_clean(compiled.report)
    assert not [f for o in find_overlaps(program, compiled.cubin) for f in o.faults]


# ---- those of the library for B200: Hopper's are tested with all others


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_library_kernels_for_blackwell(name: str) -> None:
    program = warp_program(name, "b200")
    assert (program.target, program.tensors) == ("sm_100a", ())
    for case in sample_cases(emission(name, "b200").program):
        for seed in range(5):
            assert faults(program, case, seed) == 0, case.extents
    for trips in (0, 1, 2, 3, 4, 5, 9, 16):
        run_protocols(program, trips, range(125))


@on_host
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_text_of_library_kernels_for_blackwell(name: str) -> None:
    program = warp_program(name, "b200")
    text = print_cuda(program)
    for case in sample_cases(emission(name, "b200").program):
        for seed in range(9):
            results = run_on_host(program, text, case, seed=seed)
            assert not wrong_elements(program, case, results), (case.extents, seed)
