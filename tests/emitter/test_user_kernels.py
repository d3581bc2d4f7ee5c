"""Kernels as users write them: right on the NumPy machine and on the host, clean, and in order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from twill.emitter.lowering import lower
from twill.extractor.sample_cases import sample_cases
from twill.models.errors import InvalidKernel, Unsupported
from twill.models.warp_step import Demand
from twill.tests.support.emissions import emission, faults, wrong_elements
from twill.tests.support.host_cuda.runner import on_host, run_on_host
from twill.tests.support.row_kernels import text_of
from twill.tests.support.user_kernels import (
    ADDED_UP,
    ATTENTION,
    CROSS_ENTROPY,
    RUNNING_SUMS,
    TWO_LOOPS,
    emitted_text,
    product,
)

RESIDUAL = "load(r, (m, n), (BLOCK_M, BLOCK_N))"
ON_HOPPER = {
    "sums of what a mask selects": CROSS_ENTROPY,
    "elements of 8 bits made wider": product("a_tile.to(bf16)", a_type="fp8e4m3"),
    "a selection of bool": product("where(a_tile, 1.0, -1.0).to(bf16)", a_type="bool"),
    "a vector of all rows, read in parts": product("(a_tile * s[:, None]).to(bf16)"),
    "a matrix that is added to the result": product(result=f"(acc + {RESIDUAL}).to(bf16)"),
    "columns cut in two": product(rows=64, split="BLOCK_N: 2"),
    "running sums of columns": RUNNING_SUMS,
    "tiles added up": ADDED_UP,
}
ON_BLACKWELL = {
    "a sink, a slope, and few queries": ATTENTION,
    "a result in f32": product(result="acc", c_type="f32"),
    "a matrix that is added to the result": product(result=f"(acc + {RESIDUAL}).to(bf16)"),
    "columns cut in two": product(split="BLOCK_N: 2"),
    "rows scaled after the loop": product(result="(acc * s[:, None]).to(bf16)", columns=64),
}
CASES = (
    *((what, text, "h100-sxm") for what, text in ON_HOPPER.items()),
    *((what, text, "b200") for what, text in ON_BLACKWELL.items()),
)


@pytest.mark.parametrize(
    ("text", "gpu"), [c[1:] for c in CASES], ids=[f"{c[0]}-{c[2]}" for c in CASES]
)
def test_they_are_right_on_the_machine_and_clean(text: str, gpu: str) -> None:
    made = emitted_text(text, gpu)
    assert made.faults == ()
    for case in sample_cases(made.tile_program):
        for seed in range(2):
            assert faults(made.program, case, seed) == 0, case.extents


@on_host
@pytest.mark.parametrize("what", list(ON_HOPPER)[:6])
def test_their_text_computes_what_the_kernel_says(what: str) -> None:
    made = emitted_text(ON_HOPPER[what], "h100-sxm")
    for seed, case in enumerate(sample_cases(made.tile_program)):
        results = run_on_host(made.program, made.source, case, seed=seed)
        assert not wrong_elements(made.program, case, results), case.extents


def test_one_copy_in_tensor_memory_is_asked_for() -> None:
    made = emitted_text(ATTENTION, "b200")
    assert made.changes == (
        "s.dot in Tensor Memory: more than one copy at once: there is one copy of s.dot at a time",
    )


def test_an_accumulator_is_demanded_where_its_scaling_would_be_put_off() -> None:
    made = emitted_text(
        text_of("flash_attention_forward").replace("HEAD_DIM: 128", "HEAD_DIM: 64"), "h100-sxm"
    )
    assert (made.faults, made.changes) == ((), ())
    wanted = [s for role in made.program.roles for s in role.steady if isinstance(s, Demand)]
    assert any(name.startswith("acc") for step in wanted for name in step.fragments)


def test_a_second_loop_is_refused_where_it_stands() -> None:
    with pytest.raises(InvalidKernel, match=r"kernel.yaml:13:\d+: a second loop"):
        emitted_text(TWO_LOOPS, "h100-sxm")
    given = emission("gemm")
    again = given.program.loops[0].model_copy(update={"name": "again"})
    both = given.program.model_copy(update={"segments": (*given.program.segments, again)})
    with pytest.raises(Unsupported, match=f"a loop beside {given.loop.name}, in which the"):
        lower(replace(given, program=both))


def test_a_vector_of_all_columns_is_not_read_in_parts() -> None:
    part = "(acc + load(bias, (n,), (BLOCK_N,))[None, :]).to(bf16)"
    with pytest.raises(Unsupported, match=r"reads a part of .*, which is loaded whole"):
        emitted_text(product(result=part, rows=64, split="BLOCK_N: 2"), "h100-sxm")


def test_fewer_stages_are_asked_for_where_a_turn_might_be_taken_twice() -> None:
    text = text_of("flash_attention_forward")
    text = text.replace(
        "arguments:", "arguments:\n  b: {dtype: bf16, shape: [heads, queries, keys]}"
    )
    bias = " + load(b, (h, m, n), (1, BLOCK_M, BLOCK_N))"
    text = text.replace("dot(q_tile, k_tile.T)", "dot(q_tile, k_tile.T)" + bias)
    made = emitted_text(text, "h100-sxm")
    assert made.changes[0].endswith("twice before the other comes: there are at most 2 stages")
    assert made.faults == ()
    assert faults(made.program, sample_cases(made.tile_program)[2], seed=1) == 0
