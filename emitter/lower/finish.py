"""What a role does after the loop: the last elementwise work, and the stores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ...models.barrier_step import Sync
from ...models.errors import Unsupported
from ...models.kernel import ELEMENT_BYTES
from ...models.tiling import TileNode
from ...models.warp_expression import Expression, operations_in
from ...models.warp_step import CopyOut, LoadVector, ProxyFence, Stage, Step, StoreRows, WaitCopies
from ..amendments import Amendable
from ..inputs import Emission, source_of
from .chains import VECTOR_KINDS, Chain, ChainSteps, finder
from .formulas import AXES, At
from .layouts import Layouts
from .plan import Plan, PlannedRole
from .registers import Registers
from .staging import first_column, is_matrix, lay_out_staging
from .storage import Storage

SHORT = 3  # operations of a formula that reads well within the call that stores it


@dataclass(slots=True)
class Finish:
    """The steps after the loop, role by role."""

    emission: Emission
    plan: Plan
    storage: Storage
    layouts: Layouts
    _buffers: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        roles = {tile.name: self.role_of(tile) for tile in self.stores()}
        self._buffers = lay_out_staging(self.emission, self.plan, self.storage, roles)

    def stores(self) -> list[TileNode]:
        """Every store after the loop."""
        kinds = ("store", "reduce_add")
        return [t for t in self.emission.tiled.after if self.emission.operation(t).kind in kinds]

    def role_of(self, tile: TileNode) -> str:
        """The role that holds what a tile after the loop reads."""
        makers = {self.emission.owner[r] for r in self._results(tile)}
        results = {self.plan.role_of(maker).name for maker in makers}
        if len(results) != 1:
            raise scattered(self.emission, tile, makers, len(results))
        return results.pop()

    def steps(self, role: PlannedRole, registers: Registers, barrier: str) -> Iterator[Step]:
        """Loads, elementwise work, and stores of one role."""
        own = [tile for tile in self.stores() if self.role_of(tile) == role.name]
        needed = self._needed(own)
        for tile in needed:
            if self.emission.operation(tile).kind == "load" and not is_matrix(tile):
                yield from load_vectors(self.emission, tile, registers)
        members = [t.name for t in needed if self.emission.operation(t).kind in VECTOR_KINDS]
        chains = ChainSteps(self.emission, registers, self._named(own, registers), frozenset())
        yield from chains.steps(Chain(tuple(members)))
        for tile in own:
            yield from self._store(tile, registers, barrier)
        if any(is_matrix(tile) for tile in own):
            yield WaitCopies()

    def _named(self, stores: list[TileNode], registers: Registers) -> frozenset[str]:
        """Stored values that are worth a fragment: what is staged is written out for each pair."""
        found = set()
        written = finder(registers)
        for store in stores:
            tile = self.emission.tiled.tile(source_of(store.reads[0]) or "")
            while self.emission.operation(tile).kind == "cast" and tile.reads[0].tile is not None:
                tile = self.emission.tiled.tile(tile.reads[0].tile)
            # what the loop has made is held by it
            is_map = (
                self.emission.operation(tile).kind == "map" and tile in self.emission.tiled.after
            )
            if is_matrix(tile) and is_map and operations_in(written.written_out(tile.name)) > SHORT:
                found.add(tile.name)
        return frozenset(found)

    def _values(self, tile: TileNode, registers: Registers) -> Iterator[tuple[int, Expression]]:
        """What is stored, fragment by fragment, each with its first row."""
        source = self.emission.tiled.tile(source_of(tile.reads[0]) or "")
        axis = AXES[self.layouts.of(source)]
        formulas = finder(registers)
        for block in range(registers.blocks(source)):
            yield self.layouts.rows * block, formulas.of(source.name, at=At(block, axis))

    def _store(self, tile: TileNode, registers: Registers, barrier: str) -> Iterator[Step]:
        operation = self.emission.operation(tile)
        access = operation.memory_access
        extents = tuple(dimension.extent for dimension in access.tile)
        if not is_matrix(tile):
            if operation.kind != "store":
                raise Unsupported(f"{tile.name}: adding a vector", operation.position.line)
            first = self.emission.offset(tile, tile, len(extents) - 1)
            for row, value in self._values(tile, registers):
                yield StoreRows(
                    argument=access.argument, index=access.index, extent=extents[-1],
                    first=first + row, value=value, operation=tile.name,
                )  # fmt: skip
            return
        buffer = self.storage.buffers[self._buffers[tile.name]]
        rows, columns = tile.shape[-2:]
        first = self.emission.offset(tile, tile, len(extents) - 2)
        panel = buffer.swizzle // ELEMENT_BYTES[buffer.dtype]
        box = (*(1 for _ in extents[:-2]), rows, panel)
        if buffer.name in self.storage.ring_of:  # a resident tile: all four warps are done with it
            yield Sync(barrier=barrier, operation=tile.name)
        for row, value in self._values(tile, registers):
            yield Stage(
                buffer=buffer.name, first_row=first + row, columns=columns, value=value,
                operation=tile.name,
            )  # fmt: skip
        yield ProxyFence(operation=tile.name)
        yield Sync(barrier=barrier, operation=tile.name)
        tensor_map = self.storage.map_of(access.argument, box, buffer.swizzle)
        yield CopyOut(
            buffer=buffer.name, tensor_map=tensor_map,
            index=access.index, tile=extents, from_row=first, first_row=first,
            first_column=first_column(self.emission, tile), add=operation.kind == "reduce_add",
            operation=tile.name,
        )  # fmt: skip

    def _needed(self, stores: list[TileNode]) -> list[TileNode]:
        """Tiles after the loop that the stores read, directly or not, in program order."""
        names: set[str] = set()
        todo = list(stores)
        while todo:
            for read in todo.pop().reads:
                source = read.tile or read.before
                if source is not None and source not in names:
                    names.add(source)
                    todo.append(self.emission.tiled.tile(source))
        tiles = (*self.emission.tiled.before, *self.emission.tiled.after)
        return [tile for tile in tiles if tile.name in names]

    def _results(self, tile: TileNode) -> set[str]:
        found: set[str] = set()
        for other in (tile, *self._needed([tile])):
            found |= {read.result for read in other.reads if read.result is not None}
        return found


def scattered(
    emission: Emission, tile: TileNode, makers: Iterable[str], groups: int
) -> Unsupported:
    """That what is stored after the loop is made from results of several warp groups."""
    return Amendable(
        f"{tile.name} needs results of {groups} warp groups",
        emission.operation(tile).position.line,
        asked=f"what {tile.name} needs is in one warp group", together=makers,
    )  # fmt: skip


def load_vectors(emission: Emission, tile: TileNode, registers: Registers) -> Iterator[LoadVector]:
    """Load a vector or a number outside the loop straight into registers."""
    operation = emission.operation(tile)
    if registers.layouts.of(tile) == "matrix":
        raise Unsupported(f"{tile.name}: a matrix loaded outside the loop", operation.position.line)
    access = operation.memory_access
    first = first_column(emission, tile) if tile.shape else 0
    for block, target in enumerate(registers.names_of(tile)):
        yield LoadVector(
            target=target, argument=access.argument, index=access.index,
            extent=access.tile[-1].extent, first=first + registers.layouts.rows * block,
            operation=tile.name,
        )  # fmt: skip
