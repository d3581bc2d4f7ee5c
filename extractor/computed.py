"""Whether shapes of a kernel compute the same with as much work: else the most may not be best."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from ..models.index_expression import evaluate_index
from ..models.tile_program import Loop, TensorParameter, TileProgram
from .useful_work import useful_work

EXTENT = 2**30
"""What every symbolic extent is taken to be, so that the rounding of counts does not matter."""
TOLERANCE = Fraction(1, 100)


@dataclass(frozen=True, slots=True)
class Computed:
    """What tells kernels apart that compute different things."""

    arguments: Mapping[str, tuple[int | str, ...]]  # shape of each array
    # Useful work for each element of the results. None: nothing is stored, or how often a loop runs
    # is read from memory.
    work_for_each_result: Fraction | None


def what_is_computed(program: TileProgram) -> Computed:
    """Of one shape of a kernel."""
    arrays = {p.name: p.shape for p in program.parameters if isinstance(p, TensorParameter)}
    return Computed(arrays, _work_for_each_result(program))


def unlike_arguments(computed: Sequence[Computed]) -> tuple[str, ...]:
    """Arguments whose shape is not the same in all, in the order of the document."""
    first = computed[0].arguments if computed else {}
    return tuple(
        name
        for name, shape in first.items()
        if any(other.arguments[name] != shape for other in computed)
    )


def has_unlike_work(computed: Sequence[Computed]) -> bool:
    """Whether useful work for each element of the results differs by more than a hundredth."""
    found = [c.work_for_each_result for c in computed if c.work_for_each_result is not None]
    return bool(found) and max(found) > min(found) * (1 + TOLERANCE)


def _work_for_each_result(program: TileProgram) -> Fraction | None:
    """Of the first loop, in a block in the middle of the grid."""
    try:
        values = _middle(program)
        trips = {loop.name: _trips(loop, values) for loop in program.loops}
    except (KeyError, ZeroDivisionError):
        return None
    loop = program.loops[0]
    work, _unit = useful_work(program, loop)
    results = sum(elements * trips.get(where, 1) for where, elements in _stored(program))
    return Fraction(work * trips[loop.name], results) if results and work else None


def _middle(program: TileProgram) -> Mapping[str, int]:
    """Extents, integer arguments, and the grid indices of the block in the middle."""
    integers = [p.name for p in program.parameters if p.kind == "scalar" and p.dtype == "i32"]
    values = dict.fromkeys((*program.extents(), *integers), EXTENT)
    middle = {axis.index: evaluate_index(axis.count, values) // 2 for axis in program.grid}
    return {**values, **middle}


def _trips(loop: Loop, values: Mapping[str, int]) -> int:
    return max(0, evaluate_index(loop.stop, values) - evaluate_index(loop.start, values))


def _stored(program: TileProgram) -> Iterator[tuple[str, int]]:
    """Elements of each result tile, and the loop in which it is stored; empty outside of loops."""
    for segment in program.segments:
        where = segment.name if isinstance(segment, Loop) else ""
        for operation in segment.operations:
            if operation.kind in ("store", "reduce_add"):
                tile = operation.memory_access.tile
                yield where, prod(dimension.extent for dimension in tile)
