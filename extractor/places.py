"""Where a result must lie for each of its readers, on each kind of tensor core."""

from __future__ import annotations

from typing import Literal

from ..models.dependence_graph import Place
from ..models.kernel import ELEMENT_BYTES
from .reads import Read, Reads
from .tiles import Tile

Lowering = Literal["wgmma", "tcgen05"]
THREADS = 128  # of one warp group
LANES = 128  # of Tensor Memory
REGISTER_BYTES = 4


def place_for(reads: Reads, read: Read, lowering: Lowering) -> Place:
    """The place in which the reader takes the value.

    wgmma reads its left operand from registers or shared memory and its right one from shared
    memory, and accumulates in registers; tcgen05 has Tensor Memory in the place of registers (PTX
    ISA, both instructions).
    """
    producer = reads.tiles[read.producer]
    beside: Place = "registers" if lowering == "wgmma" else "tensor_memory"
    if producer.kind == "load":
        return "shared"
    if producer.kind == "dot":
        return beside
    if reads.is_vector(read.reader):
        return "registers"
    if read.role == "accumulator":
        return beside
    sixteen_bits = ELEMENT_BYTES[producer.dtype] == 2
    if read.role == "left" and not read.transposed and sixteen_bits:
        return beside
    return "shared"


def registers_of(tile: Tile, replication: int) -> int:
    """Registers per thread that hold the tile in one warp group.

    A row vector stands in `replication` threads.
    """
    if tile.dtype == "bool":
        return -(-tile.elements // (THREADS * 32))
    copies = 1 if tile.is_matrix else replication
    words = -(-tile.size_bytes * copies // REGISTER_BYTES)
    return max(1, -(-words // THREADS))


def columns_of(tile: Tile) -> int:
    """Columns of Tensor Memory that hold the tile: 128 lanes of 32 bits each."""
    rows, columns = tile.shape[-2], tile.shape[-1]
    words = -(-columns * ELEMENT_BYTES[tile.dtype] // REGISTER_BYTES)
    return -(-rows // LANES) * words


def align(size: int, to: int) -> int:
    """The size rounded up to a multiple."""
    return -(-size // to) * to
