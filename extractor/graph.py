"""Graph document to scheduling problem; what contradicts itself is told at its line and column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from ..models.errors import InvalidGraph, Problem
from ..models.graph import (
    BufferEntry,
    DependenceEntry,
    GraphDocument,
    MachineEntry,
    MemoryEntry,
    OperationEntry,
    RuleEntry,
    ValueEntry,
)
from ..models.problem import (
    Buffer,
    Dependence,
    FunctionalUnit,
    LegalityRule,
    Machine,
    Memory,
    Operation,
    Reservation,
    SchedulingProblem,
    Value,
)
from ..reader.located import Located, Path

MAXIMUM_DEPENDENCES = 50_000
MAXIMUM_VALUES = 20_000
# Fields of the problem whose keys in the document are shorter.
_KEYS = {
    "latency_cycles": "latency",
    "issue_cycles": "issue",
    "wait_cycles": "wait",
    "source": "from",
    "target": "to",
    "handoff_cycles": "handoff",
    "send_cycles": "send",
    "receive_cycles": "receive",
}


def build_graph_problem(
    located: Located[GraphDocument], machine: Machine | None = None
) -> SchedulingProblem:
    """The scheduling problem of a graph; `machine` is used where the document has none inline.

    Raises InvalidGraph with every contradiction and its place.
    """
    return _Builder(located, machine).build()


@dataclass(slots=True)
class _Builder:
    """Collects the parts of the problem, and from where in the document each part came."""

    located: Located[GraphDocument]
    machine: Machine | None
    origins: dict[Path, Path] = field(default_factory=dict)
    values: list[Value] = field(default_factory=list)
    buffers: list[Buffer] = field(default_factory=list)
    values_of: dict[str, list[str]] = field(default_factory=dict)

    def build(self) -> SchedulingProblem:
        document = self.located.value
        operations = tuple(self.operations(document.operations))
        self.shared_buffers(document.buffers)
        dependences = tuple(self.dependences(document))
        self.check_sizes(dependences)
        try:
            return SchedulingProblem(
                name=document.graph,
                machine=self.inline_or_given(),
                operations=operations,
                values=tuple(self.values),
                buffers=tuple(self.buffers),
                dependences=dependences,
                rules=tuple(self.rules(document.rules)),
                symmetries=tuple(tuple(swap.items()) for swap in document.symmetries),
                notes=document.notes,
            )
        except InvalidGraph as fault:
            problems = tuple(self.located_problem(p) for p in fault.problems)
            raise InvalidGraph(problems[0].message, problems=problems) from None

    def inline_or_given(self) -> Machine:
        inline = self.located.value.machine
        if inline is not None:
            return _machine(inline)
        if self.machine is None:
            raise self.fault((), "the graph has no machine", "write `machine:` or `profile: NAME`")
        return self.machine

    def operations(self, operations: Mapping[str, OperationEntry]) -> Iterator[Operation]:
        for index, (name, operation) in enumerate(operations.items()):
            origin: Path = ("operations", name)
            self.origins["operations", index] = origin
            self.origins["operations", index, "reservations"] = (*origin, "uses")
            self.add_values(name, operation)
            yield Operation(
                name=name,
                latency_cycles=operation.latency,
                issue_cycles=operation.issue,
                wait_cycles=operation.wait,
                reservations=self.reservations(index, name, operation),
                variable_latency=operation.variable_latency,
                warps=operation.warps,
                queue=operation.queue,
                summary=operation.summary,
                line=self.located.key_position(*origin)[0],
            )

    def reservations(
        self, index: int, name: str, operation: OperationEntry
    ) -> tuple[Reservation, ...]:
        if isinstance(operation.uses, tuple):
            return operation.uses
        for position, unit in enumerate(operation.uses):
            origin: Path = ("operations", name, "uses", unit)
            self.origins["operations", index, "reservations", position] = origin
        return tuple(
            Reservation(unit=unit, cycles=cycles) for unit, cycles in operation.uses.items()
        )

    def add_values(self, name: str, operation: OperationEntry) -> None:
        origin: Path = ("operations", name)
        self.values_of[name] = []
        buffer = operation.buffer
        if isinstance(buffer, BufferEntry):
            self.add_buffer(name, buffer, buffer.opener or name, (*origin, "buffer"))
            buffer = name
        if operation.registers is not None or buffer is not None:
            own = ValueEntry(name=name, registers=operation.registers or 0, buffer=buffer)
            self.add_value(name, own, origin)
        for position, value in enumerate(operation.values):
            self.add_value(name, value, (*origin, "values", position))

    def add_value(self, source: str, value: ValueEntry, origin: Path) -> None:
        self.origins["values", len(self.values)] = origin
        self.values_of[source].append(value.name)
        self.values.append(
            Value(name=value.name, source=source, registers=value.registers, buffer=value.buffer)
        )

    def add_buffer(self, name: str, buffer: BufferEntry, opener: str, origin: Path) -> None:
        self.origins["buffers", len(self.buffers)] = origin
        self.buffers.append(
            Buffer(name=name, memory=buffer.memory, size=buffer.size, opener=opener)
        )

    def shared_buffers(self, buffers: Mapping[str, BufferEntry]) -> None:
        for name, buffer in buffers.items():
            origin: Path = ("buffers", name)
            if buffer.opener is None:
                raise self.fault(origin, f"{name} has no opener", "write `opener: OPERATION`")
            self.add_buffer(name, buffer, buffer.opener, origin)

    def dependences(self, document: GraphDocument) -> Iterator[Dependence]:
        index = 0
        for position, written in enumerate(document.dependences):
            origin: Path = ("dependences", position)
            for dependence in _expanded(written):
                self.origins["dependences", index] = origin
                yield self.dependence(dependence, origin)
                index += 1

    def dependence(self, written: DependenceEntry, origin: Path) -> Dependence:
        source = self.located.value.operations.get(written.source)
        usual = source.latency if source is not None else 0
        return Dependence(
            source=written.source,
            target=written.target,
            latency_cycles=usual if written.latency is None else written.latency,
            distance=written.distance,
            value=self.value_read(written, origin),
            release=written.release,
            blocking=written.blocking,
            handoff_cycles=written.handoff,
            staged_bytes=written.staged_bytes,
            send_cycles=written.send,
            receive_cycles=written.receive,
            received_registers=written.received_registers,
        )

    def value_read(self, written: DependenceEntry, origin: Path) -> str | None:
        if written.order and written.value is not None:
            raise self.fault(origin, "an order-only dependence reads no value", "drop one of them")
        if written.order or written.value is not None:
            return written.value
        known = self.values_of.get(written.source, [])
        if len(known) > 1:
            message = f"{written.source} has {len(known)} values: {', '.join(known[:8])}"
            raise self.fault(origin, message, "write `value: NAME` or `order: true`")
        return known[0] if known else None

    def rules(self, rules: tuple[RuleEntry, ...]) -> Iterator[LegalityRule]:
        for index, rule in enumerate(rules):
            kind = "apart" if rule.together is None else "together"
            self.origins["rules", index, "operations"] = ("rules", index, kind)
            yield LegalityRule(
                rule=rule.rule,
                kind="apart" if rule.together is None else "together",
                operations=rule.together or rule.apart or (),
            )

    def check_sizes(self, dependences: tuple[Dependence, ...]) -> None:
        if len(dependences) > MAXIMUM_DEPENDENCES:
            cure = f"make the graph smaller: {MAXIMUM_DEPENDENCES} at most"
            raise self.fault(("dependences",), f"{len(dependences)} dependences", cure)
        if len(self.values) > MAXIMUM_VALUES:
            cure = f"make the graph smaller: {MAXIMUM_VALUES} at most"
            raise self.fault(("operations",), f"{len(self.values)} values", cure)

    def located_problem(self, problem: Problem) -> Problem:
        path = self.origin(problem.path)
        is_written = path in self.located.places  # else a key says it, in a shorthand
        find = self.located.position if is_written else self.located.key_position
        line, column = find(*path)
        return Problem(problem.message, self.located.file, line, column, problem.cure, problem.path)

    def origin(self, path: Path) -> Path:
        """The path in the document of a path in the problem."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.origins:
                rest = tuple(_KEYS.get(str(key), key) for key in path[length:])
                return (*self.origins[path[:length]], *rest)
        return _in_machine(path, self.located.value.machine)

    def fault(self, path: Path, message: str, cure: str) -> InvalidGraph:
        line, column = self.located.position(*path)
        return InvalidGraph(message, file=self.located.file, line=line, column=column, cure=cure)


