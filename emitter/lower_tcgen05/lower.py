"""From a schedule to a warp program for Tensor Memory, role by role."""

from __future__ import annotations

from collections.abc import Iterator

from ...models.errors import Unsupported
from ...models.kernel import ELEMENT_BYTES
from ...models.tensor_memory_checks import BARRIER_BYTES
from ...models.warp_program import (
    LoopRange,
    NamedBarrier,
    Role,
    SharedBuffer,
    WarpProgram,
)
from ...models.warp_program_checks import (
    BASE_ALIGNMENT,
    GROUP_THREADS,
    MOST_BARRIERS,
    steps_of,
)
from ...models.warp_step import Acquire, Reserve, Step
from ..inputs import Emission
from ..lower.chains import ChainSteps
from ..lower.hoisted import hoisted
from ..lower.homes import left_operands
from ..lower.layouts import Layouts
from ..lower.lower import direct_arguments
from ..lower.periods import expand
from ..lower.places import Places
from ..lower.plan import WARPS, PlannedOperation, PlannedRole, make_plan
from ..lower.registers import Registers
from ..lower.storage import copies_in, resident_tiles
from ..lower.turn_check import check_turns_of
from ..lower.turns import barriers_of, find_turns
from ..lower.versions import check_versions, copied_vectors
from .finish import READ, TensorFinish
from .handoffs import check_single_copies, find_handoffs
from .homes import declare_homes, initial_steps, kept_tiles
from .products import TensorProducts
from .registers import RowRegisters, formulas_over
from .rings import lay_out_rings
from .scalars import scalar_loads
from .tensor_role import TensorRole
from .tensors import lay_out_tensors
from .unheard import heard_signals, without_unheard

SHARED = "shared_memory"
ROWS = 128  # of a fragment: one for each thread of a warp group
WARP_THREADS = 32
LEAST_ALIGNMENT = 128  # bytes, of row vectors


def lower_for_tensor_memory(emission: Emission, *, deeper: int = 0) -> WarpProgram:
    """The warp program of a schedule; `deeper`: ring slots beyond those that it needs.

    Raises Unsupported, naming the operation, for what cannot be emitted yet.
    """
    program = _Lowering(emission, deeper).program()
    check_turns_of(program, emission.schedule)
    return program


