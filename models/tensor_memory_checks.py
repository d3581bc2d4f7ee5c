"""What a warp program must satisfy in Tensor Memory, and in shared memory that it takes over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .warp_program import WarpProgram

BARRIER_BYTES = 8  # of an mbarrier (PTX ISA, mbarrier)
LANES = 128  # of Tensor Memory (PTX ISA, Tensor Memory)
MOST_COLUMNS = 512
FEWEST_COLUMNS = 32  # that are allocated at once, always a power of two


def barrier_bytes(program: WarpProgram) -> int:
    """Of all mbarriers: rings, then signals; then the address that allocation leaves."""
    barriers = 2 * sum(ring.depth for ring in program.rings) + len(program.signals)
    return BARRIER_BYTES * (barriers + bool(program.tensors))


def allocated_columns(program: WarpProgram) -> int:
    """Columns of Tensor Memory that a block asks for; 0 if it uses none."""
    end = max((t.first_column + t.columns for t in program.tensors), default=0)
    columns = FEWEST_COLUMNS
    while columns < end:
        columns *= 2
    return columns if end else 0


def overlaps_unsaid(
    program: WarpProgram, areas: Sequence[tuple[int, int, str]]
) -> Iterator[tuple[str, str]]:
    """Areas (from, to, name) that overlap, of which neither says that it is over the other."""
    over = {(buffer.name, below) for buffer in program.buffers for below in buffer.over}
    for (start, end, name), (first, last, other) in combinations(sorted(areas), 2):
        said = (name, other) in over or (other, name) in over
        if start < last and first < end and not said:
            yield name, other


def tensor_faults(program: WarpProgram) -> Iterator[str]:
    """Columns that overlap or that there are not."""
    for one, other in combinations(program.tensors, 2):
        ends = one.first_column + one.columns, other.first_column + other.columns
        if one.first_column < ends[1] and other.first_column < ends[0]:
            yield f"{one.name} and {other.name} overlap in Tensor Memory"
    if allocated_columns(program) > MOST_COLUMNS:
        yield f"Tensor Memory has {MOST_COLUMNS} columns, {allocated_columns(program)} are needed"
    known = {buffer.name for buffer in program.buffers}
    for buffer in program.buffers:
        for below in buffer.over:
            if below not in known:
                yield f"{buffer.name} lies over {below}, which does not exist"
