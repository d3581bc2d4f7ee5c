"""A whole kernel cut into sub-tiles: what stands before and after the loop as well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..models.index_expression import IndexConstant
from ..models.tile_operation import Operation
from ..models.tile_program import Block, Loop, TileProgram
from ..models.tiling import TiledKernel, TileNode, TileRead
from .subtiling import subtile_loop
from .tiles import Input, Tile, subtile_suffix


def tile_kernel(
    program: TileProgram, loop: Loop, split: Mapping[str, int], tiles: Iterable[Tile]
) -> TiledKernel:
    """The tiles of the loop, and the same for the blocks before and after it.

    Raises InvalidKernel as `subtile_loop` does.
    """
    place = program.segments.index(loop)
    before = _block_tiles(program, program.segments[:place], split)
    after = _block_tiles(program, program.segments[place + 1 :], split)
    made = {tile.name for tile in before}
    return TiledKernel(
        before=tuple(_node(tile, made, inside=True) for tile in before),
        loop=tuple(_node(tile, made) for tile in tiles),
        after=tuple(_node(tile, made) for tile in after),
        split=tuple(sorted(split.items())),
    )


def _block_tiles(
    program: TileProgram, segments: Iterable[Block | Loop], split: Mapping[str, int]
) -> tuple[Tile, ...]:
    operations = tuple(o for s in segments if isinstance(s, Block) for o in s.operations)
    return subtile_loop(program, _straight(program, operations), split) if operations else ()


def _straight(program: TileProgram, operations: tuple[Operation, ...]) -> Loop:
    """Operations that run once, as a loop that carries nothing."""
    zero = IndexConstant(value=0)
    return Loop(
        name="", index="", start=zero, stop=zero, carried=(), operations=operations,
        position=operations[0].position,
    )  # fmt: skip


def _node(tile: Tile, before: set[str], *, inside: bool = False) -> TileNode:
    return TileNode(
        name=tile.name,
        operation=tile.origin.name,
        subtile=tile.subtile,
        reads=tuple(_read(tile, read, before) for read in tile.inputs),
        shape=tile.shape,
        dtype=tile.dtype,
        read_shapes=tile.input_shapes,
    )


def _read(tile: Tile, read: Input, before: set[str]) -> TileRead:
    outside = None
    if read.invariant is not None:
        own = read.invariant + subtile_suffix(tile.subtile)
        outside = own if own in before else read.invariant
    return TileRead(
        position=read.position, tile=read.producer, before=outside, result=read.result,
        distance=read.distance,
    )  # fmt: skip
