"""The data of a block: what its steps do to shared memory, registers and arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from ...models.index_expression import IndexExpression, evaluate_index, names_in_index
from ...models.kernel import ELEMENT_BYTES
from ...models.shared_step import CopyElement
from ...models.warp_expression import ArgumentElement, Expression, StoredElement
from ...models.warp_program import SharedBuffer, TensorMap, WarpProgram
from ...models.warp_step import (
    Assign,
    CopyIn,
    CopyOut,
    FragmentOperand,
    LoadVector,
    Product,
    ReduceColumns,
    Stage,
    StoreRows,
)
from .arithmetic import REDUCTIONS, rounded, widened
from .expressions import Evaluation, Shape, shape_of
from .global_memory import read_box, write_box
from .hazards import Hazard
from .here import Here
from .layouts import Array, over_quads, over_row
from .products import ROWS, accumulator, register_matrix, shared_matrix
from .registers import Registers
from .shared_memory import SharedMemory
from .tensor_data import TensorData

Starts = tuple[int, ...]
QUAD = 4  # threads that have the same rows


@dataclass(slots=True)
class BlockData:
    """`integers`: grid indices, extents, i32 arguments. `arrays` are those of the whole grid."""

    program: WarpProgram
    memory: SharedMemory
    arrays: Mapping[str, Array]
    scalars: Mapping[str, Array]
    integers: Mapping[str, int]
    start: int  # of the loop
    tensors: TensorData = field(init=False)

    def __post_init__(self) -> None:
        self.tensors = TensorData(self.program, self.memory)

    def copy_in(self, step: CopyIn, slot: int, here: Here) -> Callable[[], None]:
        """The landing of a copy whose coordinates are those of now."""
        buffer, tensor_map = self.program.buffer(step.buffer), self._map(step)
        starts = self._starts(step, here)
        starts = (*starts[:-1], starts[-1] + step.first_column)
        address = buffer.offset + slot * buffer.slot_bytes + step.panel_offset
        array = self.arrays[tensor_map.argument]

        def land() -> None:
            self.memory.write(buffer, address, read_box(array, starts, tensor_map.box))

        return land

    def copy_element(self, step: CopyElement, slot: int, here: Here) -> Callable[[], None]:
        """The landing of one element, whose place is that of now."""
        buffer = self.program.buffer(step.buffer)
        vector, place = self._vector(step, here)
        value = vector[place] if 0 <= place < vector.size else np.zeros((), vector.dtype)
        zero: Array = np.zeros(1, np.int64)

        def land() -> None:
            self.memory.write_tile(buffer, slot, zero, zero, np.reshape(value, 1))

        return land

    def copy_out(self, step: CopyOut, slot: int, here: Here) -> Callable[[], None]:
        """The moves of a copy whose coordinates are those of now: one box for each panel."""
        buffer, tensor_map = self.program.buffer(step.buffer), self._map(step)
        starts = self._starts(step, here)
        starts = (*starts[:-1], starts[-1] + step.first_column)
        if len(starts) > 1:
            starts = (*starts[:-2], starts[-2] + step.first_row, starts[-1])
        array, box = self.arrays[tensor_map.argument], tensor_map.box
        pitch = box[-1] * ELEMENT_BYTES[buffer.dtype]
        first = buffer.offset + slot * buffer.slot_bytes + step.from_row * pitch

        def move() -> None:
            for panel in range(-(-buffer.columns // box[-1])):
                address = first + panel * buffer.rows * pitch
                values = self.memory.read(buffer, address, int(np.prod(box))).reshape(box)
                place = (*starts[:-1], starts[-1] + panel * box[-1])
                write_box(array, place, values, add=step.add)

        return move

    def multiply(self, step: Product, slots: list[int], registers: Registers) -> None:
        """Read both operands now, and write the target."""
        right = self._shared(step, slots[-1])
        if isinstance(step.left, FragmentOperand):
            left = register_matrix(registers.read(step.left.name), step.depth)
        else:
            buffer = self.program.buffer(step.left.buffer)
            left = shared_matrix(self.memory, step.left, buffer, slots[0], ROWS, step.depth)
        result = accumulator(left @ right.T)
        if step.accumulate:
            result = registers.read(step.target) + result
        registers.write(step.target, result)

    def _shared(self, step: Product, slot: int) -> Array:
        buffer = self.program.buffer(step.right.buffer)
        if buffer.dtype != step.dtype:
            raise Hazard(f"multiplies {step.dtype}, {buffer.name} holds {buffer.dtype}")
        return shared_matrix(self.memory, step.right, buffer, slot, step.columns, step.depth)

    def assign(self, step: Assign, here: Here) -> None:
        """Every register of the target."""
        fragment = here.own.fragments[step.target]
        shape = shape_of(fragment)
        here.own.write(step.target, self.values(step.value, shape, here))

    def reduce_columns(self, step: ReduceColumns, here: Here) -> None:
        """Each thread its own registers of a row, then the quad, or all that have the row."""
        row_threads = here.own.row_threads
        shape = Shape("matrix", step.columns, row_threads)
        values = self.values(step.value, shape, here)
        values = np.broadcast_to(values, (here.own.threads, shape.elements))
        combine = REDUCTIONS[step.primitive]
        if row_threads:
            one = combine.reduce(values, axis=1)[:, None]
            here.own.write(step.target, over_row(one, row_threads, combine))
            return
        halves = [
            combine.reduce(values[:, np.arange(shape.elements) // 2 % 2 == half], axis=1)
            for half in range(2)
        ]
        own = np.stack(halves, axis=1)
        here.own.write(step.target, own if step.partial else over_quads(own, combine))

    def load_vector(self, step: LoadVector, here: Here) -> None:
        """Each thread the elements of its own registers."""
        fragment = here.own.fragments[step.target]
        if fragment.layout == "scalar":
            places: Array = np.zeros((1, 1), np.int64)
        else:
            shape = shape_of(fragment)
            places = shape.places("row" if fragment.layout == "rows" else "column")
        vector, first = self._vector(step, here)
        element = places + first
        inside = (element >= 0) & (element < vector.size)
        values = np.zeros(element.shape, vector.dtype)
        values[inside] = vector[element[inside]]
        here.own.write(step.target, widened(values))

    def store_rows(self, step: StoreRows, here: Here) -> None:
        """One of the threads that have a row stores; all of them must hold the same."""
        shape = Shape("rows", row_threads=here.own.row_threads)
        together, places = shape.row_threads or QUAD, shape.places("row")
        values = self.values(step.value, shape, here)
        values = np.broadcast_to(values, places.shape)
        each = values.reshape(-1, together, places.shape[1])
        if not np.array_equal(each, np.broadcast_to(each[:, :1], each.shape), equal_nan=True):
            who = f"{together} threads of a row" if shape.row_threads else "threads of a quad"
            raise Hazard(f"stores rows that differ between the {who}")
        vector, first = self._vector(step, here)
        element = places[::together] + first
        inside = (element >= 0) & (element < vector.size)
        vector[element[inside]] = values[::together][inside].astype(vector.dtype)

    def stage(self, step: Stage, slot: int, here: Here) -> None:
        """Each thread its own registers."""
        buffer = self.program.buffer(step.buffer)
        shape = Shape("matrix", step.columns, here.own.row_threads)
        values = self.values(step.value, shape, here)
        row, column = shape.places("row"), shape.places("column") + step.first_column
        self.memory.write_tile(
            buffer, slot, row + step.first_row, column, rounded(values, buffer.dtype)
        )

    def _vector(self, step: LoadVector | StoreRows | CopyElement, here: Here) -> tuple[Array, int]:
        """The vector, and the number of the first element of its tile; empty if it is outside."""
        array = self.arrays[step.argument]
        index = [self._integer(part, here) for part in step.index]
        first = index[-1] * step.extent + step.first
        for place, length in zip(index[:-1], array.shape, strict=False):
            if not 0 <= place < length:
                return np.zeros(0, array.dtype), first
        return array[tuple(index[:-1])], first

    def _map(self, step: CopyIn | CopyOut) -> TensorMap:
        buffer, tensor_map = (
            self.program.buffer(step.buffer),
            self.program.tensor_map(step.tensor_map),
        )
        _check_map(buffer, tensor_map, self.arrays[tensor_map.argument].ndim)
        return tensor_map

    def _starts(self, step: CopyIn | CopyOut, here: Here) -> Starts:
        parts = zip(step.index, step.tile, strict=True)
        return tuple(self._integer(part, here) * tile for part, tile in parts)

    def values(self, value: Expression, shape: Shape, here: Here) -> Array:
        """The expression for every register of such a fragment."""
        evaluation = Evaluation(
            here.own, self.scalars, lambda part: self._integer(part, here),
            lambda stored, row, column: self._stored(stored, row, column, here),
            lambda element, row, column: self._of_argument(element, row, column, here),
        )  # fmt: skip
        return evaluation.of(value, shape)

    def _stored(self, stored: StoredElement, row: Array, column: Array, here: Here) -> Array:
        buffer = self.program.buffer(stored.buffer)
        slot = here.slot_of(stored)
        return widened(self.memory.read_tile(buffer, slot, row, column))

    def _of_argument(
        self, element: ArgumentElement, row: Array, column: Array, here: Here
    ) -> Array:
        array = self.arrays[element.argument]
        parts = zip(element.index, element.tile, strict=True)
        starts = [self._integer(part, here) * tile for part, tile in parts]
        places = np.broadcast_arrays(*starts[:-2], starts[-2] + row, starts[-1] + column)
        inside = np.all(
            [(p >= 0) & (p < n) for p, n in zip(places, array.shape, strict=True)], axis=0
        )
        found = np.zeros(inside.shape, array.dtype)
        found[inside] = array[tuple(place[inside] for place in places)]
        return widened(found)

    def _integer(self, part: IndexExpression, here: Here) -> int:
        values, registers = dict(self.integers), here.registers
        if here.iteration is not None:
            values[self.program.loop.index] = self.start + here.iteration
        for name in names_in_index(part):
            if registers is not None and name.role == "local" and registers.has(name.name):
                values[name.name] = registers.scalar(name.name)
            if name.name not in values:
                raise Hazard(f"reads the index {name.name}, which has no value there")
        return evaluate_index(part, values)


def _check_map(buffer: SharedBuffer, tensor_map: TensorMap, rank: int) -> None:
    row = tensor_map.box[-1] * ELEMENT_BYTES[buffer.dtype]
    if tensor_map.swizzle != buffer.swizzle or buffer.swizzle not in (0, row):
        raise Hazard(
            f"copies rows of {row} bytes swizzled by {tensor_map.swizzle}, {buffer.name} is "
            f"swizzled by {buffer.swizzle}"
        )
    if len(tensor_map.box) != rank:
        raise Hazard(f"map {tensor_map.name} has {len(tensor_map.box)} dimensions, not {rank}")
