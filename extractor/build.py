"""A kernel document and a GPU profile to scheduling problems: one for each loop of the program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..models.dependence_graph import DependenceGraph, GraphDependence, GraphOperation, GraphValue
from ..models.errors import InvalidGraph, InvalidKernel, Path
from ..models.kernel import KernelDocument
from ..models.problem import Buffer, Dependence, Operation, SchedulingProblem, Value
from ..models.problem_symmetries import is_automorphism
from ..models.profile import GpuProfile
from ..models.tile_program import Loop, TileProgram
from ..models.tiling import TiledKernel
from ..reader.located import Located
from .crossings import crossing
from .language import parse_program
from .lowering import lower_loop
from .machine import SHARED, TENSOR, machine_of
from .oversize import told_of
from .pricing import Price, price
from .results import with_result_rules
from .subtiling import subtile_loop
from .tiling import tile_kernel

QUEUES = {"wgmma": "wgmma", "tcgen05": "tcgen05"}


def build_problem(
    document: Located[KernelDocument], profile: GpuProfile, *,
    loop: str | None = None, split: Mapping[str, int] | None = None, fused: bool = True,
) -> SchedulingProblem:  # fmt: skip
    """The problem of one loop, the named one or the only one; `split` replaces the document's."""
    graph = build_graph(document, profile, loop=loop, split=split, fused=fused)
    try:
        return price_graph(graph, profile)
    except InvalidKernel as fault:
        raise _in_file(fault, document) from None


def build_graph(
    document: Located[KernelDocument], profile: GpuProfile, *,
    loop: str | None = None, split: Mapping[str, int] | None = None, fused: bool = True,
) -> DependenceGraph:  # fmt: skip
    """The dependence graph of one loop of a kernel."""
    return build_loop(document, profile, loop=loop, split=split, fused=fused).graph


@dataclass(frozen=True, slots=True)
class LoweredLoop:
    """One loop, lowered for one target: the program around it, its sub-tiles, its graph."""

    program: TileProgram
    tiled: TiledKernel
    graph: DependenceGraph


def build_loop(
    document: Located[KernelDocument], profile: GpuProfile, *,
    loop: str | None = None, split: Mapping[str, int] | None = None, fused: bool = True,
) -> LoweredLoop:  # fmt: skip
    """One loop of a kernel with everything that emission needs to know of it."""
    program = parse_program(document, profile.target)
    chosen = document.value.split_for(profile.target) if split is None else split
    try:
        target = _find_loop(program, loop)
        tiles = subtile_loop(program, target, chosen, column_step=_column_step(profile))
        tiled = tile_kernel(program, target, chosen, tiles)
        with told_of(program.kernel):
            graph = lower_loop(program, target, tiles, profile, fused=fused)
    except InvalidKernel as fault:
        raise _in_file(fault, document) from None
    return LoweredLoop(program, tiled, with_result_rules(graph, tiled))


def _column_step(profile: GpuProfile) -> int | None:
    """The step of a product's columns, where products fill registers of the warp group."""
    if profile.lowering != "wgmma":
        return None
    return max(shape.column_step for shape in profile.tensor_core.shapes.values())


def loop_names(document: Located[KernelDocument], profile: GpuProfile) -> tuple[str, ...]:
    """Names of the loops of a kernel, in program order."""
    return tuple(loop.name for loop in parse_program(document, profile.target).loops)


def _find_loop(program: TileProgram, name: str | None) -> Loop:
    if not program.loops:
        raise InvalidKernel(
            "the program has no loop to schedule", cure="write `for i in range(...):` over tiles"
        )
    known = ", ".join(loop.name for loop in program.loops)
    if name is None and len(program.loops) > 1:
        raise InvalidKernel(
            f"a second loop: a schedule is of one, and the program has {known}",
            line=program.loops[1].position.line, cure="give each loop a document of its own",
        )  # fmt: skip
    for loop in program.loops:
        if name in (None, loop.name):
            return loop
    raise InvalidKernel(f"the program has no loop {name!r}", cure=f"known: {known}")


def _in_file(fault: InvalidKernel, document: Located[KernelDocument]) -> InvalidKernel:
    """The same fault with a place: where its line begins, or where the program stands."""
    first = fault.problems[0]
    line, column = first.line, first.column
    if line is None:
        line, column = document.key_position("program")
    elif column is None:
        written = document.text.splitlines()[line - 1]
        column = len(written) - len(written.lstrip()) + 1
    return InvalidKernel(
        first.message, file=document.file, line=line, column=column, cure=first.cure
    )


def price_graph(graph: DependenceGraph, profile: GpuProfile) -> SchedulingProblem:
    """The scheduling problem of a dependence graph at the costs of a profile.

    Raises InvalidKernel where the hardware has no such operation, or not as much of something.
    """
    try:
        with told_of(graph.kernel):
            return _Pricing(graph, profile).problem()
    except InvalidGraph as fault:
        first = fault.problems[0]
        line = next((graph.operations[i].line for i in _operation_index(first.path)), None)
        raise InvalidKernel(first.message, line=line, cure=first.cure) from None


