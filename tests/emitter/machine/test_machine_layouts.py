"""Fragments, the swizzle and descriptors against formulas written once more, element by element."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from twill.emitter.descriptors import descriptor_of
from twill.emitter.machine import layouts
from twill.emitter.machine.products import register_matrix, shared_matrix
from twill.emitter.machine.shared_memory import SharedMemory, swizzled
from twill.models.warp_program import SharedBuffer
from twill.models.warp_step import SharedOperand


def test_accumulators_lie_as_the_ptx_isa_draws_them() -> None:
    row, column = layouts.matrix_places(32)
    for thread in range(128):
        group, in_quad = thread % 32 >> 2, thread & 3
        for i in range(16):
            expected = 16 * (thread >> 5) + group + (8 if i & 2 else 0)
            assert row[thread, i] == expected
            assert column[thread, i] == (i >> 2) * 8 + in_quad * 2 + (i & 1)


def test_left_operands_lie_as_the_ptx_isa_draws_them() -> None:
    row, column = layouts.operand_places(32)
    for thread in range(128):
        group, in_quad = thread % 32 >> 2, thread & 3
        for i in range(16):
            a = i % 8  # a0 to a7 of one instruction
            high = not (a < 2 or 4 <= a < 6)
            assert row[thread, i] == 16 * (thread >> 5) + group + (8 if high else 0)
            assert column[thread, i] == 16 * (i // 8) + 2 * in_quad + a % 2 + (8 if a >= 4 else 0)


def test_every_element_of_a_matrix_is_held_once() -> None:
    for places in (layouts.matrix_places(48), layouts.operand_places(48)):
        row, column = places
        assert len(set(zip(row.flat, column.flat, strict=True))) == 64 * 48


def test_vectors_go_with_the_registers_of_a_matrix() -> None:
    row, column = layouts.matrix_places(64)
    rows, columns = layouts.row_places(), layouts.column_places(64)
    assert (rows[:, layouts.row_register(32)] == row).all()
    assert (columns[:, layouts.column_register(32)] == column).all()


def test_a_shuffle_over_quads_leaves_the_same_in_each_thread() -> None:
    values = np.arange(128.0)[:, None]
    total = layouts.over_quads(values, np.add)
    assert (total.reshape(32, 4) == values.reshape(32, 4).sum(axis=1)[:, None]).all()


@pytest.mark.parametrize(("rows", "threads"), [(8, 16), (4, 32), (128, 1)])
def test_every_element_is_held_once_by_the_threads_of_its_row(rows: int, threads: int) -> None:
    row, column = layouts.own_row(threads), layouts.own_columns(256, threads)
    assert (row[:, 0] == np.repeat(np.arange(rows), threads)).all()
    held = set(zip(np.broadcast_to(row, (128, column.shape[1])).flat,
                   np.broadcast_to(column, (128, column.shape[1])).flat, strict=True))  # fmt: skip
    assert len(held) == rows * 256
    assert held == {(r, c) for r in range(rows) for c in range(256)}


def test_stripes_are_four_columns_that_threads_take_in_turns() -> None:
    column = layouts.own_columns(128, 16)
    assert column[0].tolist() == [0, 1, 2, 3, 64, 65, 66, 67]
    assert column[17].tolist() == [4, 5, 6, 7, 68, 69, 70, 71]
    assert layouts.own_columns(128, 32)[31].tolist() == [124, 125, 126, 127]


@pytest.mark.parametrize("threads", [16, 32])
def test_shuffles_over_a_row_leave_the_same_in_each_of_its_threads(threads: int) -> None:
    values = np.arange(128.0)[:, None]
    total = layouts.over_row(values, threads, np.add)
    wanted = values.reshape(-1, threads).sum(axis=1)
    assert (total[:, 0] == np.repeat(wanted, threads)).all()


@pytest.mark.parametrize("size", [2, 4])
@pytest.mark.parametrize(("rows", "buffer_rows"), [(8, 8), (8, 16), (4, 4), (4, 12)])
def test_threads_that_read_stripes_together_want_different_banks(
    size: int, rows: int, buffer_rows: int
) -> None:
    """Together: a half of a warp for 8 bytes each, a quarter for 16, of 128 bytes in all."""
    threads = 128 // rows
    columns = layouts.own_columns(512, threads)
    row = layouts.own_row(threads)[:, 0]
    for item in range(0, columns.shape[1], 4):
        panel, within = np.divmod(columns[:, item] * size, 128)
        address = swizzled((panel * buffer_rows + row) * 128 + within, 128)
        together = 128 // (4 * size)
        for first in range(0, 128, together):
            words = (address[first : first + together, None] + np.arange(0, 4 * size, 4)) // 4
            assert len(set(words.flat)) == 32
            assert len(set((words % 32).flat)) == 32


@pytest.mark.parametrize(("swizzle", "bits"), [(128, 3), (64, 2), (32, 1), (0, 0)])
def test_the_swizzle_exchanges_bits_of_the_address(swizzle: int, bits: int) -> None:
    address = np.arange(4096)
    expected = address.copy()
    for bit in range(bits):
        expected ^= (address >> (7 + bit) & 1) << (4 + bit)
    assert (swizzled(address, swizzle) == expected).all()


def tile(swizzle: Any, rows: int, columns: int) -> tuple[SharedBuffer, SharedMemory, np.ndarray]:
    """A buffer of two slots, the second of which holds a matrix, panel by panel."""
    size = rows * columns * 2
    buffer = SharedBuffer(
        name="b", offset=1024, slots=2, slot_bytes=size, rows=rows, columns=columns, dtype="fp16",
        swizzle=swizzle,
    )  # fmt: skip
    matrix = np.random.default_rng(swizzle).standard_normal((rows, columns)).astype(np.float16)
    memory = SharedMemory(1024 + 2 * size)
    wide = swizzle // 2
    for panel in range(columns // wide):
        part = matrix[:, panel * wide : (panel + 1) * wide]
        memory.write(buffer, 1024 + size + panel * rows * swizzle, part)
    return buffer, memory, matrix.astype(np.float32)


@pytest.mark.parametrize("swizzle", [128, 64, 32])
def test_descriptors_along_rows_find_the_matrix(swizzle: int) -> None:
    buffer, memory, matrix = tile(swizzle, 128, 128)
    operand = SharedOperand(ring="r", buffer="b", major="k", first_row=64)
    assert descriptor_of(operand, buffer, 128).swizzle == swizzle
    assert (shared_matrix(memory, operand, buffer, 1, 64, 128) == matrix[64:]).all()


@pytest.mark.parametrize("swizzle", [128, 64, 32])
def test_descriptors_across_rows_find_the_transpose(swizzle: int) -> None:
    buffer, memory, matrix = tile(swizzle, 64, 128)
    operand = SharedOperand(ring="r", buffer="b", major="mn")
    assert (shared_matrix(memory, operand, buffer, 1, 128, 64) == matrix.T).all()


def test_an_accumulator_packed_in_pairs_is_a_left_operand() -> None:
    matrix = np.random.default_rng(5).standard_normal((64, 48)).astype(np.float32)
    row, column = layouts.matrix_places(48)
    assert (register_matrix(matrix[row, column], 48) == matrix).all()
