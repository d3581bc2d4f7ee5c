"""Deliberate faults in CUDA text for B200, each of which the run on the CPU has to show."""

import re
from functools import cache

import pytest

from twill.emitter.printer.printer import entry_point, print_cuda
from twill.extractor.sample_cases import SampleCase, sample_cases
from twill.tests.support.emissions import emission, warp_program, wrong_elements
from twill.tests.support.host_cuda.runner import Failed, Texts, on_host, run_on_host

pytestmark = on_host
LONG = 2  # the sample case with five iterations
SEEDS = range(13)
SOME = (0, 5)
GEMM, BIAS, FORWARD, CAPPED = (
    "gemm", "gemm_bias_gelu", "flash_attention_forward", "flash_attention_softcap",
)  # fmt: skip

FAULTS = {
    "columns of a bias": (BIAS, r"lane_column \+ j\b", "lane_column + 4 * j", "elements"),
    "columns of a later part of a bias": (BIAS, r"j \+ 64;", "j + 128;", "elements"),
    "swizzle of an operand": (GEMM, "0x40004040", "0x80004040", "within the pattern"),
    "no swizzle": (GEMM, "0x40004040", "0x00004040", "a descriptor of swizzle 0"),
    "version of a descriptor": (GEMM, "0x40004040", "0x40000040", "a descriptor of version 0"),
    "rows of a descriptor": (GEMM, "0x40004040", "0x40004020", "elements"),
    "panels of a descriptor": (FORWARD, "0x4000404004000000", "0x4000404002000000", "elements"),
    "where an operand begins": (GEMM, r"\+ 1024, 0x4", "+ 1032, 0x4", "within the pattern"),
    "a step along K": (FORWARD, r"right \+ 128, ins", "right + 64, ins", "elements"),
    "type of the operands": (GEMM, "0x8400490", "0x8400010", "elements"),
    "type of one operand": (GEMM, "0x8400490", "0x8400090", "operands of two types"),
    "columns of a product": (GEMM, "0x8400490", "0x8200490", "elements"),
    "rows of a product": (GEMM, "0x8400490", "0x4400490", "a product of 64 rows"),
    "major order of an operand": (FORWARD, "0x8210490", "0x8200490", ""),
    "f16 results": (GEMM, "0x8400490", "0x8400480", "results are not f32"),
    "where a left operand lies": (FORWARD, r"s_0_tensor \+ 8,", "s_0_tensor + 16,", "elements"),
    "added to what nobody has written": (GEMM, r"(left, right, instruction, )0", r"\g<1>1", ""),
    "bytes of a copy": (GEMM, r"(mbar_expect\([^,]*, )\d+", r"\g<1>16", ""),
    "columns of a tensor": (
        GEMM,
        r"tensors \+ 256;",
        "tensors + 192;",
        "has not told of its tcgen05.mma",
    ),
    "columns of a load": (GEMM, r"acc_0_tensor \+ lanes \+ 64", "acc_0_tensor + lanes + 32", ""),
    "columns of a part of a load": (GEMM, r'"\(address \+ 32\)', '"(address)', "elements"),
    "lanes of others": (GEMM, r"\(warp & 3\) << 21", "(warp & 1) << 21", "the warp reaches lanes"),
    "beyond what is allocated": (GEMM, r"(slot, )512", r"\g<1>256", "are not allocated"),
    "never freed": (GEMM, r" *if \(warp == 4\) tensors_free.*\n", "", "ends with 512 columns"),
    "freed by another warp": (GEMM, r"4\) tensors_free", "5) tensors_free", "another one frees"),
    "no commit": (GEMM, r" *tensor_commit\(issuer_1_over\);\n", "", "deadlock"),
    "no commit for a slot": (GEMM, r" *tensor_commit\(b_tile_empty.*\n", "", "deadlock"),
    "no fence before others are told": (
        FORWARD,
        r" *tensor_fence_before\(\);\n",
        "",
        "has not told",
    ),
    "no fence before a copy out": (
        GEMM,
        r"(?m)^ +fence_proxy_async\(\);\n",
        "",
        "no fence.proxy.async since thread",
    ),
    "no fence behind a wait": (GEMM, r" *tensor_fence_after\(\);\n", "", "no fence since"),
}
"""Kernel, what is changed and to what, and what is said of it; with every seed."""

RACES = {
    "no wait for loads": (BIAS, r" *tensor_wait_loads\(\);\n", ""),
    "no wait for stores": (FORWARD, r" *tensor_wait_stores\(\);\n", ""),
    "no wait for all products": (GEMM, r" *mbar_wait\(issuer_1_over.*\n", ""),
    "no wait for one product": (FORWARD, r" *mbar_wait\(s_0_over.*\n", ""),
    "no wait for what overwrites an operand": (FORWARD, r" *mbar_wait\(acc_0_over.*\n", ""),
    "no wait for a scaled accumulator": (FORWARD, r" *mbar_wait\(acc_multiply_0_over.*\n", ""),
    "no wait for a row vector": (FORWARD, r" *mbar_wait\(alpha_0_full.*\n", ""),
    "no turn": (CAPPED, r" *bar_(sync|arrive)<2, 256>\(\);.*\n", ""),
    "no wait for a tile": (GEMM, r" *mbar_wait\(b_tile_full.*\n", ""),
    "no wait for a slot": (GEMM, r" *mbar_wait\(b_tile_empty.*\n", ""),
    "a slot given back early": (GEMM, r"tensor_commit\(b_tile_empty", "mbar_arrive(b_tile_empty"),
    "a wait of all warps for what one thread gives back": (
        CAPPED, r"if \(warp == \d+\) (mbar_wait\(k_tile_full)", r"\g<1>",
    ),
    "no wait for staged rows": (GEMM, r" *bar_sync<\d, 128>\(\);.*\n", ""),
    "freed before others have read": (
        FORWARD, r" *bar_(sync|arrive)<\d, 256>\(\);  // tensors_read\n", "",
    ),
}  # fmt: skip


@cache
def changed(name: str, pattern: str, replacement: str) -> tuple[str, str]:
    program = warp_program(name, "b200")
    text = print_cuda(program)
    wrong = re.sub(pattern, replacement, text)
    assert wrong != text
    return wrong, entry_point(program)


@cache
def texts() -> Texts:
    return tuple(changed(*found[:3]) for found in (*FAULTS.values(), *RACES.values()))


@cache
def case_of(name: str) -> SampleCase:
    return sample_cases(emission(name, "b200").program)[LONG]


def what_goes_wrong(name: str, text: str, seed: int) -> str:
    """What a run shows; nothing if its results are right."""
    program, case = warp_program(name, "b200"), case_of(name)
    try:
        results = run_on_host(program, text, case, seed=seed, among=texts())
    except Failed as failed:
        return str(failed)
    return "elements" if wrong_elements(program, case, results) else ""


@pytest.mark.parametrize("what", FAULTS)
def test_wrong_constants_go_wrong_with_every_seed(what: str) -> None:
    name, pattern, replacement, sentence = FAULTS[what]
    text, _ = changed(name, pattern, replacement)
    for seed in SOME:
        found = what_goes_wrong(name, text, seed)
        assert found, seed
        assert sentence in found, seed


@pytest.mark.parametrize("what", RACES)
def test_missing_waits_go_wrong_with_some_seed(what: str) -> None:
    name, pattern, replacement = RACES[what]
    text, _ = changed(name, pattern, replacement)
    assert any(what_goes_wrong(name, text, seed) for seed in SEEDS)
