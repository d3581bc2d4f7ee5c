"""Reads launch.json: types by hand, then that its parts fit together."""

from __future__ import annotations

import re
from typing import Literal, cast

from ..models.errors import InvalidInput
from .dtypes import DTYPES
from .expressions import Expression, names_in, read_expression
from .fields import Fields, read_json
from .manifest import (
    CAPABILITIES,
    FILE,
    FORMAT,
    MULTIPROCESSORS,
    ExtentParameter,
    Manifest,
    Parameter,
    PointerParameter,
    Requirement,
    ScalarArgument,
    ScalarParameter,
    TensorArgument,
    TensorMapParameter,
    Tolerance,
    counts_of,
)
from .marks_reading import marks_parameter, read_marks
from .tensor_maps import check_box

MOST_ENTRIES = 64  # of any list; kernels have about ten arguments
MOST_THREADS = 1024  # per block, CUDA C++ Programming Guide, compute capabilities
MOST_SHARED_BYTES = 232_448  # per block by opt-in on compute capability 9.0 and 10.x, same source
_NAME = re.compile(r"[A-Za-z_]\w{0,127}", re.ASCII)
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


def read_manifest(text: bytes, file: str = FILE) -> Manifest:
    """The launch description in a text; InvalidInput names the file and the field."""
    fields = Fields(read_json(text, file), file)
    fields.text("format", (FORMAT,))
    extents = fields.texts("extents", MOST_ENTRIES)
    tensors, scalars = _arguments(fields)
    _check_names(fields, extents, tensors, scalars)
    manifest = Manifest(
        kernel=fields.text("kernel"),
        gpu=fields.text("gpu"),
        target=fields.text("target", tuple(CAPABILITIES)),
        entry=_name(fields, "entry"),
        threads=fields.whole("threads", 1, MOST_THREADS),
        shared_bytes=fields.whole("shared_bytes", 0, MOST_SHARED_BYTES),
        grid=_grid(fields, (*extents, *counts_of(scalars))),
        extents=extents,
        tensors=tensors,
        scalars=scalars,
        parameters=_parameters(fields, extents, tensors, scalars),
        requires=tuple(_requirement(one, extents) for one in fields.objects("requires", 64)),
        tolerance=_tolerance(fields.object("tolerance")),
        digests=_digests(fields.object("digests")),
        compiler=fields.text("compiler"),
        made_by=fields.text("made_by"),
        marks=read_marks(fields),
    )
    fields.finish()
    return manifest


def _name(fields: Fields, field: str) -> str:
    value = fields.text(field)
    if not _NAME.fullmatch(value):
        fields.fail(field, f"{value[:60]!r} is not a name", "letters, digits and _ make a name")
    return value


def _arguments(fields: Fields) -> tuple[tuple[TensorArgument, ...], tuple[ScalarArgument, ...]]:
    tensors: list[TensorArgument] = []
    scalars: list[ScalarArgument] = []
    for one in fields.objects("arguments", MOST_ENTRIES):
        if one.text("kind", ("tensor", "scalar")) == "tensor":
            tensors.append(_tensor(one))
        else:
            dtype = cast('Literal["f32", "i32"]', one.text("dtype", ("f32", "i32")))
            scalars.append(ScalarArgument(_name(one, "name"), dtype))
        one.finish()
    return tuple(tensors), tuple(scalars)


def _tensor(one: Fields) -> TensorArgument:
    role = cast('Literal["input", "output"]', one.text("role", ("input", "output")))
    initial = None
    if role == "output":
        initial = cast('Literal["nan", "zeros"]', one.text("initial", ("nan", "zeros")))
    return TensorArgument(
        name=_name(one, "name"),
        dtype=one.text("dtype", tuple(DTYPES)),
        shape=tuple(_expression(one, "shape", value) for value in one.items("shape", 5)),
        role=role,
        initial=initial,
        range=_range(one),
    )


def _range(one: Fields) -> tuple[float, float] | None:
    if not one.has("range"):
        return None
    values = one.items("range", 2)
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    if len(numbers) != 2 or not numbers[0] <= numbers[1]:
        one.fail("range", "is the least and the largest value, two numbers")
    return float(numbers[0]), float(numbers[1])


def _expression(fields: Fields, field: str, value: object) -> Expression:
    try:
        return read_expression(value)
    except InvalidInput as wrong:
        problem = wrong.problems[0]
        fields.fail(field, problem.message, problem.cure)


