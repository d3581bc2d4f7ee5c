"""Which kernels without products lie by stripes, and what is refused by name."""

from __future__ import annotations

import pytest

from twill.models.errors import Unsupported
from twill.models.stripes import column_step, row_threads
from twill.models.warp_program import WarpProgram
from twill.models.warp_step import Acquire, CopyIn, LoadVector
from twill.tests.support.emissions import role_of, warp_program
from twill.tests.support.row_kernels import ROW_SUMS, program_of_text, text_of


def stripes(program: WarpProgram) -> int:
    return role_of(program, "compute-1").stripe_rows


@pytest.mark.parametrize(
    ("rows", "columns", "expected"),
    [(8, 1024, 8), (16, 512, 8), (24, 128, 8), (4, 1024, 4), (12, 256, 4), (64, 128, 0)],
)
def test_fragments_have_eight_rows_or_four_unless_those_of_products_fit(
    rows: int, columns: int, expected: int
) -> None:
    text = text_of("softmax_stream", ROWS=str(rows), COLUMNS=str(columns))
    program = program_of_text(text)
    role = role_of(program, "compute-1")
    assert role.stripe_rows == expected
    held = [f for f in role.fragments if f.name.startswith("scaled")]
    assert len(held) == rows // (expected or 64)
    assert {(f.rows, f.columns) for f in held} == {(expected or 64, columns)}


def test_kernels_with_products_have_none() -> None:
    assert stripes(warp_program("gemm")) == 0
    assert {role.spread for role in warp_program("retention").roles} == {"quads"}


def test_threads_of_a_row_take_its_columns_in_turns() -> None:
    assert [(row_threads(rows), column_step(rows)) for rows in (8, 4)] == [(16, 64), (32, 128)]


def test_vectors_of_columns_stay_in_shared_memory_for_the_whole_loop() -> None:
    program = warp_program("layer_norm")
    compute, producer = role_of(program, "compute-1"), role_of(program, "producer")
    assert [s.ring for s in compute.setup if isinstance(s, Acquire)] == ["w", "b"]
    assert {program.ring(name).arrivals for name in ("w", "b")} == {0}
    copies = [s for s in producer.setup if isinstance(s, CopyIn)]
    assert [(s.buffer, s.first_column, s.panel_offset) for s in copies] == [
        (name, 256 * part, 1024 * part) for name in ("w", "b") for part in range(4)
    ]
    assert not any(isinstance(s, LoadVector) for s in compute.setup)


def test_what_is_computed_from_a_vector_before_the_loop_lies_in_registers() -> None:
    program = program_of_text(ROW_SUMS)
    role = role_of(program, "compute-1")
    assert (role.fragment("o").layout, role.fragment("o").columns) == ("columns", 256)
    assert any(isinstance(step, LoadVector) for step in role.setup)


LAYER_NORM = text_of("layer_norm")
REFUSED = {
    "rows": (
        text_of("softmax_stream", ROWS="6"),
        " has 6 rows in one warp group, no multiple of 64, nor, in a kernel without products, of 4",
    ),
    "columns": (
        text_of("softmax_stream", COLUMNS="96"),
        r"x_tile has 96 columns, with 8 rows of a fragment no multiple of 64",
    ),
    "columns of four rows": (
        text_of("softmax_stream", ROWS="4", COLUMNS="192"),
        r"x_tile has 192 columns, with 4 rows of a fragment no multiple of 128",
    ),
    "elements of 8 bits": (
        LAYER_NORM.replace("x: {dtype: bf16", "x: {dtype: fp8e4m3"),
        "x_tile: fp8e4m3 by stripes, not f32 or i32 or bf16 or fp16",
    ),
    "a sum over rows": (
        LAYER_NORM.replace("y_tile = centered", "y_tile = sum(x_tile, axis=0)[None, :] + centered"),
        "a reduce over axis 0 of 8 x 1024",
    ),
    "a running sum": (
        LAYER_NORM.replace("y_tile = centered", "y_tile = cumsum(x_tile, axis=0) + centered"),
        "a scan over axis 0 of 8 x 1024",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_lie_by_stripes_is_refused_by_name_and_line(what: str) -> None:
    text, sentence = REFUSED[what]
    with pytest.raises(Unsupported, match=sentence) as caught:
        program_of_text(text)
    assert caught.value.problems[0].line is not None
