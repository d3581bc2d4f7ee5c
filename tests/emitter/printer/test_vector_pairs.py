"""Columns loaded two by two: where that is sure to be aligned, and that it is shorter."""

from __future__ import annotations

import re
from typing import Any

import pytest

from twill.emitter.printer import memory_steps
from twill.emitter.printer.printer import print_cuda
from twill.models.tile_program import TensorParameter
from twill.models.warp_program import TensorMap, WarpProgram
from twill.models.warp_step import LoadVector, StoreRows
from twill.runtime.nvrtc import compile_source
from twill.runtime.sass import SassFunction, disassemble
from twill.tests.emitter.printer.programs import literal, vectors
from twill.tests.support.emissions import warp_program

MAP = TensorMap(name="map", argument="table", box=(8, 8), swizzle=0)
TABLE = TensorParameter(name="table", dtype="bf16", shape=("R", "N"))
PANELS = (" + 64", " + 128", " + 192")
"""Where the further panels of a tile of 256 columns begin."""


def with_bias(dtype: Any, shape: tuple[int | str, ...], **load: Any) -> WarpProgram:
    """The program of vectors with another bias, loaded in another way."""
    program = vectors(literal(0))
    bias = TensorParameter(name="bias", dtype=dtype, shape=shape)
    parameters = tuple(bias if p.name == "bias" else p for p in program.parameters)
    role = program.roles[0]
    finish = tuple(
        s.model_copy(update=load) if isinstance(s, LoadVector) and s.target == "c" else s
        for s in role.finish
    )
    roles = (role.model_copy(update={"finish": finish}),)
    return program.model_copy(update={"parameters": parameters, "roles": roles})


def with_even_rows(program: WarpProgram) -> WarpProgram:
    """N is the length of rows that a tensor map reads, so a multiple of 16 bytes."""
    update = {"tensor_maps": (MAP,), "parameters": (*program.parameters, TABLE)}
    return program.model_copy(update=update)


@pytest.mark.parametrize("dtype", ["f32", "bf16", "fp16"])
def test_an_even_length_is_loaded_in_pairs(dtype: str) -> None:
    for program in (with_bias(dtype, (256,)), with_even_rows(with_bias(dtype, ("N",)))):
        text = print_cuda(program)
        assert f"load_pair_{dtype}(bias + at, c[j], c[j + 1]);" in text
        assert "const int at = m * 64 + lane_column + 4 * j;" in text
        assert compile_source(text, "sm_90a", "vectors").report.is_clean


@pytest.mark.parametrize(
    "program",
    [
        with_bias("bf16", ("N",)),
        with_bias("f32", (255,)),
        with_bias("f32", (256,), first=1),
        with_bias("f32", (256,), extent=63),
        with_bias("fp8e4m3", (256,)),
    ],
    ids=["an extent of any length", "odd", "begins within a pair", "odd tiles", "another type"],
)
def test_what_may_not_be_aligned_is_loaded_one_by_one(program: WarpProgram) -> None:
    assert "load_pair_" not in print_cuda(program)


def test_what_the_kernel_writes_is_loaded_one_by_one() -> None:
    program = with_bias("f32", (256,))
    role = program.roles[0]
    finish = tuple(
        s.model_copy(update={"argument": "bias", "index": s.index[1:]})
        if isinstance(s, StoreRows) else s
        for s in role.finish
    )  # fmt: skip
    roles = (role.model_copy(update={"finish": finish}),)
    assert "load_pair_" not in print_cuda(program.model_copy(update={"roles": roles}))


def test_it_makes_gemm_bias_gelu_shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = machine_code(warp_program("gemm_bias_gelu"))
    monkeypatch.setattr(memory_steps, "loads_pairs", lambda *_: False)
    singles = machine_code(warp_program("gemm_bias_gelu"))
    assert (pairs.count("LDG"), singles.count("LDG")) == (64, 128)
    assert len(pairs.instructions) < len(singles.instructions)


def machine_code(program: WarpProgram) -> SassFunction:
    made = compile_source(print_cuda(program), program.target, program.kernel)
    assert made.report.is_clean
    return disassemble(made.cubin)[program.kernel]


def test_a_thread_that_holds_a_row_loads_the_columns_one_after_the_other() -> None:
    text = print_cuda(warp_program("gemm_bias_gelu", "b200"))
    loads = re.findall(
        r"for \(int j = 0; j < 64; j \+= 2\) \{\n +const int at = (.*);\n.*\n.*load_pair_f32", text
    )
    assert loads == [f"n * 256 + lane_column + j{more}" for more in ("", *PANELS)] * 2
