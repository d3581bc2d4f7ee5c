"""From a schedule to a warp program, role by role."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from math import lcm

from ...models.errors import Unsupported
from ...models.index_expression import names_in_index
from ...models.shared_step import CopyElement
from ...models.tile_operation import IndexOperand
from ...models.tile_order import TileOrder
from ...models.tiling import TileNode
from ...models.warp_program import LoopRange, NamedBarrier, Role, WarpProgram
from ...models.warp_program_checks import (
    BARRIER_BYTES,
    BASE_ALIGNMENT,
    GROUP_THREADS,
    arguments_read,
    steps_of,
)
from ...models.warp_step import Acquire, LoadVector, Reserve, Step, StoreRows
from ..inputs import Emission
from .across import Across, lay_out_scratch
from .chains import ChainSteps
from .copies import Copies
from .finish import Finish, load_vectors
from .grid_order import TileOrderName, order_of
from .hoisted import hoisted, vectors_read
from .homes import declare_homes, initial_values, kept_tiles, left_operands, packed_tiles
from .layouts import Layouts
from .partial_sums import with_partial_sums
from .periods import Expansion, expand
from .persistent import made_persistent
from .places import Places
from .plan import Plan, PlannedRole, make_plan
from .products import Products
from .registers import Registers
from .rotation import leaves_products_behind, rotations
from .storage import Storage, lay_out, resident_tiles
from .stripes import resident_vectors
from .tracking import RingUse, TrackedRole
from .turn_check import check_turns_of
from .turns import Turn, barriers_of, find_turns
from .versions import copied_vectors, versions_of

DIRECT = (LoadVector, StoreRows, CopyElement)
"""Steps that touch arguments element by element."""

SHARED = "shared_memory"  # the memory of that name in the scheduling problem

Lower = Callable[..., WarpProgram]
"""`lower_schedule` with the options of a caller: of an emission, and of `begins`."""


def lower_schedule(
    emission: Emission, *, deeper: int = 0, tile_order: TileOrderName = "bands",
    persistent: bool = False, begins: Mapping[str, int] | None = None, demanding: bool = False,
) -> WarpProgram:  # fmt: skip
    """The warp program of a schedule; `deeper`: ring slots beyond those that it needs.

    `begins`: with which of its operations, in issue order, the period of a role begins; the order
    stays the same. `demanding`: chains demand what products read or write too. Raises
    Unsupported, naming the operation, for what cannot be emitted yet.
    """
    order = order_of(emission, tile_order)
    program = _Lowering(
        emission, deeper, begins or {}, order, persistent=persistent, demanding=demanding
    ).program()
    check_turns_of(program, emission.schedule)
    program = with_partial_sums(program)
    return made_persistent(program, shared_capacity(emission)) if persistent else program


def shared_capacity(emission: Emission) -> int:
    """Bytes of shared memory that a block can have."""
    return {m.name: m.capacity for m in emission.problem.machine.memories}[SHARED]


def direct_arguments(steps: Iterable[Step]) -> tuple[str, ...]:
    """Arguments that threads read or write themselves, each once."""
    found: dict[str, None] = {}
    for step in steps:
        if isinstance(step, DIRECT):
            found[step.argument] = None
        found.update(dict.fromkeys(arguments_read(step)))
    return tuple(found)


class _Lowering:
    def __init__(
        self, emission: Emission, deeper: int, begins: Mapping[str, int],
        order: TileOrder | None, *, persistent: bool, demanding: bool,
    ) -> None:  # fmt: skip
        self.emission, self.demanding = emission, demanding
        self.begins, self.order, self.persistent = begins, order, persistent
        self.deeper = deeper
        self.layouts = Layouts(emission)
        self.plan: Plan = make_plan(emission)
        self.turns: tuple[Turn, ...] = find_turns(self.plan)
        self.places = Places(emission, self.plan)
        vectors = resident_vectors(emission, self.layouts)
        self.storage: Storage = lay_out(emission, self.plan, self.places, deeper, vectors)
        self.scratch = {
            role.name: lay_out_scratch(emission, role, self.storage) for role in self.plan.roles
        }
        self.finish = Finish(emission, self.plan, self.storage, self.layouts)
        self.kept = kept_tiles(emission, self.places)
        self.packed = left_operands(emission) | packed_tiles(emission)

    def program(self) -> WarpProgram:
        emission, program = self.emission, self.emission.program
        turns = tuple(barriers_of(self.turns))
        groups = tuple(self._group_barriers(len(turns)))
        roles = tuple(self._role(role) for role in self.plan.roles)
        barriers = 2 * BARRIER_BYTES * sum(r.depth for r in self.storage.rings.values())
        shared_bytes = self.storage.end + barriers + self._open_bytes() + BASE_ALIGNMENT
        self._check_shared_memory(shared_bytes)
        return WarpProgram(
            kernel=program.kernel, gpu=emission.gpu, target=program.target,
            initiation_interval=emission.schedule.initiation_interval,
            parameters=program.parameters, extents=program.extents(), grid=program.grid,
            order=self.order,
            loop=LoopRange(
                index=emission.loop.index, start=emission.loop.start, stop=emission.loop.stop
            ),
            threads=self.plan.threads, entry_registers=self.plan.entry_registers,
            tensor_maps=tuple(self.storage.maps.values()), pointers=self._pointers(roles),
            buffers=tuple(self.storage.buffers.values()), rings=tuple(self.storage.rings.values()),
            barriers=(*turns, *groups), barrier_offset=self.storage.end,
            shared_bytes=shared_bytes, roles=roles,
            tolerance=emission.tolerance,
        )  # fmt: skip

    def _check_shared_memory(self, wanted: int) -> None:
        most = shared_capacity(self.emission)
        if wanted > most:
            raise Unsupported(
                f"{wanted:,} bytes of shared memory with staging and {self.deeper} more ring "
                f"slots; a block has {most:,}"
            )

    def _open_bytes(self) -> int:
        """Of the mbarrier of boundaries and the zero of anchors, where no ring is filled once."""
        filled_once = any(not ring.arrivals for ring in self.storage.rings.values())
        return 0 if filled_once else 2 * BARRIER_BYTES

    def _group_barriers(self, first: int) -> Iterator[NamedBarrier]:
        wide = [role for role in self.plan.roles if role.warps == 4]
        for number, role in enumerate(wide, first + 1):
            yield NamedBarrier(name=f"all_{role.name}", number=number, threads=GROUP_THREADS)

    def _pointers(self, roles: Iterable[Role]) -> tuple[str, ...]:
        return direct_arguments(step for role in roles for step in steps_of(role))

    def _role(self, role: PlannedRole) -> Role:
        only_loads = all(o.kind == "load" for o in role.operations)
        return self._loading(role) if only_loads else self._tracked(role)

    # ---- loads only

    def _loading(self, role: PlannedRole) -> Role:
        registers = Registers(self.emission, self.layouts)
        copies = Copies(self.emission, self.storage, self.places)
        setup = [*self._scalars(registers, role), *self._resident_copies(role, copies)]
        steps = tuple(step for o in role.operations for step in copies.load(o))
        return Role(
            name=role.name, first_warp=role.first_warp, warps=1, registers=role.registers,
            operations=tuple(o.name for o in role.operations), stages=role.stages, guarded=True,
            stripe_rows=self.layouts.stripe_rows,
            fragments=tuple(registers.fragments.values()), setup=tuple(setup), steady=steps,
        )  # fmt: skip

    def _resident_copies(self, role: PlannedRole, copies: Copies) -> Iterator[Step]:
        """What is loaded once, by the role that loads first."""
        loading = (r for r in self.plan.roles if any(o.kind == "load" for o in r.operations))
        if role is not next(loading, None):
            return
        for name in (*resident_tiles(self.emission), *self.storage.vectors):
            yield Reserve(ring=name)
            yield from copies.copies_in(name, "", 0)

    def _scalars(self, registers: Registers, role: PlannedRole) -> Iterator[Step]:
        """Loaded numbers on which tiles of the role, or the loop, depend through an index."""
        emission = self.emission
        indices = [emission.loop.start, emission.loop.stop]
        own = [emission.tiled.tile(m) for o in role.operations for m in o.members]
        after = [] if role.warps == 1 else [*emission.tiled.loop, *emission.tiled.after]
        for tile in (*own, *after):
            operation = emission.operation(tile)
            if role.warps > 1 and operation.kind == "load" and tile not in own:
                continue
            indices += operation.access.index if operation.access else ()
            indices += [o.expression for o in operation.operands if isinstance(o, IndexOperand)]
        names = (name for index in indices for name in names_in_index(index))
        wanted = {name.name for name in names if name.role == "local"}
        for tile in emission.tiled.before:
            if tile.name in wanted:
                yield from load_vectors(emission, tile, registers)

    # ---- everything else

    def _tracked(self, role: PlannedRole) -> Role:
        registers = Registers(self.emission, self.layouts)
        declare_homes(self.emission, role, registers, self.kept)
        versions = versions_of(self.emission, role, self.places, registers.homes)
        registers.versions.update(versions)
        registers.copied.update(copied_vectors(self.emission, role, self.places))
        copies = Copies(self.emission, self.storage, self.places)
        setup = [
            *self._scalars(registers, role),
            *hoisted(self.emission, role, registers, self.storage.vectors),
            *initial_values(self.emission, role, registers),
            *self._residents(role),
            *self._resident_copies(role, copies),
        ]
        role, parts = self._expanded(role, registers, copies)
        finish = tuple(self.finish.steps(role, registers, f"all_{role.name}"))
        return Role(
            name=role.name, first_warp=role.first_warp, warps=role.warps, registers=role.registers,
            operations=tuple(o.name for o in role.operations), stages=1 + len(parts.prologue),
            stripe_rows=self.layouts.stripe_rows,
            fragments=tuple(registers.fragments.values()), setup=tuple(setup),
            prologue=parts.prologue, steady=parts.steady, epilogue=parts.epilogue,
            unroll=1 + len(parts.remainders), remainders=parts.remainders, short=parts.short,
            finish=finish,
        )  # fmt: skip

    def _expanded(
        self, role: PlannedRole, registers: Registers, copies: Copies
    ) -> tuple[PlannedRole, Expansion]:
        """The role from the operation on with which its period begins, and its sections."""
        found: list[tuple[PlannedRole, Expansion]] = []
        for number, operations in enumerate(rotations(role.operations)):
            if number != self.begins.get(role.name, number):
                continue
            turned = replace(role, operations=operations)
            start = partial(self._tracker, turned, registers, copies)
            parts = expand(operations, start, lcm(*registers.versions.values()))
            found.append((turned, parts))
            if not leaves_products_behind(parts.steady):
                return turned, parts
        return found[0]

    def _tracker(self, role: PlannedRole, registers: Registers, copies: Copies) -> TrackedRole:
        across = Across(f"all_{role.name}", self.scratch[role.name])
        chains = ChainSteps(
            self.emission, registers, self.kept, self.packed, places=self.places,
            storage=self.storage, across=across,
        )  # fmt: skip
        products = Products(self.emission, self.storage, registers, self.places)
        return TrackedRole(
            chains=chains,
            products=products,
            left_alone=frozenset() if self.demanding else products.fragments(role.operations),
            copies=copies,
            turns=self.turns,
            rings=self._uses(role),
            interval=self.emission.schedule.initiation_interval,
            goes_on=self.persistent,
        )

    def _uses(self, role: PlannedRole) -> dict[str, RingUse]:
        """What the role reads of each ring."""
        found: dict[str, RingUse] = {}
        residents = {*resident_tiles(self.emission), *self.storage.vectors}
        for ring in self.storage.rings.values():
            readers = {o for buffer in ring.buffers for o in self.places.readers(buffer)}
            own = [o for o in role.operations if o.name in readers]
            if own:
                alone = all(self.places.kind(o.name) == "copy" for o in own) and role.warps > 1
                chains = any(self.places.kind(o.name) == "chain" for o in own)
                found[ring.name] = RingUse(
                    frozenset(o.name for o in own), is_released=True, alone=alone, by_threads=chains
                )
        return found | {name: RingUse(frozenset(), is_released=False) for name in residents}

    def _residents(self, role: PlannedRole) -> Iterator[Step]:
        own = {o.name for o in role.operations if o.kind == "matrix"}
        for name in resident_tiles(self.emission):
            if any(
                self._reads(tile, name) for tile in self.emission.tiled.loop if tile.name in own
            ):
                yield Acquire(ring=name)
        for name in vectors_read(self.emission, role, self.storage.vectors):
            yield Acquire(ring=name)

    def _reads(self, tile: TileNode, name: str) -> bool:
        reads = [read.before for read in tile.reads if read.before is not None]
        return any(self.emission.behind_views(before)[0].name == name for before in reads)
