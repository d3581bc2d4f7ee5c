"""Who reads what: every read of a loop's results, with transposes and broadcasts looked through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from .chains import VECTOR_KINDS, VIEWS, Chain, ChainFinder
from .tiles import Tile

Role = Literal["operand", "left", "right", "accumulator"]
_DOT_ROLES: tuple[Role, ...] = ("left", "right", "accumulator")


@dataclass(frozen=True, slots=True)
class Read:
    """One operation reads the result of another."""

    producer: str  # tile
    reader: str  # tile
    distance: int
    role: Role
    transposed: bool


class Reads:
    """The reads of one loop, and which operation of the schedule executes each tile."""

    def __init__(self, tiles: Iterable[Tile], finder: ChainFinder, chains: Iterable[Chain]) -> None:
        self.tiles: Mapping[str, Tile] = {tile.name: tile for tile in tiles}
        self._hoisted = finder.hoisted
        self.owner: Mapping[str, str] = self._owners(chains)
        self.all: tuple[Read, ...] = tuple(
            read for tile in self.tiles.values() for read in self._reads_of(tile)
        )

    def of(self, producer: str) -> tuple[Read, ...]:
        """Reads of one tile."""
        return tuple(read for read in self.all if read.producer == producer)

    def is_vector(self, tile: str) -> bool:
        """Whether an elementwise chain executes the tile."""
        return self.tiles[tile].kind in VECTOR_KINDS

    def _owners(self, chains: Iterable[Chain]) -> Mapping[str, str]:
        owner = {
            t.name: t.name for t in self.tiles.values() if t.kind not in (*VECTOR_KINDS, *VIEWS)
        }
        for chain in chains:
            owner.update((name, chain.name) for name in chain.names)
        return owner

    def _reads_of(self, tile: Tile) -> Iterable[Read]:
        if tile.kind in VIEWS or tile.name in self._hoisted:
            return
        for read in tile.inputs:
            if read.producer is None or read.producer in self._hoisted:
                continue
            producer, further, transposed = self._look_through(read.producer)
            if producer in self._hoisted:
                continue
            role: Role = _DOT_ROLES[read.position] if tile.kind == "dot" else "operand"
            yield Read(producer, tile.name, read.distance + further, role, transposed)

    def _look_through(self, name: str) -> tuple[str, int, bool]:
        """What is viewed, of how many iterations before the view, and whether it is transposed."""
        distance, transposed = 0, False
        tile = self.tiles[name]
        while tile.kind in VIEWS and tile.inputs[0].producer is not None:
            transposed ^= tile.kind == "transpose"
            distance += tile.inputs[0].distance
            tile = self.tiles[tile.inputs[0].producer]
        return tile.name, distance, transposed
