"""Tensor Memory of a warp program: columns that overlap or that there are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from twill.models.errors import ProgramViolation
from twill.models.tensor_memory_checks import allocated_columns
from twill.models.warp_program import Tensor, WarpProgram
from twill.tests.support.emissions import warp_program


def changed(field: str, change: Callable[[Any], Any]) -> WarpProgram:
    """The attention program with one of its parts changed, checked anew."""
    program = warp_program("flash_attention_forward", "b200")
    values = {name: getattr(program, name) for name in WarpProgram.model_fields}
    return WarpProgram(**{**values, field: change(values[field])})


def test_columns_are_allocated_by_powers_of_two() -> None:
    program = warp_program("flash_attention_forward", "b200")
    assert allocated_columns(program) == 512
    for columns, allocated in ((16, 32), (32, 32), (33, 64), (130, 256)):
        tensors = (Tensor(name="t", first_column=0, columns=columns),)
        assert allocated_columns(program.model_copy(update={"tensors": tensors})) == allocated
    assert allocated_columns(program.model_copy(update={"tensors": ()})) == 0


def test_tensors_do_not_overlap() -> None:
    def moved(tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (tensors[0], tensors[1].model_copy(update={"first_column": 100}), *tensors[2:])

    with pytest.raises(ProgramViolation, match=r"s\[0\] and s\[1\] overlap in Tensor Memory"):
        changed("tensors", moved)


def test_there_are_512_columns() -> None:
    def moved(tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (*tensors[:-1], tensors[-1].model_copy(update={"first_column": 400}))

    with pytest.raises(ProgramViolation, match="has 512 columns, 1024 are needed"):
        changed("tensors", moved)


def test_a_signal_that_is_named_exists() -> None:
    with pytest.raises(ProgramViolation, match=r"names the signal .*, which does not exist"):
        changed("signals", lambda signals: signals[1:])


def test_memory_is_taken_over_only_where_the_program_says_so() -> None:
    program = warp_program("gemm", "b200")
    staging = program.buffer("store_c")
    assert staging.over == ("b_tile", "a_tile")
    silent = tuple(
        b.model_copy(update={"over": ()}) if b.name == "store_c" else b for b in program.buffers
    )
    values = {name: getattr(program, name) for name in WarpProgram.model_fields}
    with pytest.raises(ProgramViolation, match="b_tile and store_c overlap in shared memory"):
        WarpProgram(**{**values, "buffers": silent})
