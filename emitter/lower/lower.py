"""From a schedule to a warp program, role by role."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...models.errors import Unsupported
from ...models.index_expression import names_in_index
from ...models.tile_operation import IndexOperand
from ...models.tiling import TileNode
from ...models.warp_program import LoopRange, NamedBarrier, Role, WarpProgram
from ...models.warp_program_checks import BARRIER_BYTES, BASE_ALIGNMENT, GROUP_THREADS
from ...models.warp_step import Acquire, Reserve, Step
from ..inputs import Emission
from .chains import ChainSteps, Registers
from .finish import Finish, load_vector
from .formulas import Formulas
from .homes import declare_homes, initial_values, kept_tiles, left_operands
from .layouts import Layouts
from .periods import expand
from .plan import Plan, PlannedOperation, PlannedRole, make_plan
from .products import Products
from .storage import Storage, copies_in, lay_out, resident_tiles
from .tracking import ComputeRole
from .turn_check import check_turns
from .turns import Turn, barriers_of, find_turns
from .versions import check_versions

SHARED = "shared_memory"  # the memory of that name in the scheduling problem


def lower_schedule(emission: Emission, *, deeper: int = 0) -> WarpProgram:
    """The warp program of a schedule; `deeper`: ring slots beyond those that it needs.

    Raises Unsupported, naming the operation, for what cannot be emitted yet.
    """
    program = _Lowering(emission, deeper).program()
    check_turns(program)
    return program


class _Lowering:
    def __init__(self, emission: Emission, deeper: int) -> None:
        self.emission = emission
        self.deeper = deeper
        self.layouts = Layouts(emission)
        self.plan: Plan = make_plan(emission)
        self.turns: tuple[Turn, ...] = find_turns(self.plan)
        self.storage: Storage = lay_out(emission, self.plan, deeper)
        self.finish = Finish(emission, self.plan, self.storage, self.layouts)
        self.kept = kept_tiles(emission)
        self.lefts = left_operands(emission)

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
        memories = {m.name: m.capacity for m in self.emission.problem.machine.memories}
        most = memories[SHARED]
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
        steps = (s for r in roles for s in (*r.setup, *r.finish))
        return tuple(
            dict.fromkeys(s.argument for s in steps if s.step in ("load_vector", "store_rows"))
        )

    def _role(self, role: PlannedRole) -> Role:
        return self._copying(role) if role.warps == 1 else self._computing(role)

    # ---- one warp: copies

    def _copying(self, role: PlannedRole) -> Role:
        registers = Registers(self.emission, self.layouts)
        setup: list[Step] = list(self._scalars(registers, self._tiles(is_copy=True)))
        if role.group == 0:
            for name in resident_tiles(self.emission):
                setup.append(Reserve(ring=name))
                setup += copies_in(self.emission, self.storage, name, "", 0)
        steps: list[Step] = []
        for operation in role.operations:
            steps += self._load(operation)
        return Role(
            name=role.name, first_warp=role.first_warp, warps=1, registers=role.registers,
            operations=tuple(o.name for o in role.operations), stages=role.stages, guarded=True,
            fragments=tuple(registers.fragments.values()), setup=tuple(setup), steady=tuple(steps),
        )  # fmt: skip

    def _load(self, operation: PlannedOperation) -> Iterator[Step]:
        if operation.kind != "load":
            raise Unsupported(f"{operation.name}: a {operation.kind} within the loop")
        ring = self.storage.rings[self.storage.ring_of[operation.name]]
        if ring.buffers[0] == operation.name:
            yield Reserve(ring=ring.name, operation=operation.name, lag=operation.lag)
        name, lag = operation.name, operation.lag
        yield from copies_in(self.emission, self.storage, name, name, lag)

    def _tiles(self, *, is_copy: bool) -> list[TileNode]:
        """Tiles of roles that copy, or of those that compute and store."""
        kinds = self.emission.operation
        inside = [t for t in self.emission.tiled.loop if (kinds(t).kind == "load") == is_copy]
        return inside if is_copy else [*inside, *self.emission.tiled.after]

    def _scalars(self, registers: Registers, tiles: Iterable[TileNode]) -> Iterator[Step]:
        """Loaded numbers on which these tiles, or the loop, depend through an index."""
        loop = self.emission.loop
        indices = [loop.start, loop.stop]
        for tile in tiles:
            operation = self.emission.operation(tile)
            indices += operation.access.index if operation.access else ()
            indices += [o.expression for o in operation.operands if isinstance(o, IndexOperand)]
        names = (name for index in indices for name in names_in_index(index))
        wanted = {name.name for name in names if name.role == "local"}
        for tile in self.emission.tiled.before:
            if tile.name in wanted:
                yield load_vector(self.emission, self.layouts, tile, registers)

    # ---- a warp group: products and chains

    def _computing(self, role: PlannedRole) -> Role:
        registers = Registers(self.emission, self.layouts)
        check_versions(self.emission, role)
        declare_homes(self.emission, role, registers, self.kept)
        formulas = Formulas(self.emission, self.layouts, lambda n, _: registers.homes.get(n))
        scalars = list(self._scalars(registers, self._tiles(is_copy=False)))
        setup = [
            *scalars,
            *initial_values(self.emission, role, registers, formulas),
            *self._residents(role),
        ]
        parts = expand(role.operations, lambda: self._tracker(role, registers))
        finish = tuple(self.finish.steps(role, registers, f"all_{role.name}"))
        return Role(
            name=role.name, first_warp=role.first_warp, warps=4, registers=role.registers,
            operations=tuple(o.name for o in role.operations), stages=1 + len(parts.prologue),
            fragments=tuple(registers.fragments.values()), setup=tuple(setup),
            prologue=parts.prologue, steady=parts.steady, epilogue=parts.epilogue,
            short=parts.short, finish=finish,
        )  # fmt: skip

    def _tracker(self, role: PlannedRole, registers: Registers) -> ComputeRole:
        products = Products(self.emission, self.storage, registers)
        readers: dict[str, set[str]] = {}
        for operation in role.operations:
            if operation.kind == "matrix":
                for ring in products.operands(operation).rings:
                    readers.setdefault(ring, set()).add(operation.name)
        return ComputeRole(
            chains=ChainSteps(self.emission, registers, self.kept, self.lefts), products=products,
            storage=self.storage, turns=self.turns,
            interval=self.emission.schedule.initiation_interval,
            readers={ring: frozenset(names) for ring, names in readers.items()},
        )  # fmt: skip

    def _residents(self, role: PlannedRole) -> Iterator[Step]:
        own = {o.name for o in role.operations if o.kind == "matrix"}
        for name in resident_tiles(self.emission):
            if any(
                self._reads(tile, name) for tile in self.emission.tiled.loop if tile.name in own
            ):
                yield Acquire(ring=name)

    def _reads(self, tile: TileNode, name: str) -> bool:
        reads = [read.before for read in tile.reads if read.before is not None]
        return any(self.emission.behind_views(before)[0].name == name for before in reads)
