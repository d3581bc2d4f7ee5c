"""Data of row vectors that cross warp groups, and of results where no loop has run."""

from __future__ import annotations

import numpy as np

from ...models.tensor_memory_step import LoadTensor, ReadRows, WriteRows
from .block_data import BlockData
from .expressions import Shape, shape_of
from .here import Here


def write_rows_data(data: BlockData, step: WriteRows, here: Here) -> None:
    """Each thread the number of its row."""
    buffer = data.program.buffer(step.buffer)
    values = data.values(step.value, Shape("rows", row_threads=here.own.row_threads), here)
    values = np.broadcast_to(values, (here.own.threads, 1))
    data.memory.write(buffer, buffer.offset, values.astype(np.float32))


def read_rows_data(data: BlockData, step: ReadRows, here: Here) -> None:
    """Each thread the number of its row."""
    buffer = data.program.buffer(step.buffer)
    values = data.memory.read(buffer, buffer.offset, here.own.threads)
    here.own.write(step.target, values[:, None])


def fill(data: BlockData, step: LoadTensor, here: Here) -> None:
    """What a fragment gets where the loop has no iteration."""
    assert step.otherwise is not None, "only then is it filled"
    fragment = here.own.fragments[step.target]
    here.own.write(step.target, data.values(step.otherwise, shape_of(fragment), here))
