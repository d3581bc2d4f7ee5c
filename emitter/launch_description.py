"""What a bundle says of its launch: the fields of launch.json, from a warp program."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from ..models.index_expression import IndexConstant, IndexExpression, IndexName, IndexOperation
from ..models.kernel import ELEMENT_BYTES
from ..models.tile_order import MOST_TILES, number_of_tiles
from ..models.tile_program import ScalarParameter, TensorParameter
from ..models.warp_program import WarpProgram
from ..models.warp_program_checks import steps_of
from .printer.marks import Marks

MAP_ALIGNMENT = 16  # bytes, of every stride of a tensor map (CUDA driver API, tensor maps)
AXES = 3
MULTIPROCESSORS = "multiprocessors"  # a name in expressions: the number that the GPU has


def launch_description(
    program: WarpProgram, compiler: str, made_by: str, marks: Marks | None = None
) -> dict[str, Any]:
    """launch.json without its format and digests; docs/bundles.md defines the fields."""
    grid = _grid(program)
    description: dict[str, Any] = {
        "kernel": program.kernel,
        "gpu": program.gpu,
        "target": program.target,
        "entry": program.kernel,
        "threads": program.threads,
        "shared_bytes": program.shared_bytes,
        "grid": [*grid, *(1 for _ in range(AXES - len(grid)))],
        "extents": list(program.extents),
        "arguments": [_argument(program, parameter) for parameter in program.parameters],
        "parameters": list(_parameters(program)),
        "requires": list(requirements(program)),
        "compiler": compiler,
        "made_by": made_by,
    }
    tolerance = program.tolerance
    description["tolerance"] = {
        "absolute": tolerance.absolute if tolerance else 1e-2,
        "relative": tolerance.relative if tolerance else 1e-2,
    }
    return description if marks is None else _with_marks(description, marks)


def _with_marks(description: dict[str, Any], marks: Marks) -> dict[str, Any]:
    places = [{"kind": "marks", "name": name} for name in ("clocks", "progress", "block")]
    return {
        **description,
        "parameters": [*description["parameters"], *places],
        "marks": [
            {"role": role, "marks": [asdict(mark) for mark in found]}
            for role, found in marks.roles.items()
        ],
    }


def outputs(program: WarpProgram) -> dict[str, str]:
    """Arguments that the kernel writes, and what they hold before it runs."""
    found: dict[str, str] = {}
    for role in program.roles:
        for step in steps_of(role):
            if step.step == "copy_out":
                argument = program.tensor_map(step.tensor_map).argument
                found[argument] = "zeros" if step.add else "nan"
            elif step.step == "store_rows":
                found[step.argument] = "nan"
    return found


def _grid(program: WarpProgram) -> list[Any]:
    """Blocks along each axis; a line of blocks where the program numbers its tiles."""
    if program.order is None:
        return [expression_of(axis.count) for axis in program.grid]
    tiles = expression_of(number_of_tiles(program.grid))
    if not program.persistent:
        return [tiles]
    # No blocks, which is refused, where there are more tiles than 32-bit integers can count.
    countable = ["min", 1, ["//", MOST_TILES, tiles]]
    return [["*", ["min", tiles, MULTIPROCESSORS], countable]]


def _argument(program: WarpProgram, parameter: TensorParameter | ScalarParameter) -> dict[str, Any]:
    if isinstance(parameter, ScalarParameter):
        return {"name": parameter.name, "kind": "scalar", "dtype": parameter.dtype}
    written = outputs(program)
    entry: dict[str, Any] = {
        "name": parameter.name,
        "kind": "tensor",
        "dtype": parameter.dtype,
        "shape": list(parameter.shape),
        "role": "output" if parameter.name in written else "input",
    }
    if parameter.range is not None:
        entry["range"] = list(parameter.range)
    if parameter.name in written:
        entry["initial"] = written[parameter.name]
    return entry


def _parameters(program: WarpProgram) -> Iterator[dict[str, Any]]:
    """In the order in which the kernel takes them."""
    for tensor_map in program.tensor_maps:
        yield {
            "kind": "tensor_map",
            "argument": tensor_map.argument,
            "box": list(tensor_map.box),
            "swizzle": tensor_map.swizzle,
        }
    for name in program.pointers:
        yield {"kind": "pointer", "argument": name}
    for name in program.extents:
        yield {"kind": "extent", "name": name}
    for parameter in program.parameters:
        if isinstance(parameter, ScalarParameter):
            yield {"kind": "scalar", "name": parameter.name}


def requirements(program: WarpProgram) -> Iterator[dict[str, Any]]:
    """Rows that copies touch are multiples of 16 bytes, and what is floored is whole tiles."""
    found: dict[str, int] = {}
    for tensor_map in program.tensor_maps:
        parameter = next(p for p in program.parameters if p.name == tensor_map.argument)
        assert isinstance(parameter, TensorParameter), parameter.name
        last = parameter.shape[-1]
        if isinstance(last, str) and len(parameter.shape) > 1:
            multiple = MAP_ALIGNMENT // ELEMENT_BYTES[parameter.dtype]
            found[last] = max(found.get(last, 1), multiple)
    counts = [*(axis.count for axis in program.grid), program.loop.stop]
    for name, divisor in (pair for count in counts for pair in _floored(count)):
        found[name] = math.lcm(found.get(name, 1), divisor)
    for name, multiple in found.items():
        yield {"extent": name, "multiple_of": multiple}


def _floored(expression: IndexExpression) -> Iterator[tuple[str, int]]:
    """Extents of which a count takes whole tiles only: what is left would not be computed."""
    if not isinstance(expression, IndexOperation):
        return
    left, right = expression.left, expression.right
    match expression.operator, left, right:
        case "//", IndexName(name=name, role="extent"), IndexConstant(value=tile):
            yield name, tile
    yield from _floored(left)
    yield from _floored(right)


def expression_of(expression: IndexExpression) -> int | str | list[Any]:
    """An index expression as launch.json has it."""
    if isinstance(expression, IndexConstant):
        return expression.value
    if isinstance(expression, IndexName):
        return expression.name
    return [expression.operator, expression_of(expression.left), expression_of(expression.right)]
