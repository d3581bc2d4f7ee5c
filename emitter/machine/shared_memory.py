"""The shared memory of a block: bytes from the 1,024-byte aligned base, and the TMA swizzle.

PTX ISA, tensor swizzling modes: within rows of 128, 64 or 32 bytes the 16-byte chunks are permuted
by bits of the address three above those of the chunk.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ...models.kernel import ELEMENT_BYTES
from ...models.warp_program import SharedBuffer
from .arithmetic import numpy_dtype
from .hazards import Hazard
from .layouts import Array

_CHUNK_BIT = 4
_CHUNK_MASK = {0: 0, 32: 1, 64: 3, 128: 7}
_ABOVE = 3
_POISON = 0xFF  # a NaN in every float type


def swizzled(address: Array, swizzle: int) -> Array:
    """Where the byte of an address lies."""
    chunk = address >> (_CHUNK_BIT + _ABOVE) & _CHUNK_MASK[swizzle]
    return np.asarray(address ^ (chunk << _CHUNK_BIT))


@lru_cache(maxsize=256)
def _elements(count: int, size: int, start: int, swizzle: int) -> Array:
    """Element numbers of `count` elements that follow one another from a byte address on."""
    return swizzled(start + size * np.arange(count), swizzle) // size


class SharedMemory:
    """Bytes, poisoned at first."""

    def __init__(self, size: int) -> None:
        self._bytes = np.full(-(-size // 16) * 16, _POISON, np.uint8)

    def view(self, dtype: np.dtype[np.generic]) -> Array:
        """All of it as elements of a type."""
        return self._bytes.view(dtype)

    def write(self, buffer: SharedBuffer, address: int, values: Array) -> None:
        """Elements one after the other, as a copy in lands them."""
        self._check(buffer, address, values.size)
        size = ELEMENT_BYTES[buffer.dtype]
        places = _elements(values.size, size, address, buffer.swizzle)
        self.view(numpy_dtype(buffer.dtype))[places] = values.reshape(-1)

    def read(self, buffer: SharedBuffer, address: int, count: int) -> Array:
        """Elements one after the other, as a copy out reads them."""
        self._check(buffer, address, count)
        places = _elements(count, ELEMENT_BYTES[buffer.dtype], address, buffer.swizzle)
        return np.asarray(self.view(numpy_dtype(buffer.dtype))[places])

    def write_tile(
        self, buffer: SharedBuffer, slot: int, row: Array, column: Array, values: Array
    ) -> None:
        """Elements of a tile, where its panels hold them."""
        self.view(numpy_dtype(buffer.dtype))[_places(buffer, slot, row, column)] = values

    def read_tile(self, buffer: SharedBuffer, slot: int, row: Array, column: Array) -> Array:
        """Elements of a tile, from where its panels hold them."""
        found = self.view(numpy_dtype(buffer.dtype))[_places(buffer, slot, row, column)]
        return np.asarray(found)

    def _check(self, buffer: SharedBuffer, address: int, count: int) -> None:
        end = buffer.offset + buffer.slots * buffer.slot_bytes
        if address + count * ELEMENT_BYTES[buffer.dtype] > end:
            raise Hazard(f"a copy goes past the end of {buffer.name}")


def _places(buffer: SharedBuffer, slot: int, row: Array, column: Array) -> Array:
    """Element numbers, from the base, of elements of a tile."""
    if (row >= buffer.rows).any() or (column >= buffer.columns).any():
        raise Hazard(f"touches elements outside of {buffer.name}")
    size = ELEMENT_BYTES[buffer.dtype]
    pitch = buffer.swizzle or buffer.columns * size
    panel, within = np.divmod(column * size, pitch)
    start = buffer.offset + slot * buffer.slot_bytes
    address = swizzled(start + (panel * buffer.rows + row) * pitch + within, buffer.swizzle)
    return np.asarray(address // size)
