"""Where each operation of the loop reads what others made: its own registers, or shared memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ...models.dependence_graph import GraphDependence, GraphValue
from ...models.errors import Unsupported
from ..inputs import Emission
from .plan import Plan

ReadKind = Literal["product", "chain", "copy"]
KINDS: dict[str, ReadKind] = {
    "matrix": "product", "vector": "chain", "store": "copy", "reduce_add": "copy",
}  # fmt: skip
SHARED = ".shared"
STAGED = ".staged"


@dataclass(frozen=True, slots=True)
class Handover:
    """A tile that threads write to shared memory: who writes it, and which operations read it."""

    buffer: str
    tile: str
    writer: str
    depth: int
    readers: tuple[str, ...]


class Places:
    """What the graph and the schedule say about hand-overs."""

    def __init__(self, emission: Emission, plan: Plan) -> None:
        self._emission, self._plan = emission, plan
        self._values = {value.name: value for value in emission.graph.values}
        self._groups = {o.name: r.group for r in plan.roles for o in r.operations}
        self._kinds = {o.name: KINDS.get(o.kind) for o in emission.graph.operations}

    def buffer_of(self, reader: str, tile: str, *, shared: bool = False) -> str | None:
        """The buffer in which an operation finds a tile; None if its own registers hold it.

        `shared`: the operation reads shared memory, even if registers of its own hold it too.
        """
        flows = self._reads.get(reader, {})
        register, stored = flows.get(tile), flows.get(tile + SHARED)
        if register is not None and self._values[tile].place == "shared":
            return tile
        if stored is not None and (shared or register is None):
            return tile + SHARED
        if register is not None and self._crosses(register):
            return tile + STAGED
        return None

    def readers(self, buffer: str) -> tuple[str, ...]:
        """The operations that read a buffer, in the order of the graph."""
        return self._readers.get(buffer, ())

    def kind(self, operation: str) -> ReadKind:
        """How an operation reads shared memory."""
        kind = self._kinds[operation]
        assert kind is not None, "a load reads no shared memory"
        return kind

    @cached_property
    def handovers(self) -> tuple[Handover, ...]:
        """Every tile of the loop that threads write to shared memory."""
        depths = {ring.buffer: ring.depth for ring in self._emission.schedule.rings}
        loads = {o.name for o in self._emission.graph.operations if o.kind == "load"}
        found = []
        for value in self._emission.graph.values:
            if value.source in loads:
                continue
            if value.place == "shared":
                found.append(self._handover(value, value.name, depths[value.buffer or value.name]))
            elif self.readers(value.name + STAGED):
                depth = depths[f"staged({value.name})"]
                found.append(self._handover(value, value.name + STAGED, depth))
        return tuple(found)

    def written_by(self, operation: str) -> tuple[Handover, ...]:
        """The hand-overs that an operation writes."""
        return tuple(one for one in self.handovers if one.writer == operation)

    def _handover(self, value: GraphValue, buffer: str, depth: int) -> Handover:
        tile = value.name.removesuffix(SHARED)
        return Handover(buffer, tile, value.source, depth, self.readers(buffer))

    def _crosses(self, flow: GraphDependence) -> bool:
        return self._groups[flow.source] != self._groups[flow.target]

    @cached_property
    def _reads(self) -> dict[str, dict[str, GraphDependence]]:
        """For each operation, the flows into it by value."""
        found: dict[str, dict[str, GraphDependence]] = {}
        for flow in self._flows():
            found.setdefault(flow.target, {})[flow.value or ""] = flow
        return found

    @cached_property
    def _readers(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, dict[str, None]] = {}
        for flow in self._flows():
            name = flow.value or ""
            if self._values[name].place == "shared":
                self._check(flow)
                found.setdefault(name, {})[flow.target] = None
            elif self._crosses(flow):
                self._check(flow)
                found.setdefault(name + STAGED, {})[flow.target] = None
        return {name: tuple(readers) for name, readers in found.items()}

    def _flows(self) -> Iterator[GraphDependence]:
        """All but those of registers that a chain only holds on to: such values have no bytes."""
        for flow in self._emission.graph.dependences:
            if flow.kind == "flow" and flow.value is not None and self._values[flow.value].bytes:
                yield flow

    def _check(self, flow: GraphDependence) -> None:
        if flow.distance:
            line = next(o.line for o in self._emission.graph.operations if o.name == flow.target)
            raise Unsupported(
                f"{flow.target} reads {flow.value} of an iteration before through shared memory",
                line,
            )
