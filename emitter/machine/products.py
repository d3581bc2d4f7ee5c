"""Products: matrices gathered from shared memory as their descriptors say, and from registers.

PTX ISA, wgmma: matrix descriptor format, and the canonical layouts of both major orders. With a
swizzle of S bytes the K-major atom is 8 rows of S bytes; the MN-major atom is S bytes of M or N
by 8 of K. Atoms follow one another at the stride and the leading byte offset.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ...models.kernel import ELEMENT_BYTES
from ...models.warp_program import SharedBuffer
from ...models.warp_step import SharedOperand
from ..descriptors import descriptor_of, encode, instruction_depth
from .arithmetic import numpy_dtype
from .hazards import Hazard
from .layouts import Array, matrix_places, operand_places
from .shared_memory import SharedMemory, swizzled

ROWS = 64
_FIELD = 0x3FFF  # of 14 bits, which leave out the lowest four of an address
_SWIZZLES = {0: 0, 1: 128, 2: 64, 3: 32}
_ATOM = 8


@lru_cache(maxsize=1024)
def gathered(code: int, across: int, depth: int, size: int, major: str) -> Array:
    """Byte addresses of across x depth elements that one instruction reads, by its descriptor."""
    fields = [(code >> bit & _FIELD) << 4 for bit in (0, 16, 32)]
    return addresses(*fields, _SWIZZLES[code >> 62 & 3], across, depth, size, major)


@lru_cache(maxsize=1024)
def addresses(
    start: int, leading: int, stride: int, swizzle: int, across: int, depth: int, size: int,
    major: str,
) -> Array:  # fmt: skip
    """Byte addresses of across x depth elements of a canonical layout."""
    outer, inner = np.arange(across)[:, None], np.arange(depth)[None, :]
    if major == "k":
        offset = outer // _ATOM * stride + outer % _ATOM * swizzle + inner * size
    else:
        panel, within = np.divmod(outer * size, swizzle)
        offset = panel * leading + within + inner // _ATOM * stride + inner % _ATOM * swizzle
    return swizzled(start + offset, swizzle)


@lru_cache(maxsize=1024)
def _places(codes: tuple[int, ...], across: int, size: int, depth: int, major: str) -> Array:
    """Element numbers of the whole operand, instruction after instruction along K."""
    parts = [gathered(code, across, depth, size, major) for code in codes]
    return np.asarray(np.concatenate(parts, axis=1) // size)


def shared_matrix(
    memory: SharedMemory, operand: SharedOperand, buffer: SharedBuffer, slot: int,
    across: int, depth: int,
) -> Array:  # fmt: skip
    """Gather across x depth elements of an operand in a slot, as f32."""
    size = ELEMENT_BYTES[buffer.dtype]
    if operand.major == "mn" and size != 2:
        raise Hazard(f"a product reads {buffer.name} across its rows, which takes 16-bit elements")
    descriptor = descriptor_of(operand, buffer, depth)
    start = buffer.offset + slot * buffer.slot_bytes
    code = encode(descriptor, start + descriptor.offset)
    codes = tuple(code + (step >> 4) for step in descriptor.steps)
    each = instruction_depth(buffer.dtype)
    places = _places(codes, across, size, each, operand.major)
    first, last = int(places.min()) * size, int(places.max()) * size
    if first < start or last >= start + buffer.slot_bytes:
        raise Hazard(f"a product reads outside slot {slot} of {buffer.name}")
    return memory.view(numpy_dtype(buffer.dtype))[places].astype(np.float32)


def register_matrix(halves: Array, depth: int) -> Array:
    """64 x depth elements of a left operand in registers."""
    row, column = operand_places(depth)
    matrix = np.empty((ROWS, depth), np.float32)
    matrix[row, column] = halves
    return matrix


def accumulator(matrix: Array) -> Array:
    """A 64 x N result as the registers that hold it."""
    row, column = matrix_places(matrix.shape[1])
    return np.asarray(matrix[row, column])
