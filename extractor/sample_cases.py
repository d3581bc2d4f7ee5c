"""Small inputs of a kernel and what it makes of them: what its emitted form is checked against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..models.index_expression import IndexExpression, IndexOperation, names_in_index
from ..models.tile_program import ScalarParameter, TensorParameter, TileProgram
from .language import run_program
from .language.launch import outputs_of
from .language.numpy_operations import Array, numpy_dtype

SCALAR = 0.125
WHOLE_TILES = 2
LONG_LOOP = 5


@dataclass(frozen=True, slots=True)
class SampleCase:
    """One call: arrays and scalars by name, extents, and the arrays that it writes."""

    inputs: Mapping[str, Array]
    scalars: Mapping[str, float]
    extents: Mapping[str, int]
    outputs: Mapping[str, Array]


def sample_cases(program: TileProgram, seed: int = 0) -> tuple[SampleCase, ...]:
    """Whole tiles, a longer loop, one tile, and ragged edges where the program covers them."""
    tiles = _tiles(program)
    chosen = [
        ({name: tile * WHOLE_TILES for name, tile in tiles.items()}, 1),
        ({name: tile if tile > 1 else 1 for name, tile in tiles.items()}, 1),
    ]
    looped, counted = _loop_extents(program), _has_counts(program)
    long = looped if not counted else set(tiles)
    chosen.append(({n: t * (LONG_LOOP if n in long else 1) for n, t in tiles.items()}, LONG_LOOP))
    if counted and not _floors(program):  # the last block has tiles that lie outside
        chosen.append(({n: t * LONG_LOOP + 3 for n, t in tiles.items()}, LONG_LOOP - 1))
    elif not _floors(program):
        chosen.append(({n: t + 8 if t > 1 else WHOLE_TILES for n, t in tiles.items()}, 1))
    cases = []
    for index, (extents, count) in enumerate(chosen):
        cases.append(make_case(program, extents, seed + index, count))
    return tuple(cases)


def make_case(
    program: TileProgram, extents: Mapping[str, int], seed: int = 0, count: int = 1
) -> SampleCase:
    """Random inputs of these extents, and what the program makes of them in NumPy.

    `count`: what integer arguments are, of which the loop or the grid counts so many.
    """
    generator = np.random.default_rng(seed)
    written = outputs_of(program)
    inputs: dict[str, Array] = {}
    scalars: dict[str, float] = {}
    for place, parameter in enumerate(program.parameters):
        if isinstance(parameter, ScalarParameter):
            scalars[parameter.name] = _scalar(parameter, count, (seed, place))
        elif parameter.name not in written:
            shape = tuple(extents[e] if isinstance(e, str) else e for e in parameter.shape)
            inputs[parameter.name] = _random(generator, shape, parameter, extents)
    results = run_program(program, {**inputs, **scalars}, dict(extents))
    return SampleCase(inputs, scalars, dict(extents), results)


def _scalar(parameter: ScalarParameter, count: int, seed: tuple[int, int]) -> float:
    if parameter.dtype == "i32":
        return count
    if parameter.range is None:
        return SCALAR
    drawn = np.random.default_rng(seed).uniform(*parameter.range)
    return float(np.array(drawn, numpy_dtype(parameter.dtype)))


def _random(
    generator: np.random.Generator, shape: tuple[int, ...], parameter: TensorParameter,
    extents: Mapping[str, int],
) -> Array:  # fmt: skip
    dtype = parameter.dtype
    if parameter.range is not None and dtype != "i32":
        return generator.uniform(*parameter.range, shape).astype(numpy_dtype(dtype))
    if dtype == "i32":
        return generator.integers(0, min(extents.values(), default=1), shape, dtype=np.int32)
    return generator.standard_normal(shape, dtype=np.float32).astype(numpy_dtype(dtype))


def _tiles(program: TileProgram) -> dict[str, int]:
    """Each symbolic extent and the largest tile that walks over it."""
    found: dict[str, int] = {name: 1 for name in program.extents()}
    for operation in program.operations():
        if operation.access is None:
            continue
        parameter = program.tensor(operation.access.argument)
        for extent, dimension in zip(parameter.shape, operation.access.tile, strict=True):
            if isinstance(extent, str):
                found[extent] = max(found[extent], dimension.extent)
    return found


def _loop_extents(program: TileProgram) -> set[str]:
    """Extents on which the number of iterations depends."""
    names: set[str] = set()
    for loop in program.loops:
        names |= {n.name for n in names_in_index(loop.stop) if n.role == "extent"}
    return names


def _has_counts(program: TileProgram) -> bool:
    """Whether the number of iterations is an integer argument."""
    stops = [n for loop in program.loops for n in names_in_index(loop.stop)]
    return any(name.role == "argument" for name in stops)


def _floors(program: TileProgram) -> bool:
    """Whether a count of tiles is rounded down, so that edges are not the kernel's business."""
    counts = [axis.count for axis in program.grid] + [loop.stop for loop in program.loops]
    return any(_has_floor(count) for count in counts)


def _has_floor(expression: IndexExpression) -> bool:
    if not isinstance(expression, IndexOperation):
        return False
    if expression.operator == "//":
        return True
    return _has_floor(expression.left) or _has_floor(expression.right)
