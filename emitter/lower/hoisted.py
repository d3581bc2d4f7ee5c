"""What stands before the loop and is read in it: held in registers where it is dear to compute."""

from __future__ import annotations

from collections.abc import Iterator

from ...models.tiling import TileNode
from ...models.warp_step import Assign, Step
from ..inputs import Emission, source_of
from .chains import VECTOR_KINDS, Chain, ChainSteps, finder
from .finish import load_vectors
from .formulas import At
from .homes import initial_tiles
from .plan import PlannedRole
from .registers import Registers
from .staging import is_matrix

DEAR = ("divide", "exp2", "log2", "sqrt", "rsqrt", "sigmoid", "tanh")
"""Primitives that take more than one instruction of a cheap unit."""


def hoisted(
    emission: Emission, role: PlannedRole, registers: Registers, stored: tuple[str, ...] = ()
) -> Iterator[Step]:
    """Loads and elementwise work before the loop, of what the role reads in it or begins it with.

    But for what is `stored`: vectors that it reads in shared memory.
    """
    vectors = (n for n in initial_tiles(emission, role) if not is_matrix(emission.tiled.tile(n)))
    named = (*_read(emission, role), *vectors)
    read = (name for name in named if name not in stored)
    kept = frozenset(name for name in read if _is_dear(emission, name))
    needed = _with_sources(emission, kept)
    for tile in emission.tiled.before:
        is_load = emission.operation(tile).kind == "load"
        if tile.name in needed and is_load and tile.name in kept and is_matrix(tile):
            for block, target in enumerate(registers.names_of(tile)):
                value = finder(registers).written_out(tile.name, At(block))
                yield Assign(target=target, value=value, operation=tile.name)
        elif tile.name in needed and is_load and tile.name not in registers.homes:
            yield from load_vectors(emission, tile, registers)
    members = tuple(
        tile.name
        for tile in emission.tiled.before
        if tile.name in needed and emission.operation(tile).kind in VECTOR_KINDS
    )
    for name in members:
        if name in kept:
            registers.names_of(emission.tiled.tile(name))
    yield from ChainSteps(emission, registers, kept, frozenset()).steps(Chain(members))


def vectors_read(emission: Emission, role: PlannedRole, stored: tuple[str, ...]) -> tuple[str, ...]:
    """Of the stored vectors those that elementwise work of the role reads."""
    read = {emission.behind_views(name)[0].name for name in _read(emission, role)}
    return tuple(name for name in stored if name in read)


def _read(emission: Emission, role: PlannedRole) -> Iterator[str]:
    """Tiles before the loop that elementwise work of the role reads."""
    todo: list[TileNode] = [
        emission.tiled.tile(m) for o in role.operations if o.kind == "vector" for m in o.members
    ]
    seen: set[str] = set()
    while todo:
        for read in todo.pop().reads:
            if read.before is not None:
                yield read.before
            # Views and constants of the loop belong to no operation of the schedule.
            elif read.tile is not None and read.tile not in seen | set(emission.owner):
                seen.add(read.tile)
                todo.append(emission.tiled.tile(read.tile))


def _is_dear(emission: Emission, name: str) -> bool:
    """Whether a tile, or what it is made from, is loaded or takes a dear primitive."""
    operations = [emission.operation(n) for n in _with_sources(emission, frozenset([name]))]
    return any(o.kind == "load" or o.primitive in DEAR for o in operations)


def _with_sources(emission: Emission, names: frozenset[str]) -> frozenset[str]:
    found, todo = set(names), list(names)
    while todo:
        for source in filter(None, map(source_of, emission.tiled.tile(todo.pop()).reads)):
            if source not in found:
                found.add(source)
                todo.append(source)
    return frozenset(found)
