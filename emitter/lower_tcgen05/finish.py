"""What a role does after the loop: results from Tensor Memory, elementwise work, stores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ...models.barrier_step import Arrive, Sync
from ...models.errors import Unsupported
from ...models.kernel import ELEMENT_BYTES
from ...models.tensor_memory_step import (
    AwaitSignal,
    CommitProducts,
    FreeTensors,
    TensorFence,
)
from ...models.tiling import TileNode
from ...models.warp_step import (
    CopyOut,
    ProxyFence,
    Step,
    StoreRows,
    WaitCopies,
)
from ..inputs import Emission
from ..lower.finish import scattered
from ..lower.layouts import Layouts
from ..lower.plan import WARPS, Plan, PlannedRole
from ..lower.registers import Registers
from ..lower.staging import first_column, is_matrix
from ..lower.storage import Storage
from .epilogues import with_epilogues
from .handoffs import over
from .panels import Panels
from .results import results_of, stores_of
from .staging import lay_out_results
from .tensors import buffer_of

ROWS = 128  # of a warp group
READ = "tensors_read"
"""The named barrier at which all warp groups are done with Tensor Memory."""


@dataclass(slots=True)
class TensorFinish:
    """The steps after the loop, role by role; adds the roles that only store."""

    emission: Emission
    plan: Plan
    storage: Storage
    layouts: Layouts
    roles: dict[str, str] = field(init=False)  # tile that is stored -> role that stores it
    _buffers: dict[str, str] = field(init=False)
    _panels: Panels = field(init=False)

    def __post_init__(self) -> None:
        self._panels = Panels(self.emission, self.layouts)
        stores = stores_of(self.emission)
        self.plan = with_epilogues(self.plan, self.emission, [tile.name for tile in stores])
        wide = [role.name for role in self.plan.roles if role.warps == WARPS]
        if not wide:
            raise Unsupported("a kernel that stores nothing after its loop")
        self.roles = {
            tile.name: self._role_of(tile, wide[place % len(wide)])
            for place, tile in enumerate(stores)
        }
        self._buffers = lay_out_results(self.emission, self.plan, self.storage, self.roles)

    def _role_of(self, tile: TileNode, otherwise: str) -> str:
        """The role that holds what the store reads in registers; else that of its product."""
        makers = {
            self.emission.owner[name]
            for name in results_of(self.emission, tile)
            if buffer_of(self.emission, name) is None
        }
        held = {self.plan.role_of(maker) for maker in makers}
        if len(held) > 1:
            raise scattered(self.emission, tile, makers, len(held))
        issuing = {
            self.plan.role_of(self.emission.owner[name]) for name in results_of(self.emission, tile)
        }
        wide = [role for role in (*held, *issuing) if role.warps == WARPS]
        return wide[0].name if wide else otherwise

    # ---- steps

    def committing(self, role: PlannedRole) -> Iterator[Step]:
        """One signal for all products of a role; a warp that only issues waits for them itself."""
        if any(o.kind == "matrix" for o in role.operations):
            yield CommitProducts(signal=over(role.name))
            if role.warps == 1:
                yield AwaitSignal(signal=over(role.name))

    def steps(self, role: PlannedRole, registers: Registers, barrier: str) -> Iterator[Step]:
        """Of a warp group: its stores, then Tensor Memory is given back."""
        own = [t for t in stores_of(self.emission) if self.roles[t.name] == role.name]
        yield from self._await_products(role, own)
        for place, tile in enumerate(own):
            if place:  # a barrier stands behind what was staged before
                yield TensorFence(side="after")
            yield from self._store(tile, registers, barrier)
        yield from self._free(role)
        if any(is_matrix(tile) for tile in own):
            yield WaitCopies()

    def _await_products(self, role: PlannedRole, own: list[TileNode]) -> Iterator[Step]:
        """Of the role itself, of results that it stores, and of those that read what it stages to.

        Each signal is given once, and everyone who waits for it does so once.
        """
        issuing = [r for r in self.plan.roles if any(o.kind == "matrix" for o in r.operations)]
        results = {n for tile in own for n in results_of(self.emission, tile)}
        for other in issuing:
            makes = any(m in results for o in other.operations for m in o.members)
            if other == role or makes or self._reads_staging(own):
                yield AwaitSignal(signal=over(other.name))
        yield TensorFence(side="after")

    def _reads_staging(self, own: list[TileNode]) -> bool:
        names = {self._buffers[t.name] for t in own if is_matrix(t)}
        return any(self.storage.buffers[name].over for name in names)

    def _free(self, role: PlannedRole) -> Iterator[Step]:
        wide = [r for r in self.plan.roles if r.warps == WARPS]
        yield TensorFence(side="before")
        if role != wide[0]:
            yield Arrive(barrier=READ)
            return
        yield Sync(barrier=READ)
        yield TensorFence(side="after")
        yield FreeTensors()

    def _store(self, tile: TileNode, registers: Registers, barrier: str) -> Iterator[Step]:
        operation = self.emission.operation(tile)
        if is_matrix(tile):
            yield from self._store_matrix(tile, registers, barrier)
            return
        if operation.kind != "store":
            raise Unsupported(f"{tile.name}: adding a vector", operation.position.line)
        access = operation.memory_access
        extents = tuple(dimension.extent for dimension in access.tile)
        value = self._panels.value(tile, registers, {})
        yield StoreRows(
            argument=access.argument, index=access.index, extent=extents[-1],
            first=self.emission.offset(tile, tile, len(extents) - 1), value=value,
            operation=tile.name,
        )  # fmt: skip

    def _store_matrix(self, tile: TileNode, registers: Registers, barrier: str) -> Iterator[Step]:
        """Panel by panel to shared memory, then all panels at once to the argument."""
        operation = self.emission.operation(tile)
        access = operation.memory_access
        extents = tuple(dimension.extent for dimension in access.tile)
        buffer = self.storage.buffers[self._buffers[tile.name]]
        rows, columns = tile.shape[-2:]
        if rows != ROWS:
            raise Unsupported(f"{tile.name} stores {rows} rows", operation.position.line)
        if ELEMENT_BYTES[buffer.dtype] == 1:
            raise Unsupported(f"{tile.name} stores {buffer.dtype}", operation.position.line)
        first = self.emission.offset(tile, tile, len(extents) - 2)
        panel = buffer.swizzle // ELEMENT_BYTES[buffer.dtype]
        box = (*(1 for _ in extents[:-2]), rows, panel)
        for column in range(0, columns, panel):
            yield from self._panels.stage(tile, registers, buffer, first, column, panel)
        yield ProxyFence(operation=tile.name)
        yield Sync(barrier=barrier, operation=tile.name)
        yield CopyOut(
            buffer=buffer.name,
            tensor_map=self.storage.map_of(access.argument, box, buffer.swizzle),
            index=access.index, tile=extents, from_row=first, first_row=first,
            first_column=first_column(self.emission, tile), add=operation.kind == "reduce_add",
            operation=tile.name,
        )  # fmt: skip
