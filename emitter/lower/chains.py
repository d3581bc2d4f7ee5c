"""Steps of an elementwise chain: one assignment for each tile that has to be held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ...models.tiling import TileNode
from ...models.warp_expression import Expression, FragmentElement, LaneElement, StoredElement
from ...models.warp_step import Assign, Pin, Step
from ..inputs import Emission, source_of
from .across import Across
from .formulas import AXES, At, Formulas
from .handing_on import HandingOn
from .places import Places
from .registers import Registers
from .storage import Storage

CHEAP = ("broadcast", "fill", "arange", "cast")
VECTOR_KINDS = ("map", "reduce", "scan", "cast", "fill", "arange", "broadcast")
NEXT = ".next"
LAST = ".last"  # a copy of what it was an iteration before


@dataclass(frozen=True, slots=True)
class Chain:
    """One elementwise operation of a role: what it executes, and what its steps say of it.

    `ages`: for each ring that it reads, how many acquisitions ago its slot was acquired.
    """

    members: tuple[str, ...]
    operation: str = ""
    lag: int = 0
    ages: Mapping[str, int] | None = None
    iteration: int = 0


class ChainSteps:
    """The steps of chains of one role."""

    def __init__(
        self,
        emission: Emission,
        registers: Registers,
        kept: frozenset[str],
        packed: frozenset[str],
        *,
        places: Places | None = None,
        storage: Storage | None = None,
        across: Across | None = None,
    ) -> None:
        """`kept`: tiles read outside their chain. `packed`: those held in pairs of 16 bits.

        `places` and `storage` are needed where chains read or write shared memory, `across` where
        they work across rows.
        """
        self.emission, self.registers = emission, registers
        self.kept, self.packed = kept, packed
        self.places, self.storage = places, storage
        self.across = across or Across("", "")

    def steps(self, chain: Chain) -> list[Step]:
        """One step for each member that is held; the rest is written out where it is read."""
        return _Writer(self, chain).written()

    def pinned(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of the fragments that products may read or write, kept from chain to chain."""
        kept = self._kept_fragments
        return self.registers.pinned(n for n in names if n in kept)

    def rows(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of the fragments that are row vectors kept from chain to chain."""
        kept, fragments = self._kept_fragments, self.registers.fragments
        return tuple(
            n for n in names
            if n in kept and fragments[n].layout == "rows" and fragments[n].dtype == "f32"
        )  # fmt: skip

    @property
    def _kept_fragments(self) -> frozenset[str]:
        return frozenset(self.registers.in_all_versions(self.kept))


class _Writer:
    """Writes one chain."""

    def __init__(self, role: ChainSteps, chain: Chain) -> None:
        self.role, self.chain = role, chain
        self.emission, self.registers = role.emission, role.registers.at(chain.iteration)
        self.out: list[Step] = []
        self.turned: set[str] = set()
        self.formulas = Formulas(self.emission, self.registers.layouts, self.find)
        self.common: Mapping[str, Any] = {"operation": chain.operation, "lag": chain.lag}

    def written(self) -> list[Step]:
        handing_on = HandingOn(self.role.places, self.role.storage, self.chain.operation)
        for name in self.chain.members:
            if name in self.registers.copied:
                self._move(self.emission.tiled.tile(name), "", LAST)
        for name in self.chain.members:
            if name in self.held:
                self._hold(self.emission.tiled.tile(name))
            self.out += handing_on.of(name, self._staged, self.registers, self.common)
        for name in handing_on.left_over(self.chain.members):
            self.out += handing_on.of(name, self._staged, self.registers, self.common)
        self.out += handing_on.published(self.common)
        for name in self.chain.members:
            if name in self.renamed:
                self._move(self.emission.tiled.tile(name), NEXT, "")
        self._pin()
        return self.out

    # ---- what each member becomes

    def _hold(self, tile: TileNode) -> None:
        suffix = NEXT if tile.name in self.renamed else ""
        operand = tile.name in self.role.packed
        across = self.emission.operation(tile).kind in ("reduce", "scan")
        axis = AXES[self.registers.layouts.of(tile)]
        for block in range(self.registers.blocks(tile)):
            target = self.registers.home(tile, block, operand=operand, suffix=suffix)
            at = At(block, axis)
            if across:
                steps = self.role.across.steps(
                    self.emission, tile, target, at, self.formulas, self.common
                )
                self.out += steps
                continue
            value = self.formulas.written_out(tile.name, at)
            self.out.append(Assign(target=target, value=value, **self.common))

    def _move(self, tile: TileNode, here: str, there: str) -> None:
        for block in range(self.registers.blocks(tile)):
            moved = FragmentElement(name=self.registers.home(tile, block, suffix=here))
            target = self.registers.home(tile, block, suffix=there)
            self.out.append(Assign(target=target, value=moved, **self.common))

    def _pin(self) -> None:
        kept = [n for n in self.chain.members if n in self.held & self.role.kept]
        pinned = self.registers.pinned(self.registers.of_tiles(kept))
        if pinned:
            self.out.append(Pin(fragments=pinned, **self.common))

    def _staged(self, tile: TileNode, at: At) -> Expression:
        return self.formulas.of(tile.name, 0, at)

    # ---- which members need registers

    @cached_property
    def held(self) -> frozenset[str]:
        """Members that are read elsewhere, reduced, or read more than once."""
        counted: Counter[str] = Counter()
        for name in self.chain.members:
            counted.update(tile for tile, distance in self._sources(name) if distance == 0)
        held = set()
        for name in self.chain.members:
            kind = self.emission.operation(name).kind
            twice = counted[name] > 1 and kind not in CHEAP
            if name in self.role.kept or kind in ("reduce", "scan") or twice:
                held.add(name)
        return frozenset(held)

    @cached_property
    def renamed(self) -> frozenset[str]:
        """Held members of which another step still reads what they held an iteration before."""
        return frozenset(name for name in self.held if self._reads_its_last(name))

    def _reads_its_last(self, name: str) -> bool:
        own = self._written_into(name)
        return any(
            tile == name and distance > 0
            for other in self.chain.members
            if other not in own
            for tile, distance in self._sources(other)
        )

    def _written_into(self, name: str) -> set[str]:
        """The member, and the members that are written out within its formula."""
        own, todo = {name}, [name]
        while todo:
            for tile, distance in self._sources(todo.pop()):
                if distance == 0 and tile not in self.held and tile not in own:
                    own.add(tile)
                    todo.append(tile)
        return own

    def _sources(self, name: str) -> Iterator[tuple[str, int]]:
        """What a tile reads behind views, and of how many iterations before."""
        for read in self.emission.tiled.tile(name).reads:
            source = source_of(read)
            if source is not None:
                tile, _, further = self.emission.behind_views(source)
                yield tile.name, read.distance + further

    # ---- where formulas find what is held

    def find(self, name: str, distance: int, at: At, reader: TileNode | None) -> Expression | None:
        tile = self.emission.tiled.tile(name)
        if (stored := self._stored(tile, at, reader)) is not None:
            return stored
        own = distance == 0 and name in self.held
        if not own and name not in self.registers.homes:
            return None
        if self.registers.layouts.of(tile) == "lanes" and at.axis in ("row", "column"):
            return self._turned(tile, at)
        suffix = NEXT if own and name in self.renamed else ""
        if distance and self.chain.operation in self.registers.copied.get(name, ()):
            suffix = LAST
        block = self.registers.block_of(tile, at, reader)
        operand = name in self.role.packed
        fragment = self.registers.home(tile, block, operand=operand, suffix=suffix)
        return FragmentElement(name=fragment)

    def _stored(self, tile: TileNode, at: At, reader: TileNode | None) -> Expression | None:
        """What lies in shared memory, as the element that is computed reads it."""
        places, storage = self.role.places, self.role.storage
        if places is None or storage is None or tile.name in self.chain.members:
            return None
        buffer = places.buffer_of(self.chain.operation, tile.name)
        if buffer is None and tile.name not in storage.vectors:
            return None
        buffer = buffer or tile.name
        ring = storage.ring_of[buffer]
        age = 0 if buffer in storage.vectors else (self.chain.ages or {})[ring]
        if max(tile.shape, default=1) == 1:
            return StoredElement(buffer=buffer, ring=ring, age=age, down="none", across="none")
        rows = self.registers.layouts.rows * at.block
        across = self.emission.offset_within(tile, reader or tile, -1)
        if at.axis is not None:
            across += rows if at.axis == "row" else 0
            return StoredElement(
                buffer=buffer, ring=ring, age=age, down="none", across=at.axis, first_column=across
            )
        down = self.emission.offset_within(tile, reader or tile, -2) + rows
        return StoredElement(
            buffer=buffer, ring=ring, age=age, down="row", across="column", first_row=down,
            first_column=across,
        )  # fmt: skip

    def _turned(self, tile: TileNode, at: At) -> Expression:
        """A lanes vector along the rows or the columns, turned once in each chain."""
        assert at.axis in ("row", "column"), at.axis
        name = self.registers.turned(tile, at.axis, at.block)
        if name not in self.turned:
            self.turned.add(name)
            first = self.registers.layouts.rows * at.block if at.axis == "row" else 0
            value = LaneElement(name=self.registers.home(tile), axis=at.axis, first=first)
            self.out.append(Assign(target=name, value=value, **self.common))
        return FragmentElement(name=name)


def finder(registers: Registers) -> Formulas:
    """Formulas outside of chains: over what has a home."""

    def find(name: str, distance: int, at: At, reader: TileNode | None) -> Expression | None:
        return registers.held(name, distance, at, reader)

    return Formulas(registers.emission, registers.layouts, find)