class _Lowering:
    def __init__(self, emission: Emission, deeper: int) -> None:
        check_single_copies(emission)
        _check_operations(emission)
        self.emission, self.deeper = emission, deeper
        self.layouts = Layouts(emission)
        plan = make_plan(emission)
        self.turns = find_turns(plan)
        self.storage = lay_out_rings(emission, plan, deeper)
        self.places = Places(emission, plan)
        self.handoffs = find_handoffs(emission, plan, self.layouts)
        self.finish = TensorFinish(emission, plan, self.storage, self.layouts)
        self.plan = self.finish.plan
        self.products = TensorProducts(emission, self.storage)
        self.kept, self.lefts = kept_tiles(emission), left_operands(emission)
        self._add_vectors()

    def _add_vectors(self) -> None:
        """Row vectors that cross lie behind everything that is swizzled."""
        for crossing in self.handoffs.crossings:
            bytes_held = ROWS * ELEMENT_BYTES["f32"]
            self.storage.buffers[crossing.buffer] = SharedBuffer(
                name=crossing.buffer, offset=self.storage.end, slots=1, slot_bytes=bytes_held,
                rows=1, columns=ROWS, dtype="f32", swizzle=0,
            )  # fmt: skip
            self.storage.end += -(-bytes_held // LEAST_ALIGNMENT) * LEAST_ALIGNMENT

    def program(self) -> WarpProgram:
        """Roles first: they say what shared memory and maps there are."""
        emission, program = self.emission, self.emission.program
        roles = tuple(self._role(role) for role in self.plan.roles)
        signals = heard_signals(roles, self.handoffs.signals)
        heard = frozenset(signal.name for signal in signals)
        roles = tuple(without_unheard(role, heard) for role in roles)
        rings = 2 * sum(ring.depth for ring in self.storage.rings.values())
        barriers = BARRIER_BYTES * (rings + len(signals) + 1)
        shared_bytes = self.storage.end + barriers + BASE_ALIGNMENT
        self._check_shared_memory(shared_bytes)
        return WarpProgram(
            kernel=program.kernel, gpu=emission.gpu, target=program.target,
            initiation_interval=emission.schedule.initiation_interval,
            parameters=program.parameters, extents=program.extents(), grid=program.grid,
            loop=LoopRange(
                index=emission.loop.index, start=emission.loop.start, stop=emission.loop.stop
            ),
            threads=self.plan.threads, entry_registers=self.plan.entry_registers,
            tensor_maps=tuple(self.storage.maps.values()),
            pointers=direct_arguments(s for r in roles for s in steps_of(r)),
            buffers=tuple(self.storage.buffers.values()), rings=tuple(self.storage.rings.values()),
            barriers=tuple(self._named_barriers()), barrier_offset=self.storage.end,
            signals=signals, tensors=lay_out_tensors(emission),
            shared_bytes=shared_bytes, roles=roles, tolerance=emission.tolerance,
        )  # fmt: skip

    def _check_shared_memory(self, wanted: int) -> None:
        most = next(m.capacity for m in self.emission.problem.machine.memories if m.name == SHARED)
        if wanted > most:
            raise Unsupported(
                f"{wanted:,} bytes of shared memory with staging and {self.deeper} more ring "
                f"slots; a block has {most:,}"
            )

    def _named_barriers(self) -> Iterator[NamedBarrier]:
        turns = tuple(self._turn_barriers())
        wide = [role for role in self.plan.roles if role.warps == WARPS]
        if len(turns) + len(wide) + 1 > MOST_BARRIERS:
            raise Unsupported(f"{len(turns)} turns on the tensor core and {len(wide)} warp groups")
        yield from turns
        for number, role in enumerate(wide, len(turns) + 1):
            yield NamedBarrier(name=f"all_{role.name}", number=number, threads=GROUP_THREADS)
        number = len(turns) + len(wide) + 1
        yield NamedBarrier(name=READ, number=number, threads=GROUP_THREADS * len(wide))

    def _turn_barriers(self) -> Iterator[NamedBarrier]:
        """For the threads of both groups, of which one may be a single warp."""
        for turn, barrier in zip(self.turns, barriers_of(self.turns), strict=True):
            warps = sum(self.plan.role_of(name).warps for name in (turn.before, turn.after))
            yield barrier.model_copy(update={"threads": WARP_THREADS * warps})

    def _role(self, role: PlannedRole) -> Role:
        if any(operation.kind == "load" for operation in role.operations):
            return self._copying(role)
        return self._working(role)

    # ---- copies

    def _copying(self, role: PlannedRole) -> Role:
        registers = RowRegisters(self.emission, self.layouts)
        loads = [t for t in self.emission.tiled.loop if self.emission.operation(t).kind == "load"]
        setup = list(scalar_loads(self.emission, loads, registers))
        if role.group == 0:
            for name in resident_tiles(self.emission):
                setup.append(Reserve(ring=name))
                setup += copies_in(self.emission, self.storage, name, "", 0)
        steps = [step for operation in role.operations for step in self._load(operation)]
        return Role(
            name=role.name, first_warp=role.first_warp, warps=1, registers=role.registers,
            operations=tuple(o.name for o in role.operations), stages=role.stages, guarded=True,
            fragments=tuple(registers.fragments.values()), setup=tuple(setup),
            steady=tuple(steps),
        )  # fmt: skip

    def _load(self, operation: PlannedOperation) -> Iterator[Step]:
        if operation.kind != "load":
            raise Unsupported(f"{operation.name}: a {operation.kind} beside loads")
        ring = self.storage.rings[self.storage.ring_of[operation.name]]
        name, lag = operation.name, operation.lag
        if ring.buffers[0] == name:
            yield Reserve(ring=ring.name, operation=name, lag=lag)
        yield from copies_in(self.emission, self.storage, name, name, lag)

    # ---- products, chains and stores

    def _working(self, role: PlannedRole) -> Role:
        registers = RowRegisters(self.emission, self.layouts)
        check_versions(self.emission, role, self.places)
        registers.copied.update(copied_vectors(self.emission, role, self.places))
        declare_homes(
            self.emission, role, registers, self.kept, self.lefts, self.handoffs.crossings
        )
        formulas = formulas_over(self.emission, self.layouts, registers.homes)
        inside = [t for t in self.emission.tiled.loop if self.emission.operation(t).kind != "load"]
        tiles = (*inside, *self.emission.tiled.after)
        setup = [
            *scalar_loads(self.emission, tiles, registers),
            *hoisted(self.emission, role, registers),
            *initial_steps(self.emission, role, registers, formulas),
            *self._residents(role),
        ]
        sections = self._sections(role, registers) if role.operations else {"stages": 1}
        finish = [*self.finish.committing(role)]
        if role.warps == WARPS:
            finish += self.finish.steps(role, registers, f"all_{role.name}")
        return Role(
            name=role.name, first_warp=role.first_warp, warps=4 if role.warps == WARPS else 1,
            registers=role.registers, operations=tuple(o.name for o in role.operations),
            fragments=tuple(registers.fragments.values()), setup=tuple(setup),
            finish=tuple(finish), **sections,
        )  # fmt: skip

    def _sections(self, role: PlannedRole, registers: Registers) -> dict[str, object]:
        parts = expand(role.operations, lambda: self._tracker(role, registers))
        return {
            "stages": 1 + len(parts.prologue), "prologue": parts.prologue,
            "steady": parts.steady, "epilogue": parts.epilogue, "short": parts.short,
        }  # fmt: skip

    def _tracker(self, role: PlannedRole, registers: Registers) -> TensorRole:
        readers: dict[str, set[str]] = {}
        for operation in role.operations:
            if operation.kind == "matrix":
                for ring in self.products.rings(operation):
                    readers.setdefault(ring, set()).add(operation.name)
        return TensorRole(
            emission=self.emission, registers=registers, products=self.products,
            chains=ChainSteps(self.emission, registers, self.kept, self.lefts),
            storage=self.storage, handoffs=self.handoffs, turns=self.turns,
            barrier=f"all_{role.name}",
            readers={ring: frozenset(names) for ring, names in readers.items()},
        )  # fmt: skip

    def _residents(self, role: PlannedRole) -> Iterator[Step]:
        read = {
            ring
            for operation in role.operations
            if operation.kind == "matrix"
            for ring in self.products.rings(operation)
        }
        for name in resident_tiles(self.emission):
            if name in read:
                yield Acquire(ring=name)


def _check_operations(emission: Emission) -> None:
    """Refuse what has no lowering here."""
    for operation in emission.graph.operations:
        if operation.kind in ("store", "reduce_add"):
            raise Unsupported(f"{operation.name}: a {operation.kind} within the loop")
