"""Steps of an elementwise chain: one assignment for each tile that has to be held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ...models.errors import Unsupported
from ...models.kernel import ELEMENT_BYTES
from ...models.tiling import TileNode
from ...models.warp_expression import FragmentElement
from ...models.warp_program import Fragment
from ...models.warp_step import Assign, Pin, ReduceColumns, Step
from ..inputs import Emission, source_of
from .formulas import Formulas, Held
from .layouts import Layouts

CHEAP = ("broadcast", "fill", "arange", "cast")
VECTOR_KINDS = ("map", "reduce", "scan", "cast", "fill", "arange", "broadcast")
NEXT = ".next"


@dataclass(slots=True)
class Registers:
    """The fragments of one role, and which fragment holds each tile."""

    emission: Emission
    layouts: Layouts
    fragments: dict[str, Fragment] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)  # tile -> fragment

    def home(self, tile: TileNode, *, operand: bool = False, name: str | None = None) -> str:
        """The fragment of a tile, declared when it is first asked for."""
        name = self.homes.get(tile.name, name or tile.name)
        self.homes.setdefault(tile.name, name)
        if name not in self.fragments:
            self.fragments[name] = self._declare(tile, name, operand=operand)
        return name

    def _declare(self, tile: TileNode, name: str, *, operand: bool) -> Fragment:
        layout = self.layouts.of(tile)
        shape = tile.shape[-2:] if layout == "matrix" else (max(tile.shape, default=1),)
        if layout == "matrix":
            if shape[0] != 64:
                line = self.emission.operation(tile).position.line
                raise Unsupported(
                    f"{tile.name} has {shape[0]} rows in one warp group, not 64", line
                )
            dtype = tile.dtype if operand or ELEMENT_BYTES[tile.dtype] >= 4 else "f32"
            return Fragment(
                name=name, layout="operand" if operand else "matrix", rows=shape[0],
                columns=shape[1], dtype=dtype,
            )  # fmt: skip
        dtype = "i32" if tile.dtype == "i32" else "bool" if tile.dtype == "bool" else "f32"
        if layout == "scalar":
            return Fragment(name=name, layout="scalar", dtype=dtype)
        rows, columns = (shape[0], 0) if layout == "rows" else (0, shape[0])
        return Fragment(name=name, layout=layout, rows=rows, columns=columns, dtype=dtype)


def pins(registers: Registers, names: Iterable[str]) -> tuple[str, ...]:
    """Those of the fragments that products may read or write next."""
    return tuple(n for n in names if registers.fragments[n].layout in ("matrix", "operand"))


class ChainSteps:
    """The steps of chains of one role."""

    def __init__(
        self, emission: Emission, registers: Registers, kept: frozenset[str], lefts: frozenset[str]
    ) -> None:
        """`kept`: tiles read outside their chain. `lefts`: those that are left operands."""
        self._emission, self._registers = emission, registers
        self._kept, self._lefts = kept, lefts
        self._layouts = registers.layouts

    def steps(self, members: Iterable[str], operation: str, lag: int) -> Iterator[Step]:
        """One step for each member that is held; the rest is written out where it is read."""
        names = tuple(members)
        held = self._held(names)
        renamed = {name for name in held if self._reads_its_last(name, names, held)}
        formulas = Formulas(self._emission, self._layouts, self._finder(held, renamed))
        for name in names:
            if name in held:
                yield self._step(name, formulas, operation, lag, later=name in renamed)
        for name in names:
            if name in renamed:
                home = self._registers.homes[name]
                moved = FragmentElement(name=home + NEXT)
                yield Assign(target=home, value=moved, operation=operation, lag=lag)
        kept = tuple(self._registers.homes[n] for n in names if n in held & self._kept)
        pinned = pins(self._registers, kept)
        if pinned:
            yield Pin(fragments=pinned, operation=operation, lag=lag)

    def pinned(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of the fragments that products may read or write, kept from chain to chain."""
        homes = {self._registers.homes[n] for n in self._kept if n in self._registers.homes}
        return pins(self._registers, (n for n in names if n in homes))

    def rows(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of the fragments that are row vectors kept from chain to chain."""
        homes = {self._registers.homes[n] for n in self._kept if n in self._registers.homes}
        fragments = self._registers.fragments
        return tuple(
            n for n in names
            if n in homes and fragments[n].layout == "rows" and fragments[n].dtype == "f32"
        )  # fmt: skip

    def _step(
        self, name: str, formulas: Formulas, operation: str, lag: int, *, later: bool
    ) -> Step:
        tile = self._emission.tiled.tile(name)
        target = self._registers.home(tile, operand=name in self._lefts)
        if later:
            own = self._registers.fragments[target]
            target += NEXT
            self._registers.fragments.setdefault(target, own.model_copy(update={"name": target}))
        source = self._emission.operation(tile)
        if source.kind != "reduce":
            value = formulas.written_out(name)
            return Assign(target=target, value=value, operation=operation, lag=lag)
        if source.axis != 1 or source.primitive not in ("max", "min", "sum"):
            raise Unsupported(f"{name}: a reduction over axis {source.axis}", source.position.line)
        read = tile.reads[0]
        value = formulas.of(source_of(read) or "", read.distance)
        return ReduceColumns(
            target=target, primitive=source.primitive, columns=tile.read_shapes[0][1], value=value,
            operation=operation, lag=lag,
        )  # fmt: skip

    def _held(self, names: tuple[str, ...]) -> frozenset[str]:
        """Members that need registers: read elsewhere, reduced, or read more than once."""
        readers = self._readers(names)
        held = set()
        for name in names:
            kind = self._emission.operation(name).kind
            twice = readers[name] > 1 and kind not in CHEAP
            if name in self._kept or kind == "reduce" or twice:
                held.add(name)
        return frozenset(held)

    def _readers(self, names: tuple[str, ...]) -> Mapping[str, int]:
        """How often each member is read within the chain, views looked through."""
        counted: Counter[str] = Counter()
        for name in names:
            counted.update(tile for tile, distance in self._sources(name) if distance == 0)
        return counted

    def _reads_its_last(self, name: str, names: tuple[str, ...], held: frozenset[str]) -> bool:
        """Whether another step of the chain reads what the member held an iteration before."""
        own = self._written_into(name, held)
        return any(
            tile == name and distance > 0
            for other in names
            if other not in own
            for tile, distance in self._sources(other)
        )

    def _written_into(self, name: str, held: frozenset[str]) -> set[str]:
        """The member, and the members that are written out within its formula."""
        own, todo = {name}, [name]
        while todo:
            for tile, distance in self._sources(todo.pop()):
                if distance == 0 and tile not in held and tile not in own:
                    own.add(tile)
                    todo.append(tile)
        return own

    def _sources(self, name: str) -> Iterator[tuple[str, int]]:
        """What a tile reads behind views, and of how many iterations before."""
        for read in self._emission.tiled.tile(name).reads:
            source = source_of(read)
            if source is not None:
                tile, _, further = self._emission.behind_views(source)
                yield tile.name, read.distance + further

    def _finder(self, held: frozenset[str], renamed: set[str]) -> Held:
        def find(name: str, distance: int) -> str | None:
            home = self._registers.homes.get(name)
            if distance == 0 and name in held:
                tile = self._emission.tiled.tile(name)
                home = self._registers.home(tile, operand=name in self._lefts)
                return home + NEXT if name in renamed else home
            return home

        return find
