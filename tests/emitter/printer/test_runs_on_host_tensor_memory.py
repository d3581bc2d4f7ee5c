"""CUDA text for B200, compiled with g++ and executed on the CPU: tcgen05 and Tensor Memory too."""

from functools import cache

import numpy as np
import pytest

from twill.emitter.lowering import lower
from twill.emitter.printer.printer import entry_point, print_cuda
from twill.extractor.sample_cases import sample_cases
from twill.models.warp_program import WarpProgram
from twill.tests.support.emissions import (
    ELEMENTWISE,
    ON_BLACKWELL,
    emission,
    warp_program,
    wrong_elements,
)
from twill.tests.support.host_cuda.assembly import translated
from twill.tests.support.host_cuda.runner import Texts, on_host, run_on_host
from twill.tests.support.host_cuda.source import host_source

pytestmark = on_host
LONG = 2  # the sample case with five iterations
SEEDS = range(13)
"""Fair and prompt; then each of six kinds of asynchronous work last, the rest prompt or not."""
FEW = (0, 1, 4, 5, 8)
PERSISTENT_SEEDS = (0, 1, 5, 6)  # where there are four kinds


@cache
def texts() -> Texts:
    """All of them, compiled together."""
    programs = [warp_program(name, "b200") for name in ON_BLACKWELL]
    return tuple((print_cuda(program), entry_point(program)) for program in programs)


@pytest.mark.parametrize("name", ON_BLACKWELL)
def test_text_computes_what_the_kernel_says(name: str) -> None:
    program = warp_program(name, "b200")
    text = print_cuda(program)
    for number, case in enumerate(sample_cases(emission(name, "b200").program)):
        for expected in case.outputs.values():
            assert not np.isnan(np.asarray(expected, np.float32)).any()
        for seed in SEEDS if number == LONG else FEW:
            results = run_on_host(program, text, case, seed=seed, among=texts())
            assert not wrong_elements(program, case, results), (case.extents, seed)


@cache
def persistent(name: str) -> WarpProgram:
    """Only those without products can be persistent there."""
    return lower(emission(name, "b200"), persistent=True)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_persistent_text_without_products_computes_what_the_kernel_says(name: str) -> None:
    program = persistent(name)
    text = print_cuda(program)
    among = tuple((print_cuda(persistent(n)), entry_point(persistent(n))) for n in ELEMENTWISE)
    for case in sample_cases(emission(name, "b200").program):
        for seed in PERSISTENT_SEEDS:
            results = run_on_host(program, text, case, seed=seed, among=among)
            assert not wrong_elements(program, case, results), (case.extents, seed)


def test_the_kernel_is_compiled_byte_for_byte() -> None:
    program = warp_program("flash_attention_forward", "b200")
    text = print_cuda(program)
    kernel = text[text.index('extern "C" __global__') :]
    assert kernel in host_source(text, entry_point(program))


def test_assembly_is_taken_as_it_stands() -> None:
    function = """\
DEV void moved(float (&d)[2], u32 address) {
  asm volatile("tcgen05.ld.sync.aligned.32x32b.x2.b32 {"
    "%1, %0"
    "}, [%2];" : "=f"(d[0]), "=f"(d[1]) : "r"(address + 7) : "memory");
}"""
    call = "{ host::load_tensor((address + 7), {(u32*)&(d[1]), (u32*)&(d[0])}); }"
    assert call in translated(function)
    with pytest.raises(AssertionError, match="2 registers of 4"):
        translated(function.replace("x2.b32", "x4.b32"))
    for known, other in (("32x32b", "16x64b"), ("[%2]", "%2")):
        with pytest.raises((AssertionError, KeyError)):
            translated(function.replace(known, other))