def _check_names(
    fields: Fields,
    extents: tuple[str, ...],
    tensors: tuple[TensorArgument, ...],
    scalars: tuple[ScalarArgument, ...],
) -> None:
    names = [*extents, *(t.name for t in tensors), *(s.name for s in scalars)]
    for name in names:
        if not _NAME.fullmatch(name):
            fields.fail("extents", f"{name[:60]!r} is not a name")
        if names.count(name) > 1 or name in (MULTIPROCESSORS, "stream"):
            fields.fail("arguments", f"the name {name} is taken")
    for tensor in tensors:
        for size in tensor.shape:
            _check_known(fields, "arguments", size, extents)


def _check_known(
    fields: Fields, field: str, expression: Expression, known: tuple[str, ...]
) -> None:
    for name in sorted(names_in(expression)):
        if name not in known:
            fields.fail(field, f"{name[:60]} is not an extent", "list it under extents")


def _grid(fields: Fields, known: tuple[str, ...]) -> tuple[Expression, Expression, Expression]:
    values = fields.items("grid", 3)
    if len(values) != 3:
        fields.fail("grid", f"{len(values)} expressions; a grid has 3")
    first, second, third = (_expression(fields, "grid", value) for value in values)
    for expression in (first, second, third):
        _check_known(fields, "grid", expression, (*known, MULTIPROCESSORS))
    return first, second, third


def _parameters(
    fields: Fields,
    extents: tuple[str, ...],
    tensors: tuple[TensorArgument, ...],
    scalars: tuple[ScalarArgument, ...],
) -> tuple[Parameter, ...]:
    arrays = {tensor.name: tensor for tensor in tensors}
    numbers = tuple(scalar.name for scalar in scalars)
    return tuple(
        _parameter(one, extents, arrays, numbers)
        for one in fields.objects("parameters", MOST_ENTRIES)
    )


def _parameter(
    one: Fields,
    extents: tuple[str, ...],
    arrays: dict[str, TensorArgument],
    numbers: tuple[str, ...],
) -> Parameter:
    kind = one.text("kind", ("tensor_map", "pointer", "extent", "scalar", "marks"))
    found: Parameter
    if kind == "tensor_map":
        found = _tensor_map(one, arrays)
    elif kind == "pointer":
        found = PointerParameter(_known(one, "argument", tuple(arrays)))
    elif kind == "extent":
        found = ExtentParameter(_known(one, "name", extents))
    elif kind == "marks":
        found = marks_parameter(one)
    else:
        found = ScalarParameter(_known(one, "name", numbers))
    one.finish()
    return found


def _known(one: Fields, field: str, names: tuple[str, ...]) -> str:
    value = one.text(field)
    if value not in names:
        one.fail(field, f"{value[:60]!r} is not declared", f"known: {', '.join(names) or 'none'}")
    return value


def _tensor_map(one: Fields, arrays: dict[str, TensorArgument]) -> TensorMapParameter:
    tensor = arrays[_known(one, "argument", tuple(arrays))]
    box, swizzle = one.items("box", 5), one.whole("swizzle", 0, 128)
    if not all(isinstance(extent, int) and not isinstance(extent, bool) for extent in box):
        one.fail("box", "not all extents are integers")
    if not box or len(box) != len(tensor.shape):
        one.fail("box", f"{len(box)} extents; {tensor.name} has {len(tensor.shape)}")
    try:
        check_box(box, DTYPES[tensor.dtype].itemsize, swizzle)
    except InvalidInput as wrong:
        one.fail("box", wrong.problems[0].message, wrong.problems[0].cure)
    return TensorMapParameter(tensor.name, tuple(box), swizzle)


def _requirement(one: Fields, extents: tuple[str, ...]) -> Requirement:
    found = Requirement(_known(one, "extent", extents), one.whole("multiple_of", 1, 2**31 - 1))
    one.finish()
    return found


def _tolerance(one: Fields) -> Tolerance:
    found = Tolerance(one.number("absolute"), one.number("relative"))
    one.finish()
    return found


def _digests(one: Fields) -> dict[str, str]:
    found = {}
    for name, value in one.rest().items():
        match = _DIGEST.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            one.fail(name, "not a digest", "write sha256: and 64 hexadecimal digits")
        found[name] = match[1]
    return found