def _operation_index(path: Path) -> tuple[int, ...]:
    """The index of the operation that a path in the problem leads to, if it leads to one."""
    match path:
        case ("operations", int(index), *_):
            return (index,)
    return ()


class _Pricing:
    def __init__(self, graph: DependenceGraph, profile: GpuProfile) -> None:
        self._graph, self._profile = graph, profile
        self._operations = {o.name: o for o in graph.operations}
        self._values = {v.name: v for v in graph.values}
        self._entering: dict[str, list[GraphDependence]] = {}
        for dependence in graph.dependences:
            self._entering.setdefault(dependence.target, []).append(dependence)
        self._prices = {o.name: self._price(o) for o in graph.operations}

    def _price(self, operation: GraphOperation) -> Price:
        with told_of(operation.name, operation.line):
            return price(operation, self._profile)

    def problem(self) -> SchedulingProblem:
        graph = self._graph
        machine = machine_of(
            self._profile,
            resident_shared_bytes=graph.resident_shared_bytes,
            resident_columns=graph.resident_columns,
        )
        problem = SchedulingProblem(
            name=graph.kernel,
            machine=machine,
            operations=tuple(self._operation(o) for o in graph.operations),
            values=tuple(self._value(v) for v in graph.values),
            buffers=tuple(
                Buffer(
                    name=b.name,
                    memory=SHARED if b.place == "shared" else TENSOR,
                    size=b.size,
                    opener=b.opener,
                )
                for b in graph.buffers
            ),
            dependences=tuple(self._dependence(d) for d in graph.dependences),
            rules=graph.rules,
            notes=graph.notes,
        )
        swaps = tuple(swap for swap in graph.symmetries if is_automorphism(problem, swap))
        return problem.model_copy(update={"symmetries": swaps})

    def _operation(self, operation: GraphOperation) -> Operation:
        with told_of(operation.name, operation.line):
            return self._priced(operation)

    def _priced(self, operation: GraphOperation) -> Operation:
        cost = self._prices[operation.name]
        one_warp = operation.kind != "vector" and not (
            operation.kind == "matrix" and self._graph.lowering == "wgmma"
        )
        return Operation(
            name=operation.name,
            latency_cycles=cost.latency_cycles,
            issue_cycles=cost.issue_cycles,
            wait_cycles=self._wait(operation),
            reservations=cost.reservations,
            variable_latency=operation.kind == "load",
            warps=1 if one_warp else 4,
            queue=QUEUES[self._graph.lowering] if operation.kind == "matrix" else None,
            summary=operation.summary,
            line=operation.line,
        )

    def _wait(self, operation: GraphOperation) -> int:
        sources = {d.source for d in self._entering.get(operation.name, ()) if self._blocks(d)}
        return sum(self._wait_for(self._operations[source]) for source in sorted(sources))

    def _wait_for(self, source: GraphOperation) -> int:
        handoff = self._profile.handoff
        return (handoff.matrix_wait if source.kind == "matrix" else handoff.mbarrier_issue).whole

    def _blocks(self, dependence: GraphDependence) -> bool:
        """Whether the target waits for an asynchronous source.

        Products that accumulate in order do not.
        """
        source, target = self._operations[dependence.source], self._operations[dependence.target]
        if dependence.kind != "flow" or source.kind == "vector":
            return False
        return not (source.kind == "matrix" and target.kind == "matrix")

    def _value(self, value: GraphValue) -> Value:
        return Value(
            name=value.name, source=value.source, registers=value.registers, buffer=value.buffer
        )

    def _dependence(self, dependence: GraphDependence) -> Dependence:
        with told_of(dependence.source, self._operations[dependence.source].line):
            return self._crossed(dependence)

    def _crossed(self, dependence: GraphDependence) -> Dependence:
        source, target = self._operations[dependence.source], self._operations[dependence.target]
        value = self._values[dependence.value] if dependence.value else None
        blocking = self._blocks(dependence)
        cost = crossing(dependence, value, source, target, self._profile)
        return Dependence(
            source=dependence.source,
            target=dependence.target,
            latency_cycles=self._latency(dependence, self._prices[source.name], blocking),
            distance=dependence.distance,
            value=dependence.value,
            release="start" if dependence.in_place else "end",
            blocking=blocking,
            handoff_cycles=cost.handoff_cycles,
            staged_bytes=cost.staged_bytes,
            send_cycles=cost.send_cycles,
            receive_cycles=cost.receive_cycles,
            received_registers=cost.received_registers,
        )

    def _latency(self, dependence: GraphDependence, cost: Price, blocking: bool) -> int:
        source, target = self._operations[dependence.source], self._operations[dependence.target]
        if source.kind == "matrix" and target.kind == "matrix":
            return cost.held_cycles  # products of one group run in issue order, without a gap
        if blocking:
            return cost.latency_cycles + self._wait_for(source)
        return cost.latency_cycles + self._barrier(dependence, target)

    def _barrier(self, dependence: GraphDependence, target: GraphOperation) -> int:
        """Cycles until what all threads of a chain wrote to memory may be read by one of them."""
        place = self._values[dependence.value].place if dependence.value else "registers"
        through_memory = place != "registers" and target.kind != "vector"
        return self._profile.handoff.group_barrier.whole if through_memory else 0
