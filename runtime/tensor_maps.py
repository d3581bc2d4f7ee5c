"""Tensor maps: what the copy engine must know of an array, checked and encoded."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from math import prod

import numpy as np

from ..models.errors import DeviceFault, InvalidInput
from .dtypes import DTYPES, Array

ALIGNMENT_BYTES = 16  # of the array and of every stride
MAP_BYTES = 128
MAP_ALIGNMENT_BYTES = 128  # of cuda.h of CUDA 13; that of CUDA 12 wants 64
_SWIZZLES = {0: 0, 32: 1, 64: 2, 128: 3}  # span in bytes: CUtensorMapSwizzle
_L2_PROMOTION_128B = 2
_LARGEST_DIMENSION = 2**32
_STRIDE_LIMIT = 2**40
_LARGEST_BOX = 256
_LARGEST_RANK = 5


@dataclass(frozen=True, slots=True)
class TensorMapFields:
    """The fields of a map as the driver wants them: innermost dimension first."""

    dimensions: tuple[int, ...]  # elements
    strides: tuple[int, ...]  # bytes, of all dimensions but the innermost
    box: tuple[int, ...]  # elements
    swizzle: int  # CUtensorMapSwizzle


def tensor_map_fields(
    shape: Sequence[int], itemsize: int, box: Sequence[int], swizzle: int
) -> TensorMapFields:
    """The map of a row-major array whose copies move one box.

    Shape and box are in elements, outermost first; the swizzle span is 0, 32, 64 or 128 bytes.
    Raises InvalidInput for what cuTensorMapEncodeTiled does not take (cuda.h of CUDA 13.0).
    """
    if not 1 <= len(shape) <= _LARGEST_RANK:
        raise InvalidInput(f"a tensor map has 1 to {_LARGEST_RANK} dimensions, not {len(shape)}")
    if len(box) != len(shape):
        raise InvalidInput(f"a box of {len(box)} dimensions for an array of {len(shape)}")
    _check_dimensions(shape)
    strides = [prod(shape[i:]) * itemsize for i in range(len(shape) - 1, 0, -1)]
    _check_strides(strides)
    check_box(box, itemsize, swizzle)
    return TensorMapFields(
        dimensions=tuple(reversed(shape)),
        strides=tuple(strides),
        box=tuple(reversed(box)),
        swizzle=_SWIZZLES[swizzle],
    )


def _check_dimensions(shape: Sequence[int]) -> None:
    for extent in shape:
        if not 1 <= extent <= _LARGEST_DIMENSION:
            raise InvalidInput(f"an extent of {extent}; a tensor map takes 1 to 2**32")


def _check_strides(strides: Sequence[int]) -> None:
    for stride in strides:
        if stride % ALIGNMENT_BYTES:
            raise InvalidInput(
                f"a row of {stride} bytes; tensor maps need multiples of {ALIGNMENT_BYTES}",
                cure="pad the innermost dimension",
            )
        if stride >= _STRIDE_LIMIT:
            raise InvalidInput(f"a stride of {stride} bytes; a tensor map takes less than 2**40")


def check_box(box: Sequence[int], itemsize: int, swizzle: int) -> None:
    """Raise InvalidInput for a box, in elements and outermost first, that no map can have."""
    for extent in box:
        if not 1 <= extent <= _LARGEST_BOX:
            raise InvalidInput(f"a box extent of {extent}; a tensor map takes 1 to {_LARGEST_BOX}")
    if swizzle not in _SWIZZLES:
        raise InvalidInput(f"a swizzle of {swizzle} bytes", cure="take 0, 32, 64 or 128")
    inner = box[-1] * itemsize
    if inner % ALIGNMENT_BYTES:
        raise InvalidInput(
            f"a box row of {inner} bytes; tensor maps need multiples of {ALIGNMENT_BYTES}"
        )
    if swizzle and inner > swizzle:
        raise InvalidInput(f"a box row of {inner} bytes is longer than its swizzle of {swizzle}")


def encode(pointer: int, dtype: str, fields: TensorMapFields) -> Array:
    """The map of the array at a device address: one element of 128 bytes, passed by value.

    Needs a current CUDA context. Raises InvalidInput for an address that is not a multiple of 16,
    DeviceFault where there is no driver or it refuses.
    """
    if pointer % ALIGNMENT_BYTES:
        raise InvalidInput(f"an array at {pointer:#x}; tensor maps need a multiple of 16")
    rank = len(fields.dimensions)
    result = _aligned_map()
    code = _encoder()(
        result.ctypes.data, DTYPES[dtype].tensor_map_code, rank, pointer,
        (ctypes.c_uint64 * rank)(*fields.dimensions),
        (ctypes.c_uint64 * max(rank - 1, 1))(*fields.strides),
        (ctypes.c_uint32 * rank)(*fields.box),
        (ctypes.c_uint32 * rank)(*[1] * rank),
        0, fields.swizzle, _L2_PROMOTION_128B, 0,
    )  # fmt: skip
    if code:
        raise DeviceFault(f"cuTensorMapEncodeTiled failed with CUresult {code}")
    return result


def _aligned_map() -> Array:
    # NumPy aligns to 16 bytes; the driver wants more, and reads past a misaligned object.
    room = np.zeros(MAP_BYTES + MAP_ALIGNMENT_BYTES, np.uint8)
    start = -room.ctypes.data % MAP_ALIGNMENT_BYTES
    return room[start : start + MAP_BYTES].view(f"V{MAP_BYTES}")


@cache
def _encoder() -> Callable[..., int]:
    try:
        function = ctypes.CDLL("libcuda.so.1").cuTensorMapEncodeTiled
    except (OSError, AttributeError) as missing:
        raise DeviceFault(f"no CUDA driver that encodes tensor maps: {missing}") from missing
    pointer, word = ctypes.c_void_p, ctypes.c_int
    function.argtypes = [
        pointer, word, ctypes.c_uint32, pointer, pointer, pointer, pointer, pointer,
        word, word, word, word,
    ]  # fmt: skip
    function.restype = word
    return function
