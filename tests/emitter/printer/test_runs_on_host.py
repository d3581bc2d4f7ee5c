"""The printed CUDA text itself, compiled with g++ and executed on the CPU."""

import re
from functools import cache

import numpy as np
import pytest

from twill.emitter.printer.printer import entry_point, print_cuda
from twill.extractor.sample_cases import SampleCase, sample_cases
from twill.models.warp_program import WarpProgram
from twill.tests.support.emissions import (
    EMITTED,
    emission,
    persistent_program,
    warp_program,
    wrong_elements,
)
from twill.tests.support.host_cuda.runner import Failed, Texts, on_host, run_on_host
from twill.tests.support.host_cuda.source import host_source

pytestmark = on_host
LONG = 2  # the sample case with five iterations
SEEDS = range(
    9
)  # fair and prompt; then each kind of asynchronous work last, the rest prompt or not


def cases(name: str) -> tuple[SampleCase, ...]:
    return sample_cases(emission(name).program)


def seeds_that_go_wrong(name: str, text: str, case: SampleCase) -> list[int]:
    """Seeds with which a text faults, hangs or leaves a wrong result."""
    program, found = warp_program(name), []
    for seed in SEEDS:
        try:
            results = run_on_host(program, text, case, seed=seed, among=wrong_texts())
        except Failed:
            found.append(seed)
        else:
            found += [seed] if wrong_elements(program, case, results) else []
    return found


@cache
def texts() -> Texts:
    """All of them, compiled together."""
    plain = [warp_program(name) for name in EMITTED]
    programs = [*plain, *(persistent_program(name) for name in EMITTED)]
    return tuple((print_cuda(program), entry_point(program)) for program in programs)


def check(program: WarpProgram, name: str) -> None:
    text = print_cuda(program)
    for case in cases(name):
        for expected in case.outputs.values():
            assert not np.isnan(np.asarray(expected, np.float32)).any()
        for seed in SEEDS:
            results = run_on_host(program, text, case, seed=seed, among=texts())
            assert not wrong_elements(program, case, results), (case.extents, seed)


@pytest.mark.parametrize("name", EMITTED)
def test_text_computes_what_the_kernel_says(name: str) -> None:
    check(warp_program(name), name)


@pytest.mark.parametrize("name", EMITTED)
def test_persistent_text_computes_what_the_kernel_says(name: str) -> None:
    check(persistent_program(name), name)


def test_the_kernel_is_compiled_byte_for_byte() -> None:
    program = warp_program("retention")
    text = print_cuda(program)
    kernel = text[text.index('extern "C" __global__') :]
    assert kernel in host_source(text, entry_point(program))


@cache
def changed(name: str, pattern: str, replacement: str) -> str:
    text = print_cuda(warp_program(name))
    wrong = re.sub(pattern, replacement, text)
    assert wrong != text
    return wrong


def test_one_cursor_for_filling_and_reading_a_ring_hangs() -> None:
    text = print_cuda(warp_program("retention"))
    shared = re.sub(r"(?m)^ *(?:u32|int) \w+_filled_(?:phase|slot) = .*\n", "", text)
    shared = re.sub(r"_filled_(phase|slot)\b", r"_\1", shared)
    assert shared != text
    with pytest.raises(Failed, match=r"(?s)deadlock.*mbarrier.try_wait"):
        run_on_host(warp_program("retention"), shared, cases("retention")[LONG])


FAULTS = {
    "swizzle of what is staged": ("gemm", r"swizzled<128, 128>", "swizzled<64, 128>"),
    "swizzle of an operand": ("gemm", "0x4000004000010000", "0x8000004000010000"),
    "stride of an operand": ("flash_attention_forward", r"right \+ 128, 1", "right + 256, 1"),
    "stripes of another turn": ("layer_norm", r"256 \* \(i >> 2\)", "128 * (i >> 2)"),
    "shuffles of half a row": ("softmax_stream", r"over_row_sum<16>", "over_row_sum<8>"),
    "another first column": ("layer_norm", r"4 \* \(lane & 15\)", "4 * (lane & 7)"),
    "no fence before a copy out": ("gemm", r"(?m)^ +fence_proxy_async\(\);\n", ""),
    "no fence before a product": ("retention", r"(?m)^ +fence_proxy_async\(\);\n", ""),
    "bytes of a copy": ("gemm", r"(mbar_expect\([^,]*, )\d+", r"\g<1>16"),
}
RACES = {
    "no wait for a product": ("gemm", r"        wgmma_wait<0>\(\);\n", ""),
    "no wait for a tile": ("gemm", r"        mbar_wait\(a_tile_full.*\n", ""),
    "no wait for a slot": ("gemm", r" *mbar_wait\(a_tile_empty.*\n", ""),
    "no wait for the staged rows of others": ("gemm", r"    bar_sync<3, 128>\(\);.*\n", ""),
    "no wait for a copy out": ("retention", r"copies_wait_read\(\);", ";"),
    "no wait for other lanes": ("retention", r"__syncwarp\(\);", ""),
    "no wait for rows": ("layer_norm", r" *mbar_wait\(x_tile_full.*\n", ""),
    "no wait for staged rows to be read": (
        "layer_norm",
        r" *mbar_wait\(y_tile_to_bf16_shared_empty.*\n",
        "",
    ),
}


@cache
def wrong_texts() -> Texts:
    faults = (*FAULTS.values(), *RACES.values())
    return tuple((changed(*fault), entry_point(warp_program(fault[0]))) for fault in faults)


@pytest.mark.parametrize("what", FAULTS)
def test_wrong_constants_go_wrong_with_every_seed(what: str) -> None:
    name, pattern, replacement = FAULTS[what]
    text = changed(name, pattern, replacement)
    assert seeds_that_go_wrong(name, text, cases(name)[LONG]) == list(SEEDS)


@pytest.mark.parametrize("what", RACES)
def test_missing_waits_go_wrong_with_some_seed(what: str) -> None:
    name, pattern, replacement = RACES[what]
    assert seeds_that_go_wrong(name, changed(name, pattern, replacement), cases(name)[LONG])
