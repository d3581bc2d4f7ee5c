"""Fitting arrays and scalars to the arguments of a program: extents, element types, outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...models.errors import InvalidInput
from ...models.tile_operation import MEMORY_KINDS
from ...models.tile_program import ScalarParameter, TensorParameter, TileProgram
from .numpy_operations import Array, numpy_dtype


@dataclass(frozen=True, slots=True)
class Launch:
    """The arguments of one run: arrays by name, scalars by name, and every integer by name."""

    arrays: Mapping[str, Array]
    scalars: Mapping[str, Array]
    integers: Mapping[str, int]


def outputs_of(program: TileProgram) -> tuple[str, ...]:
    """The arguments that the program stores to or adds to, in the order of the document."""
    written = {
        operation.memory_access.argument
        for operation in program.operations()
        if operation.kind in ("store", "reduce_add")
    }
    return tuple(p.name for p in program.parameters if p.name in written)


def bind_arguments(
    program: TileProgram, arguments: Mapping[str, Any], extents: Mapping[str, int]
) -> Launch:
    """Copies what is given, makes what is only written; raises InvalidInput where they differ."""
    known = {parameter.name for parameter in program.parameters}
    for name in arguments:
        if name not in known:
            raise InvalidInput(f"no argument {name}", cure=f"known: {', '.join(sorted(known))}")
    integers = dict(extents)
    arrays: dict[str, Array] = {}
    for parameter in program.parameters:
        if isinstance(parameter, TensorParameter) and parameter.name in arguments:
            array = np.array(arguments[parameter.name])
            _check_array(parameter, array, integers)
            arrays[parameter.name] = array
    for parameter in program.parameters:
        if isinstance(parameter, TensorParameter) and parameter.name not in arrays:
            arrays[parameter.name] = _fresh(program, parameter, integers)
    scalars = {
        parameter.name: _scalar(parameter, arguments)
        for parameter in program.parameters
        if isinstance(parameter, ScalarParameter)
    }
    integers.update({n: int(v) for n, v in scalars.items() if v.dtype == np.int32})
    return Launch(arrays, scalars, integers)


def _check_array(parameter: TensorParameter, array: Array, integers: dict[str, int]) -> None:
    name, wanted = parameter.name, numpy_dtype(parameter.dtype)
    if array.dtype != wanted:
        raise InvalidInput(f"{name} is {array.dtype}", cure=f"give it as {wanted}")
    if array.ndim != len(parameter.shape):
        cure = f"its shape is {parameter.shape}"
        raise InvalidInput(f"{name} has {array.ndim} dimensions", cure=cure)
    for extent, length in zip(parameter.shape, array.shape, strict=True):
        expected = extent if isinstance(extent, int) else integers.setdefault(extent, length)
        if expected != length:
            raise InvalidInput(f"{name} is {array.shape}", cure=f"{extent} is {expected}")


def _fresh(program: TileProgram, parameter: TensorParameter, integers: Mapping[str, int]) -> Array:
    kinds = {
        operation.kind
        for operation in program.operations()
        if operation.kind in MEMORY_KINDS and operation.memory_access.argument == parameter.name
    }
    if "load" in kinds:
        raise InvalidInput(f"no array for {parameter.name}", cure="give every array that is read")
    for extent in parameter.shape:
        if isinstance(extent, str) and extent not in integers:
            cure = f"give {parameter.name}, or extents={{'{extent}': ...}}"
            raise InvalidInput(f"the extent {extent} is not known", cure=cure)
    shape = [e if isinstance(e, int) else integers[e] for e in parameter.shape]
    dtype = numpy_dtype(parameter.dtype)
    if "reduce_add" in kinds or parameter.dtype in ("i32", "bool"):
        return np.zeros(shape, dtype=dtype)
    return np.full(shape, np.nan, dtype=dtype)


def _scalar(parameter: ScalarParameter, arguments: Mapping[str, Any]) -> Array:
    if parameter.name not in arguments:
        raise InvalidInput(f"no value for {parameter.name}", cure="give every scalar argument")
    value = np.asarray(arguments[parameter.name], dtype=numpy_dtype(parameter.dtype))
    if value.shape != ():
        raise InvalidInput(f"{parameter.name} has a shape", cure="give a scalar")
    return value
