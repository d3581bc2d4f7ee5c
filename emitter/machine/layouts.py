"""Which element each register of each thread holds, as the PTX ISA draws the fragments of wgmma.

Thread t of 128 is lane t % 32 of warp t // 32; lanes come in groups of four, the quads. Beside
that, what lies in threads that have one row each, or a part of one (models/stripes.py).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...models.stripes import STRIPE
from ...models.warp_program_checks import GROUP_THREADS

Array = NDArray[Any]

_THREAD = np.arange(GROUP_THREADS)
_ROW = 16 * (_THREAD // 32) + _THREAD % 32 // 4  # of a thread's first register
_PAIR = 2 * (_THREAD % 4)  # its column within 8


def _frozen(*arrays: Array) -> tuple[Array, ...]:
    for array in arrays:
        array.setflags(write=False)
    return arrays


@lru_cache(maxsize=64)
def matrix_places(columns: int) -> tuple[Array, ...]:
    """Row and column of register i of thread t, for 64 x columns: columns / 2 registers."""
    register = np.arange(columns // 2)
    row = _ROW[:, None] + 8 * (register // 2 % 2)
    column = _PAIR[:, None] + 8 * (register // 4) + register % 2
    return _frozen(row, column)


@lru_cache(maxsize=64)
def operand_places(columns: int) -> tuple[Array, ...]:
    """Row and column of each half of each register of a left operand, as m64k16 reads it.

    Four registers for 16 columns, two halves each, so columns / 2 halves in all: the second
    register lies 8 rows further, the third 8 columns, the fourth both.
    """
    slice_, register, half = np.unravel_index(np.arange(columns // 2), (columns // 16, 4, 2))
    row = _ROW[:, None] + 8 * (register & 1)
    column = 16 * slice_ + 8 * (register >> 1) + _PAIR[:, None] + half
    return _frozen(row, column)


@lru_cache(maxsize=64)
def row_places() -> Array:
    """Row of each of the two registers of a rows fragment."""
    return _frozen(_ROW[:, None] + np.array([0, 8]))[0]


@lru_cache(maxsize=64)
def column_places(columns: int) -> Array:
    """Column of each register of a columns fragment: two for each 8 columns."""
    register = np.arange(columns // 4)
    return _frozen(_PAIR[:, None] + 8 * (register // 2) + register % 2)[0]


@lru_cache(maxsize=64)
def lane_places(extent: int) -> Array:
    """Which element each register of a lanes fragment holds."""
    each = extent // 32
    return _frozen((_THREAD % 32)[:, None] * each + np.arange(each))[0]


def own_row(row_threads: int) -> Array:
    """Row of each thread, where so many neighbours have a row and no other."""
    return _THREAD[:, None] // row_threads


@lru_cache(maxsize=64)
def own_columns(columns: int, row_threads: int) -> Array:
    """Column of each register of the threads of a row: stripes of four in turns, or all of them."""
    if row_threads == 1:
        return _frozen(np.arange(columns)[None, :])[0]
    turn, within = np.divmod(np.arange(columns // row_threads), STRIPE)
    first = STRIPE * (_THREAD % row_threads)
    return _frozen(first[:, None] + STRIPE * row_threads * turn + within)[0]


def over_row(values: Array, row_threads: int, combine: Any) -> Array:
    """What shuffles by half of the threads of a row, then a quarter, ... leave in each thread."""
    distance = row_threads // 2
    while distance:
        values = combine(values, values[_THREAD ^ distance])
        distance //= 2
    return values


def row_register(registers: int) -> Array:
    """Which register of a rows fragment goes with each register of a matrix."""
    return np.asarray(np.arange(registers) // 2 % 2)


def column_register(registers: int) -> Array:
    """Which register of a columns fragment goes with each register of a matrix."""
    register = np.arange(registers)
    return np.asarray(2 * (register // 4) + register % 2)


def over_quads(values: Array, combine: Any) -> Array:
    """What a shuffle by 1 and then by 2 leaves in each thread."""
    for distance in (1, 2):
        values = combine(values, values[_THREAD ^ distance])
    return values
