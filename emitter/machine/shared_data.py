"""Data of the steps that hand on vectors, and that work across rows and lanes."""

from __future__ import annotations

import numpy as np

from ...models.shared_step import (
    ReduceLanes,
    ReduceRows,
    ScanLanes,
    ScanRows,
    StageLastRows,
    StageVector,
)
from ...models.warp_expression import Expression
from ...models.warp_program_checks import GROUP_THREADS
from .arithmetic import REDUCTIONS, rounded
from .block_data import BlockData
from .expressions import Shape
from .hazards import Hazard
from .here import Here
from .layouts import Array, matrix_places

WARPS, LANES, WARP_ROWS = 4, 32, 16
_AXIS = {"rows": "row", "columns": "column", "lanes": "lane", "scalar": "none"}


def stage_vector_data(data: BlockData, step: StageVector, slot: int, here: Here) -> None:
    """All threads that hold an element must hold the same."""
    columns = step.extent if step.layout != "rows" else 0
    shape = Shape(step.layout, columns, here.own.row_threads)
    values = np.broadcast_to(data.values(step.value, shape, here), (GROUP_THREADS, shape.elements))
    place = np.broadcast_to(shape.places(_AXIS[step.layout]), values.shape)
    found = np.full(step.extent, np.nan, values.dtype)
    found[place] = values
    if not np.array_equal(found[place], values, equal_nan=values.dtype.kind == "f"):
        raise Hazard("stages a vector whose elements differ between the threads that hold them")
    buffer = data.program.buffer(step.buffer)
    column: Array = np.arange(step.first, step.first + step.extent)
    zero: Array = np.zeros_like(column)
    data.memory.write_tile(buffer, slot, zero, column, rounded(found, buffer.dtype))


def _matrix(data: BlockData, value: Expression, columns: int, here: Here) -> Array:
    """64 x columns elements."""
    shape = Shape("matrix", columns)
    held = np.broadcast_to(data.values(value, shape, here), (GROUP_THREADS, shape.elements))
    row, column = matrix_places(columns)
    matrix = np.empty((WARPS * WARP_ROWS, columns), held.dtype)
    matrix[row, column] = held
    return matrix


def _write_rows(data: BlockData, name: str, values: Array) -> None:
    buffer = data.program.buffer(name)
    place: Array = np.indices(values.shape)
    data.memory.write_tile(buffer, 0, place[0], place[1], rounded(values, buffer.dtype))


def reduce_rows(data: BlockData, step: ReduceRows, here: Here) -> None:
    """Pairs of rows that a thread holds, then over the lanes, by halves."""
    matrix = _matrix(data, step.value, step.columns, here).reshape(WARPS, 2, 8, step.columns)
    combine = REDUCTIONS[step.primitive]
    joined = combine(matrix[:, 0], matrix[:, 1])
    for distance in (1, 2, 4):  # rows that lanes 4, 8 and 16 apart hold
        joined = combine(joined, joined[:, np.arange(8) ^ distance])
    _write_rows(data, step.buffer, joined[:, 0])


def stage_last_rows(data: BlockData, step: StageLastRows, here: Here) -> None:
    """Row 15 of each warp."""
    matrix = _matrix(data, step.value, step.columns, here)
    _write_rows(data, step.buffer, matrix[WARP_ROWS - 1 :: WARP_ROWS])


def scan_rows(data: BlockData, step: ScanRows, here: Here) -> None:
    """Over the 8 rows of each half, then the first half's total onto the second."""
    matrix = _matrix(data, step.value, step.columns, here).reshape(WARPS, 2, 8, step.columns)
    totals = _running(matrix, 2)
    totals[:, 1] = totals[:, 1] + totals[:, 0, -1:]
    row, column = matrix_places(step.columns)
    whole = totals.reshape(WARPS * WARP_ROWS, step.columns)
    here.own.write(step.target, whole[row, column])


def _running(values: Array, axis: int) -> Array:
    """The running sum as shuffles compute it: of 1, 2, 4, ... elements before."""
    values = np.array(values)
    count, distance = values.shape[axis], 1
    while distance < count:
        moved = np.roll(values, distance, axis)
        first = [slice(None)] * values.ndim
        first[axis] = slice(0, distance)
        moved[tuple(first)] = 0
        values = values + moved
        distance *= 2
    return values


def _lanes(data: BlockData, value: Expression, extent: int, here: Here) -> Array:
    """The elements of each of the 128 threads: threads x registers."""
    shape = Shape("lanes", extent)
    return np.broadcast_to(data.values(value, shape, here), (GROUP_THREADS, shape.elements))


def reduce_lanes(data: BlockData, step: ReduceLanes, here: Here) -> None:
    """Each thread its own elements, then over the warp, by halves."""
    held, combine = _lanes(data, step.value, step.extent, here), REDUCTIONS[step.primitive]
    joined = combine.reduce(held, axis=1).reshape(WARPS, LANES)
    distance = LANES // 2
    while distance:
        joined = combine(joined, joined[:, np.arange(LANES) ^ distance])
        distance //= 2
    here.own.write(step.target, joined.reshape(GROUP_THREADS, 1))


def scan_lanes(data: BlockData, step: ScanLanes, here: Here) -> None:
    """Each thread its own elements, then what the lanes before hold."""
    held = np.cumsum(_lanes(data, step.value, step.extent, here), axis=1, dtype=np.float32)
    totals = held[:, -1].reshape(WARPS, LANES)
    before = np.roll(_running(totals, 1), 1, axis=1)
    before[:, 0] = 0
    here.own.write(step.target, held + before.reshape(GROUP_THREADS, 1))
