"""Arguments of a call against launch.json: which array is which, and how large everything is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..models.errors import InvalidInput
from .driver import DeviceArray
from .dtypes import DTYPES
from .expressions import Expression, evaluate, shown
from .manifest import Manifest, ScalarArgument, TensorArgument
from .tensor_maps import ALIGNMENT_BYTES

LARGEST_EXTENT = 2**31 - 2**10  # kernels add up to a tile to extents, in 32-bit integers


@dataclass(frozen=True, slots=True)
class Named:
    """The keywords of a call, by what they name."""

    outputs: Mapping[str, object]
    scalars: Mapping[str, np.generic]
    extents: Mapping[str, int]


def sort_keywords(manifest: Manifest, keywords: Mapping[str, object]) -> Named:
    """Tell outputs, scalars and extents apart; every scalar must be among them."""
    arguments = {argument.name: argument for argument in manifest.scalars}
    known = (*(t.name for t in manifest.outputs), *arguments, *manifest.extents)
    outputs: dict[str, object] = {}
    scalars: dict[str, np.generic] = {}
    extents: dict[str, int] = {}
    for name, value in keywords.items():
        if name not in known:
            raise InvalidInput(f"no argument {name}", cure=f"known: {', '.join(known)}")
        if name in arguments:
            scalars[name] = _scalar(arguments[name], value)
        elif name in manifest.extents:
            extents[name] = _extent(name, value)
        else:
            outputs[name] = value
    for name in arguments:
        if name not in scalars:
            raise InvalidInput(f"the scalar {name} is missing", cure=f"give {name}=...")
    return Named(outputs, scalars, extents)


def _scalar(argument: ScalarArgument, value: object) -> np.generic:
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.number):
        raise InvalidInput(f"{argument.name}: {type(value).__name__} is not a number")
    if argument.dtype == "f32":
        return np.float32(value)
    whole = int(value) if np.isfinite(value) else None
    if whole is None or whole != value or not -(2**31) <= whole < 2**31:
        raise InvalidInput(f"{argument.name}: {value} is not a 32-bit integer")
    return np.int32(whole)


def _extent(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise InvalidInput(f"{name}: {type(value).__name__} is not an integer")
    return int(value)


def check_array(argument: TensorArgument, array: DeviceArray) -> None:
    """Raise unless the array can be this argument, whatever the extents are."""
    dtype = DTYPES[argument.dtype]
    if array.dtype not in dtype.accepted:
        cure = f"{argument.dtype} is given as {' or '.join(dtype.accepted)}"
        raise InvalidInput(f"{argument.name}: elements of {array.dtype}", cure=cure)
    if len(array.shape) != len(argument.shape):
        wanted = ", ".join(map(shown, argument.shape))
        raise InvalidInput(f"{argument.name}: {len(array.shape)} dimensions, not ({wanted})")
    if not array.is_contiguous:
        raise InvalidInput(f"{argument.name}: not contiguous", cure="copy it in row-major order")
    if array.pointer % ALIGNMENT_BYTES:
        raise InvalidInput(f"{argument.name}: not at a multiple of {ALIGNMENT_BYTES} bytes")


def find_extents(
    manifest: Manifest, arrays: Mapping[str, DeviceArray], given: Mapping[str, int]
) -> dict[str, int]:
    """Every extent, from the shapes of the arrays and from keywords.

    Raises InvalidInput where two disagree, one is missing, or a requirement is not met.
    """
    found = dict(given)
    origin = dict.fromkeys(given, "the keyword")
    for name, array in arrays.items():
        for size, actual in zip(manifest.tensor(name).shape, array.shape, strict=True):
            if isinstance(size, str) and found.setdefault(size, actual) != actual:
                raise InvalidInput(
                    f"{size} is {found[size]} by {origin[size]}, but {actual} by {name}"
                )
            if isinstance(size, str):
                origin.setdefault(size, name)
    _check_extents(manifest, found)
    for name, array in arrays.items():
        wanted = shape_of(manifest.tensor(name), found)
        if wanted != array.shape:
            raise InvalidInput(f"{name}: shape {array.shape}, not {wanted}")
    return found


def _check_extents(manifest: Manifest, found: Mapping[str, int]) -> None:
    for name in manifest.extents:
        if name not in found:
            raise InvalidInput(f"the extent {name} is not known", cure=f"give {name}=...")
        if not 1 <= found[name] <= LARGEST_EXTENT:
            raise InvalidInput(f"{name} is {found[name]}; kernels take 1 to {LARGEST_EXTENT}")
    for need in manifest.requires:
        if found[need.extent] % need.multiple_of:
            raise InvalidInput(
                f"{need.extent} is {found[need.extent]}, not a multiple of {need.multiple_of}",
                cure="pad the arrays",
            )


def shape_of(argument: TensorArgument, extents: Mapping[str, int]) -> tuple[int, ...]:
    """The shape of an array when every extent is known."""
    return tuple(evaluate(size, extents) for size in argument.shape)


def grid_of(grid: Sequence[Expression], values: Mapping[str, int]) -> tuple[int, int, int]:
    """The grid in blocks, within what CUDA takes (CUDA C++ Programming Guide)."""
    sizes = [evaluate(expression, values) for expression in grid]
    for size, expression, most in zip(sizes, grid, (2**31 - 1, 65535, 65535), strict=True):
        if not 1 <= size <= most:
            raise InvalidInput(f"a grid of {shown(expression)} = {size} blocks; 1 to {most} run")
    first, second, third = sizes
    return first, second, third
