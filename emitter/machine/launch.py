"""Fitting arrays and scalars to the arguments of a warp program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...models.errors import InvalidInput
from ...models.shared_step import CopyElement
from ...models.tile_program import ScalarParameter, TensorParameter
from ...models.warp_program import WarpProgram
from ...models.warp_program_checks import arguments_read, steps_of
from ...models.warp_step import CopyIn, CopyOut, LoadVector, StoreRows
from .arithmetic import numpy_dtype
from .layouts import Array


@dataclass(frozen=True, slots=True)
class Launch:
    """Arrays, scalars and integers by name; the names of the arrays that are written."""

    arrays: dict[str, Array]
    scalars: dict[str, Array]
    integers: dict[str, int]
    outputs: tuple[str, ...]


def launch_of(
    program: WarpProgram, arguments: Mapping[str, Any], extents: Mapping[str, int]
) -> Launch:
    """Copies what is given, makes what is only written; InvalidInput where they do not fit."""
    integers = dict(extents)
    uses = dict.fromkeys((p.name for p in program.parameters), frozenset[str]())
    for name, use in _uses(program):
        uses[name] |= {use}
    for name in arguments:
        if name not in uses:
            raise InvalidInput(f"no argument {name}", cure=f"known: {', '.join(sorted(uses))}")
    tensors = [p for p in program.parameters if isinstance(p, TensorParameter)]
    arrays = {
        p.name: _given(p, arguments[p.name], integers) for p in tensors if p.name in arguments
    }
    for parameter in tensors:
        if parameter.name not in arrays:
            arrays[parameter.name] = _fresh(parameter, uses[parameter.name], integers)
    scalars = {
        p.name: _scalar(p, arguments) for p in program.parameters if isinstance(p, ScalarParameter)
    }
    integers.update({n: int(v) for n, v in scalars.items() if v.dtype == np.int32})
    outputs = tuple(name for name, use in uses.items() if use & {"write", "add"})
    return Launch(arrays, scalars, integers, outputs)


def _uses(program: WarpProgram) -> Iterator[tuple[str, str]]:
    maps = {m.name: m.argument for m in program.tensor_maps}
    for role in program.roles:
        for step in steps_of(role):
            yield from ((name, "read") for name in arguments_read(step))
            if isinstance(step, CopyIn):
                yield maps[step.tensor_map], "read"
            elif isinstance(step, LoadVector | CopyElement):
                yield step.argument, "read"
            elif isinstance(step, CopyOut):
                yield maps[step.tensor_map], "add" if step.add else "write"
            elif isinstance(step, StoreRows):
                yield step.argument, "write"


def _given(parameter: TensorParameter, value: Any, integers: dict[str, int]) -> Array:
    array, wanted = np.array(value), numpy_dtype(parameter.dtype)
    if array.dtype != wanted or array.ndim != len(parameter.shape):
        raise InvalidInput(
            f"{parameter.name} is {array.dtype} of {array.ndim} dimensions",
            cure=f"it is {wanted} of {len(parameter.shape)} dimensions",
        )
    for extent, length in zip(parameter.shape, array.shape, strict=True):
        expected = extent if isinstance(extent, int) else integers.setdefault(extent, length)
        if expected != length:
            cure = f"{extent} is {expected}"
            raise InvalidInput(f"{parameter.name} is {array.shape}", cure=cure)
    return array


def _fresh(parameter: TensorParameter, uses: frozenset[str], integers: dict[str, int]) -> Array:
    if "read" in uses:
        raise InvalidInput(f"no array for {parameter.name}", cure="give every array that is read")
    unknown = [e for e in parameter.shape if isinstance(e, str) and e not in integers]
    if unknown:
        raise InvalidInput(f"the extent {unknown[0]} is not known", cure="give it in extents")
    shape = [e if isinstance(e, int) else integers[e] for e in parameter.shape]
    poison = 0 if "add" in uses or parameter.dtype in ("i32", "bool") else np.nan
    return np.full(shape, poison, numpy_dtype(parameter.dtype))


def _scalar(parameter: ScalarParameter, arguments: Mapping[str, Any]) -> Array:
    if parameter.name not in arguments:
        raise InvalidInput(f"no value for {parameter.name}", cure="give every scalar argument")
    value = np.asarray(arguments[parameter.name], numpy_dtype(parameter.dtype))
    if value.shape != ():
        raise InvalidInput(f"{parameter.name} has a shape", cure="give a scalar")
    return value
