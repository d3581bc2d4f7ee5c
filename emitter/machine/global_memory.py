"""Boxes of arrays in global memory: what lies outside reads 0 and is not written."""

from __future__ import annotations

import numpy as np

from .layouts import Array


def _inside(
    shape: tuple[int, ...], starts: tuple[int, ...], box: tuple[int, ...]
) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """The part of the array, and the part of the box, where both are."""
    array, part = [], []
    for length, start, extent in zip(shape, starts, box, strict=True):
        begin = min(max(start, 0), length)
        end = max(begin, min(start + extent, length))
        array.append(slice(begin, end))
        part.append(slice(begin - start, end - start) if end > begin else slice(0, 0))
    return tuple(array), tuple(part)


def read_box(array: Array, starts: tuple[int, ...], box: tuple[int, ...]) -> Array:
    """The whole box, zeros outside."""
    values = np.zeros(box, array.dtype)
    inside, part = _inside(array.shape, starts, box)
    values[part] = array[inside]
    return values


def write_box(array: Array, starts: tuple[int, ...], values: Array, *, add: bool = False) -> None:
    """Replace or add what lies inside."""
    inside, part = _inside(array.shape, starts, values.shape)
    if add:
        wide = np.int32 if array.dtype == np.int32 else np.float32
        total = array[inside].astype(wide) + values[part].astype(wide)
        array[inside] = total.astype(array.dtype)
    else:
        array[inside] = values[part].astype(array.dtype)
