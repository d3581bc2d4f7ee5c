"""The names that a kernel document declares: sizes, arguments, extents and grid indices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from ...models.errors import InvalidKernel
from ...models.index_expression import IndexName
from ...models.kernel import (
    MAXIMUM_SIZE,
    Argument,
    KernelDocument,
    ScalarArgument,
    Target,
    TensorArgument,
)
from ...models.tile_operation import ScalarOperand, TileType
from ...models.tile_program import Parameter, ScalarParameter, TensorParameter
from ...reader.located import Located
from .faults import near_miss
from .values import Index, Number, Tensor, Tile, Value


@dataclass(frozen=True, slots=True)
class Declarations:
    """What every name of the document stands for in the program."""

    sizes: Mapping[str, int]
    split: Mapping[str, int]
    parameters: tuple[Parameter, ...]
    names: Mapping[str, Value]


def declare(
    document: Located[KernelDocument],
    target: Target,
    sizes_override: Mapping[str, int],
    vocabulary: frozenset[str],
) -> Declarations:
    """Checks that every name is declared once and is not a word of the language."""
    _refuse_choices(document, target, sizes_override)
    sizes = _sizes(document, target, sizes_override)
    parameters = tuple(
        _parameter(name, argument, sizes) for name, argument in document.value.arguments.items()
    )
    table = _Table(document, vocabulary, {})
    for name, size in sizes.items():
        table.add(("sizes", name), name, Number(size, size=name))
    for parameter in parameters:
        table.add(("arguments", parameter.name), parameter.name, _argument_value(parameter))
    for index in document.value.grid:
        table.add(("grid", index), index, Index(IndexName(name=index, role="grid")))
    for parameter in parameters:
        if isinstance(parameter, TensorParameter):
            table.add_extents(parameter)
    return Declarations(sizes, _split(document, target, sizes), parameters, table.names)


@dataclass(slots=True)
class _Table:
    document: Located[KernelDocument]
    vocabulary: frozenset[str]
    names: dict[str, Value]

    def add(self, path: tuple[str, ...], name: str, value: Value) -> None:
        if name in self.vocabulary:
            _refuse(self.document, path, f"{name} is a word of the language", "choose another name")
        if name in self.names:
            _refuse(self.document, path, f"{name} is declared twice", "choose another name")
        self.names[name] = value

    def add_extents(self, parameter: TensorParameter) -> None:
        for axis, extent in enumerate(parameter.shape):
            if isinstance(extent, int):
                continue
            value = Index(IndexName(name=extent, role="extent"))
            if self.names.get(extent) == value:
                continue
            known = self.names.get(extent)
            if known is not None or extent in self.vocabulary:
                line, column = self.document.position("arguments", parameter.name, "shape", axis)
                message = f"{extent} is an argument, an index or a word of the language already"
                problem = self.document.problem(
                    message, (line, column), cure="name the extent otherwise"
                )
                raise InvalidKernel(message, problems=(problem,))
            self.names[extent] = value


def _refuse(
    document: Located[KernelDocument], path: tuple[str, ...], message: str, cure: str
) -> NoReturn:
    problem = document.problem(message, document.key_position(*path), cure=cure)
    raise InvalidKernel(message, problems=(problem,))


def _refuse_choices(
    document: Located[KernelDocument], target: Target, override: Mapping[str, int]
) -> None:
    """Everything but the search over shapes needs one shape."""
    for path, values in document.value.open_choices(target).items():
        if path[0] == "sizes" and path[1] in override:
            continue
        message = f"{'.'.join(path)} is a list of {len(values)}, and one value is needed here"
        option = "--size" if path[0] == "sizes" else "--split"
        cure = f"choose one, as `{option} {path[1]}={values[0]}`; `twill shapes` finds the best"
        problem = document.problem(message, document.key_position(*path), cure=cure)
        raise InvalidKernel(message, problems=(problem,))


def _sizes(
    document: Located[KernelDocument], target: Target, override: Mapping[str, int]
) -> dict[str, int]:
    known = document.value.sizes
    for name, value in override.items():
        if name not in known:
            cure = near_miss(name, known, f"known: {', '.join(known)}")
            raise InvalidKernel(f"no size {name}", file=document.file, cure=cure)
        if not 1 <= value <= MAXIMUM_SIZE:
            message = f"the size {name} = {value}"
            raise InvalidKernel(message, file=document.file, cure=f"from 1 to {MAXIMUM_SIZE}")
    chosen = document.value.sizes_for(target)
    for name in known:
        if name not in chosen and name not in override:
            cure = f"add `{target}:` to it, or give one number for every target"
            _refuse(document, ("sizes", name), f"{name} has no value for {target}", cure)
    return {name: override.get(name, chosen.get(name, 0)) for name in known}


def _split(
    document: Located[KernelDocument], target: Target, sizes: Mapping[str, int]
) -> dict[str, int]:
    split = document.value.split_for(target)
    for name, parts in split.items():
        if name not in sizes:
            cure = near_miss(name, sizes, f"known: {', '.join(sizes)}")
            _refuse(document, ("split", name), f"{name} is not a size", cure)
        if sizes[name] % parts:
            message = f"{name} = {sizes[name]} does not split into {parts} equal parts"
            _refuse(document, ("split", name), message, "split by a divisor of the size")
    return split


def _parameter(name: str, argument: Argument, sizes: Mapping[str, int]) -> Parameter:
    if isinstance(argument, TensorArgument):
        shape = tuple(sizes.get(e, e) if isinstance(e, str) else e for e in argument.shape)
        return TensorParameter(name=name, dtype=argument.dtype, shape=shape, range=argument.range)
    if isinstance(argument, ScalarArgument):
        return ScalarParameter(name=name, dtype=argument.dtype, range=argument.range)
    return ScalarParameter(name=name, dtype=argument)


def _argument_value(parameter: Parameter) -> Value:
    if isinstance(parameter, TensorParameter):
        return Tensor(parameter)
    if parameter.dtype == "i32":
        return Index(IndexName(name=parameter.name, role="argument"))
    operand = ScalarOperand(argument=parameter.name)
    return Tile(operand, TileType(dtype=parameter.dtype))