def _expanded(written: str | DependenceEntry) -> Iterator[DependenceEntry]:
    if isinstance(written, DependenceEntry):
        yield written
        return
    names = [name.strip() for name in written.split("->")]
    for source, target in pairwise(names):
        yield DependenceEntry.model_validate({"from": source, "to": target})


def _machine(inline: MachineEntry) -> Machine:
    return Machine(
        name=inline.name,
        units=tuple(FunctionalUnit(name=n, capacity=c) for n, c in inline.units.items()),
        memories=tuple(_memory(name, memory) for name, memory in inline.memories.items()),
        staging_memory=inline.staging_memory,
        warp_groups=inline.warp_groups,
        registers=inline.registers,
        most_stages=inline.most_stages,
    )


def _memory(name: str, memory: int | MemoryEntry) -> Memory:
    if isinstance(memory, int):
        return Memory(name=name, capacity=memory)
    return Memory(
        name=name,
        capacity=memory.capacity,
        resident=memory.resident,
        unit=memory.unit,
        allocation=memory.allocation,
    )


def _in_machine(path: Path, machine: MachineEntry | None) -> Path:
    """Memories stand in the document by name."""
    if machine is None or path[:2] != ("machine", "memories") or len(path) < 3:
        return path
    return ("machine", "memories", list(machine.memories)[int(path[2])])
