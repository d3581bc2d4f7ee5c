"""The fragments of one role: which hold each tile, and how a formula reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from ...models.errors import Unsupported
from ...models.kernel import ELEMENT_BYTES, ElementType
from ...models.tiling import TileNode
from ...models.warp_expression import Expression, FragmentElement
from ...models.warp_program import Fragment
from ..inputs import Emission, source_of
from ..work import PRODUCT_ROWS
from .formulas import At
from .layouts import Layout, Layouts

LANES = 32
PAIRED_BYTES = 2  # of elements of which a register holds two
VERSIONS = ("", ".second", ".third", ".fourth")
"""What the fragments of iterations 0, 1, ... are called that live side by side."""


@dataclass(slots=True)
class Registers:
    """The fragments of one role. A tile of more rows than a fragment has lies in several.

    A tile that has n versions lies in that of `iteration` modulo n.
    """

    emission: Emission
    layouts: Layouts
    fragments: dict[str, Fragment] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)  # tile -> its fragment, or their stem
    versions: dict[str, int] = field(default_factory=dict)  # stem -> how many; 1 where it is absent
    copied: dict[str, frozenset[str]] = field(default_factory=dict)
    """Vectors that are copied before the next is made, with the operations that read the copy."""
    iteration: int = 0

    def at(self, iteration: int) -> Registers:
        """The same fragments, as an iteration sees them."""
        return replace(self, iteration=iteration)

    def home(
        self, tile: TileNode, block: int = 0, *, operand: bool = False, suffix: str = ""
    ) -> str:
        """The fragment of those rows of a tile, declared when it is first asked for."""
        home = self.homes.setdefault(tile.name, tile.name)
        stem = home + suffix + VERSIONS[self.iteration % self.versions.get(home, 1)]
        name = f"{stem}.{block}" if self.blocks(tile) > 1 else stem
        if name not in self.fragments:
            self.fragments[name] = self._declare(tile, name, self.layouts.of(tile), operand=operand)
        return name

    def names_of(self, tile: TileNode, *, operand: bool = False) -> tuple[str, ...]:
        """All fragments of a tile."""
        return tuple(self.home(tile, b, operand=operand) for b in range(self.blocks(tile)))

    def blocks(self, tile: TileNode) -> int:
        """How many fragments hold a tile: rows of a matrix or along the rows, by 64, 8 or 4."""
        layout = self.layouts.of(tile)
        if layout not in ("matrix", "rows"):
            return 1
        rows = tile.shape[-2] if layout == "matrix" else max(tile.shape)
        if rows % self.layouts.rows:
            line = self.emission.operation(tile).position.line
            raise Unsupported(
                f"{tile.name} has {rows} rows in one warp group, no multiple of {PRODUCT_ROWS}, "
                "nor, in a kernel without products, of 4",
                line,
            )
        return rows // self.layouts.rows

    def turned(self, tile: TileNode, axis: str, block: int) -> str:
        """The fragment that holds a lanes vector along the rows or the columns."""
        layout: Layout = "rows" if axis == "row" else "columns"
        extent = max(tile.shape)
        several = layout == "rows" and extent > self.layouts.rows
        name = f"{self.homes[tile.name]}.{layout}" + (f".{block}" if several else "")
        if name not in self.fragments:
            self.fragments[name] = self._declare(tile, name, layout, operand=False)
        return name

    def held(
        self, name: str, distance: int, at: At, reader: TileNode | None = None
    ) -> Expression | None:
        """The element of a tile that has a home and needs no turning; None if it has none."""
        if name not in self.homes:
            return None
        tile = self.emission.tiled.tile(name)
        return FragmentElement(name=self.home(tile, self.block_of(tile, at, reader)))

    def block_of(self, tile: TileNode, at: At, reader: TileNode | None) -> int:
        """Which of the fragments of a tile is read; of a vector that is whole, that of the part."""
        block, count = at.block, self.blocks(tile)
        self._check_whole(tile, reader)
        if count > 1 and reader is not None and self.layouts.of(tile) == "rows":
            block += self.emission.offset_within(tile, reader, -1) // self.layouts.rows
        return min(block, count - 1)

    def _check_whole(self, tile: TileNode, reader: TileNode | None) -> None:
        """A vector along the columns is read from its first element on."""
        if reader is not None and self.layouts.of(tile) == "columns":
            axis = max(range(len(tile.shape)), key=lambda a: tile.shape[a]) - len(tile.shape)
            if self.emission.offset_within(tile, reader, axis):
                raise Unsupported(
                    f"{reader.name} reads a part of {tile.name}, which is loaded whole",
                    self.emission.operation(tile).position.line,
                )

    def pinned(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of the fragments that products may read or write next."""
        return tuple(n for n in names if self.fragments[n].layout in ("matrix", "operand"))

    def of_tiles(self, names: Iterable[str]) -> Iterator[str]:
        """Fragments of those of the tiles that have a home."""
        for name in names:
            if name in self.homes:
                yield from self.names_of(self.emission.tiled.tile(name))

    def in_all_versions(self, names: Iterable[str]) -> Iterator[str]:
        """Fragments of those of the tiles that have a home, of every iteration."""
        for iteration in range(max(self.versions.values(), default=1)):
            yield from self.at(iteration).of_tiles(sorted(names))  # some are first declared here

    def _declare(self, tile: TileNode, name: str, layout: Layout, *, operand: bool) -> Fragment:
        if layout == "matrix":
            narrow = narrow_type(self.emission, tile) if operand else None
            dtype = narrow or (tile.dtype if ELEMENT_BYTES[tile.dtype] >= 4 else "f32")
            return Fragment(
                name=name, layout="operand" if operand else "matrix", rows=self.layouts.rows,
                columns=tile.shape[-1], dtype=dtype, spread=self.layouts.spread,
            )  # fmt: skip
        return self._declare_vector(tile, name, layout)

    def _declare_vector(self, tile: TileNode, name: str, layout: Layout) -> Fragment:
        dtype, spread = computed_type(tile.dtype), self.layouts.spread
        if layout == "scalar":
            return Fragment(name=name, layout="scalar", dtype=dtype, spread=spread)
        extent, stripes = max(tile.shape), self.layouts.stripe_rows
        if layout == "lanes" and (extent % LANES or stripes):
            line = self.emission.operation(tile).position.line
            beside = f", beside tiles by stripes of {stripes} rows" if stripes else ""
            raise Unsupported(
                f"{tile.name}: {extent} elements over the lanes of a warp{beside}", line
            )
        rows, columns = (self.layouts.rows, 0) if layout == "rows" else (stripes, extent)
        return Fragment(
            name=name, layout=layout, rows=rows, columns=columns, dtype=dtype, spread=spread
        )


def narrow_type(emission: Emission, tile: TileNode) -> ElementType | None:
    """The 16-bit type in which a tile can be held without loss: its own, or that it comes from."""
    if ELEMENT_BYTES[tile.dtype] == PAIRED_BYTES:
        return tile.dtype
    source = source_of(tile.reads[0]) if tile.reads else None
    if emission.operation(tile).kind != "cast" or source is None:
        return None
    dtype = emission.tiled.tile(source).dtype
    return dtype if ELEMENT_BYTES[dtype] == PAIRED_BYTES else None


def computed_type(dtype: ElementType) -> ElementType:
    """What elements of a type are computed in."""
    return dtype if dtype in ("i32", "bool") else "f32"
