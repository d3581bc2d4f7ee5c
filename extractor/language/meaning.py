"""What a tile program computes: run tile by tile over the grid in NumPy, it is the reference."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...models.index_expression import IndexExpression, evaluate_index, names_in_index
from ...models.tile_operation import (
    CarriedOperand,
    ConstantOperand,
    IndexOperand,
    LoopResultOperand,
    Operand,
    Operation,
    ScalarOperand,
    TileAccess,
    ValueOperand,
)
from ...models.tile_program import Loop, TileProgram
from .launch import bind_arguments, outputs_of
from .numpy_operations import Array, apply_operation, numpy_dtype


def run_program(
    program: TileProgram,
    arguments: Mapping[str, Any],
    extents: Mapping[str, int] | None = None,
) -> dict[str, Array]:
    """The arrays that the program stores to or adds to, by argument name.

    `arguments` holds the arrays (in the argument's own element type) and scalars that the program
    reads. An array that it only writes may be left out: it begins as NaN where it is stored to, as
    zeros where it is added to; `extents` gives the symbolic extents that no array shows. Arrays are
    never changed in place. Raises InvalidInput where arguments do not fit.
    """
    launch = bind_arguments(program, arguments, extents or {})
    arrays = dict(launch.arrays)
    names = outputs_of(program)
    counts = [range(evaluate_index(axis.count, launch.integers)) for axis in program.grid]
    indices = [axis.index for axis in program.grid]
    with np.errstate(all="ignore"):
        for place in itertools.product(*counts):
            integers = {**launch.integers, **dict(zip(indices, place, strict=True))}
            _Block(arrays, launch.scalars, integers).run(program)
    return {name: arrays[name] for name in names}


@dataclass(slots=True)
class _Block:
    """One block of the grid: the values of its operations and locals."""

    arrays: dict[str, Array]
    scalars: Mapping[str, Array]
    integers: dict[str, int]
    values: dict[str, Array] = field(default_factory=dict)
    carried: dict[tuple[str, str], Array] = field(default_factory=dict)

    def run(self, program: TileProgram) -> None:
        for segment in program.segments:
            if isinstance(segment, Loop):
                self.run_loop(segment)
            else:
                self.run_operations(segment.operations)

    def run_loop(self, loop: Loop) -> None:
        for entry in loop.carried:
            self.carried[loop.name, entry.local] = self.operand(entry.initial)
        start, stop = self.integer(loop.start), self.integer(loop.stop)
        for index in range(start, stop):
            self.integers[loop.index] = index
            self.run_operations(loop.operations)
            # all are read before any is replaced: one may be the next value of another
            following = [self.operand(entry.next) for entry in loop.carried]
            for entry, value in zip(loop.carried, following, strict=True):
                self.carried[loop.name, entry.local] = value

    def run_operations(self, operations: Sequence[Operation]) -> None:
        for operation in operations:
            operands = [self.operand(operand) for operand in operation.operands]
            if operation.kind == "load":
                self.values[operation.name] = self.load(operation)
            elif operation.kind in ("store", "reduce_add"):
                self.write(operation, operands[0])
            else:
                self.values[operation.name] = apply_operation(operation, operands)

    def operand(self, operand: Operand) -> Array:
        if isinstance(operand, ValueOperand):
            return self.values[operand.operation]
        if isinstance(operand, CarriedOperand | LoopResultOperand):
            return self.carried[operand.loop, operand.local]
        if isinstance(operand, ScalarOperand):
            return self.scalars[operand.argument]
        if isinstance(operand, IndexOperand):
            return np.asarray(self.integer(operand.expression), dtype=np.int32)
        return _constant(operand)

    def integer(self, expression: IndexExpression) -> int:
        """An index; an i32 scalar that was loaded counts as an integer."""
        loaded = {
            name.name: int(self.values[name.name])
            for name in names_in_index(expression)
            if name.role == "local"
        }
        return evaluate_index(expression, {**self.integers, **loaded} if loaded else self.integers)

    def load(self, operation: Operation) -> Array:
        """The tile, 0 where it lies outside the argument."""
        access = operation.memory_access
        array = self.arrays[access.argument]
        tile = np.zeros([dimension.extent for dimension in access.tile], dtype=array.dtype)
        inside, covered = self.region(access, array)
        tile[covered] = array[inside]
        return tile.reshape(operation.type.shape)

    def write(self, operation: Operation, value: Array) -> None:
        """Store or add the tile, dropping what lies outside the argument."""
        access = operation.memory_access
        array = self.arrays[access.argument]
        tile = value.reshape([dimension.extent for dimension in access.tile])
        inside, covered = self.region(access, array)
        if operation.kind == "store":
            array[inside] = tile[covered]
            return
        wide = numpy_dtype("i32" if array.dtype == np.int32 else "f32")
        total = array[inside].astype(wide) + tile[covered].astype(wide)
        array[inside] = total.astype(array.dtype)

    def region(
        self, access: TileAccess, array: Array
    ) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
        """The part of the array that the tile covers, and the part of the tile that is inside."""
        inside, covered = [], []
        for part, dimension, length in zip(access.index, access.tile, array.shape, strict=True):
            first = self.integer(part) * dimension.extent
            begin, end = max(first, 0), min(first + dimension.extent, length)
            end = max(begin, end)
            inside.append(slice(begin, end))
            covered.append(slice(begin - first, end - first) if end > begin else slice(0, 0))
        return tuple(inside), tuple(covered)


def _constant(operand: ConstantOperand) -> Array:
    value = operand.value
    if isinstance(value, bool):
        return np.asarray(value)
    dtype = np.int32 if isinstance(value, int) else np.float32
    return np.asarray(float(value) if isinstance(value, str) else value, dtype=dtype)
