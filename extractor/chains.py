"""Granularity: which elementwise operations become one operation of the schedule.

Rule `fused-chains/1` (docs/lowering.md). Two elementwise operations share a chain if they are
connected, wait for the same matrix products, and the same reductions stand before them. What no
reduction needs is done as late as its reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .tiles import Tile

VIEWS = ("transpose", "broadcast")
VECTOR_KINDS = ("map", "reduce", "scan", "cast", "fill", "arange")

EXPENSIVE = ("exp2", "log2", "sqrt", "rsqrt", "sigmoid", "tanh", "divide")

Roots = frozenset[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Chain:
    """Elementwise tiles that issue as one operation, in program order."""

    name: str
    tiles: tuple[Tile, ...]

    @property
    def names(self) -> frozenset[str]:
        """Names of the tiles."""
        return frozenset(tile.name for tile in self.tiles)


class ChainFinder:
    """Finds the chains of one loop; `fused` off makes every elementwise tile a chain of its own."""

    def __init__(self, tiles: Iterable[Tile], *, fused: bool = True) -> None:
        self._tiles = {tile.name: tile for tile in tiles}
        self._fused = fused
        self._readers = self._find_readers()
        self._hoisted = self._find_hoisted()
        self._roots: dict[str, Roots] = {}
        self._level: dict[str, int] = {}
        self._after_reduction: dict[str, bool] = {}
        for tile in self._tiles.values():
            self._classify(tile)
        self._delay()

    @property
    def hoisted(self) -> frozenset[str]:
        """Tiles that depend on nothing in the loop.

        They are constants, or index arithmetic that their readers repeat.
        """
        return self._hoisted

    def chains(self) -> tuple[Chain, ...]:
        """The chains in program order of their first tile, named after their last local."""
        found: dict[str, str] = {tile.name: tile.name for tile in self._vector_tiles()}

        def top(name: str) -> str:
            while found[name] != name:
                name = found[name]
            return name

        for tile in self._vector_tiles():
            for producer in self._vector_producers(tile):
                if self._fused and self._key(producer) == self._key(tile.name):
                    found[top(tile.name)] = top(producer)
        groups: dict[str, list[Tile]] = {}
        for tile in self._vector_tiles():
            groups.setdefault(top(tile.name), []).append(tile)
        return tuple(Chain(_chain_name(members), tuple(members)) for members in groups.values())

    def resolve(self, name: str) -> str:
        """The tile behind transposes and broadcasts of the same iteration."""
        tile = self._tiles[name]
        while tile.kind in VIEWS and tile.inputs[0].producer and tile.inputs[0].distance == 0:
            tile = self._tiles[tile.inputs[0].producer]
        return tile.name

    def _vector_tiles(self) -> list[Tile]:
        return [
            t
            for t in self._tiles.values()
            if t.kind in VECTOR_KINDS and t.name not in self._hoisted
        ]

    def _key(self, name: str) -> tuple[Roots, int]:
        return self._roots[name], self._level[name]

    def _vector_producers(self, tile: Tile) -> list[str]:
        named = [self.resolve(i.producer) for i in tile.inputs if i.producer and i.distance == 0]
        return [n for n in named if self._tiles[n].kind in VECTOR_KINDS and n not in self._hoisted]

    def _find_readers(self) -> Mapping[str, list[tuple[Tile, int]]]:
        readers: dict[str, list[tuple[Tile, int]]] = {name: [] for name in self._tiles}
        for tile in self._tiles.values():
            if tile.kind in VIEWS:
                continue
            for read in tile.inputs:
                if read.producer:
                    readers[self.resolve(read.producer)].append((tile, read.distance))
        return readers

    def _find_hoisted(self) -> frozenset[str]:
        hoisted: set[str] = set()
        for tile in self._tiles.values():
            free = all(
                i.producer is None or (i.distance == 0 and i.producer in hoisted)
                for i in tile.inputs
            )
            if free and tile.kind in (*VECTOR_KINDS, *VIEWS):
                hoisted.add(tile.name)
        return frozenset(hoisted)

    def _classify(self, tile: Tile) -> None:
        """Find the roots and the level of a tile.

        Roots are the matrix products waited for; the level counts the reductions that stand before
        it in its iteration.
        """
        roots: set[tuple[str, int]] = set()
        level, after = 0, False
        for read in tile.inputs:
            if read.producer is None or read.producer in self._hoisted:
                continue
            name = self.resolve(read.producer)
            producer = self._tiles[name]
            if producer.kind == "dot":
                roots.add((name, read.distance))
            elif read.distance == 0 and producer.kind in VECTOR_KINDS:
                roots |= self._roots[name]
                barrier = self._after_reduction[name] and tile.is_matrix and not producer.is_matrix
                level = max(level, self._level[name] + (1 if barrier else 0))
                after = after or (self._after_reduction[name] and not tile.is_matrix)
        self._roots[tile.name] = frozenset(roots)
        self._level[tile.name] = level
        self._after_reduction[tile.name] = after or tile.kind in ("reduce", "scan")

    def _delay(self) -> None:
        """Move what no reduction needs to its readers' chain, so that it is not kept in registers.

        A cheap operation on one matrix also moves to a chain that waits for more products; an
        expensive one (MUFU) stays, so that it overlaps with those products.
        """
        for tile in reversed(self._vector_tiles()):
            reads = self._readers[tile.name]
            vector = all(r.kind in VECTOR_KINDS and distance == 0 for r, distance in reads)
            if tile.kind in ("reduce", "scan") or not reads or not vector:
                continue
            roots = {self._roots[r.name] for r, _ in reads}
            if roots == {self._roots[tile.name]}:
                self._level[tile.name] = min(self._level[r.name] for r, _ in reads)
            elif len({self._key(r.name) for r, _ in reads}) == 1 and self._is_cheap(tile):
                self._roots[tile.name], self._level[tile.name] = self._key(reads[0][0].name)

    def _is_cheap(self, tile: Tile) -> bool:
        """No MUFU, and at most one matrix read: doing it later keeps no more registers alive."""
        matrices = {
            i.producer
            for i in tile.inputs
            if i.producer and self._tiles[self.resolve(i.producer)].is_matrix
        }
        return tile.is_matrix and tile.origin.primitive not in EXPENSIVE and len(matrices) == 1


def _chain_name(tiles: list[Tile]) -> str:
    """The last matrix that a local is named after, else such a vector, else the last tile."""
    locals_ = [t for t in tiles if t.name.split("[")[0] == t.origin.local]
    matrices = [t for t in locals_ if t.is_matrix]
    return (matrices or locals_ or tiles)[-1].name
