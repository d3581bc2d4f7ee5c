"""Element types: how NumPy stores each, and what its bits are worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_FP8_LARGEST = 448.0


@dataclass(frozen=True, slots=True)
class ElementType:
    """One element type. NumPy has no bf16 and no fp8, so their bits are stored as integers."""

    name: str
    itemsize: int  # bytes
    storage: str  # NumPy's name of what stores it
    accepted: tuple[str, ...]  # names under which arrays of it arrive
    tensor_map_code: int  # CUtensorMapDataType of cuda.h; fp8 is copied as bytes


DTYPES = {
    one.name: one
    for one in (
        ElementType("bf16", 2, "uint16", ("bfloat16", "uint16"), 9),
        ElementType("fp16", 2, "float16", ("float16",), 6),
        ElementType("f32", 4, "float32", ("float32",), 7),
        ElementType("fp8e4m3", 1, "uint8", ("float8_e4m3fn", "uint8"), 0),
        ElementType("i32", 4, "int32", ("int32",), 3),
    )
}


def to_values(stored: Array, dtype: str) -> NDArray[np.float64]:
    """What the elements of a stored array are worth."""
    if dtype == "fp8e4m3" and stored.dtype == np.uint8:
        return _fp8_values()[stored]
    if dtype == "bf16" and stored.dtype == np.uint16:
        stored = (stored.astype(np.uint32) << 16).view(np.float32)
    with np.errstate(invalid="ignore"):  # NumPy warns of some patterns of NaN
        return stored.astype(np.float64)


def to_storage(values: Array, dtype: str) -> Array:
    """Values as they are stored, rounded to nearest, ties to even; fp8e4m3 saturates at 448."""
    if dtype == "bf16":
        return _to_bf16(np.asarray(values, np.float32))
    if dtype == "fp8e4m3":
        return _to_fp8(np.asarray(values, np.float64))
    return np.asarray(values).astype(DTYPES[dtype].storage)


def _to_bf16(values: NDArray[np.float32]) -> Array:
    bits = np.ascontiguousarray(values).view(np.uint32).reshape(values.shape)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    return np.where(np.isnan(values), 0x7FC0, rounded).astype(np.uint16)


def _fp8_values() -> NDArray[np.float64]:
    bits = np.arange(256)
    exponent, fraction = (bits >> 3) & 15, bits & 7
    normal = (8 + fraction) * 2.0 ** (exponent - 10)
    magnitude = np.where(exponent == 0, fraction * 2.0**-9, normal)
    magnitude[(bits & 127) == 127] = np.nan
    return np.where(bits > 127, -magnitude, magnitude)


def _to_fp8(values: NDArray[np.float64]) -> Array:
    ladder = _fp8_values()[:127]  # increasing, so the nearest is found by the midpoints
    middles = (ladder[1:] + ladder[:-1]) / 2
    magnitude = np.minimum(np.abs(values), _FP8_LARGEST)
    below = np.searchsorted(middles, magnitude, side="left")
    above = np.searchsorted(middles, magnitude, side="right")
    bits = np.where(below % 2 == 0, below, above)  # they differ at a tie only
    bits = np.where(np.isnan(values), 127, bits)
    return (bits + np.where(np.signbit(values), 128, 0)).astype(np.uint8)
