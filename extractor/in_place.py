"""Registers that a reader takes over, so that a chain does not hold input and output at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ..models.dependence_graph import GraphDependence, GraphValue
from .order import IterationOrder
from .reads import Reads


class InPlace:
    """Decides which flow takes over the registers of its value, and splits larger values.

    A chain that turns 64 registers into 32 takes over 32 at its start; the other 32 (`VALUE.rest`)
    are held to its end.
    """

    def __init__(
        self, reads: Reads, order: IterationOrder, values: tuple[GraphValue, ...],
        flows: tuple[GraphDependence, ...], matrices: frozenset[str],
    ) -> None:  # fmt: skip
        self._reads, self._order, self._matrices = reads, order, matrices
        self._free: Counter[str] = Counter()
        for value in values:
            if value.name in matrices:
                self._free[value.source] += value.registers
        self._flows = {
            v.name: [f for f in dict.fromkeys(flows) if f.value == v.name] for v in values
        }
        self.values = tuple(part for value in values for part in self._divide(value))
        self.flows = tuple(flow for name in self._flows for flow in self._flows[name])

    def _divide(self, value: GraphValue) -> Iterable[GraphValue]:
        taker = self._taker(value)
        if taker is None:
            yield value
            return
        taken = self._reuse(taker, value)
        self._free[taker.target] -= 0 if taker.role == "accumulator" else taken
        if value.place == "registers" and taken == 0:
            yield value
            return
        flows = self._flows[value.name]
        self._flows[value.name] = [self._marked(flow, taker) for flow in flows]
        yield value.model_copy(update={"registers": taken})
        if taken < value.registers:
            rest = f"{value.name}.rest"
            self._flows[rest] = [f.model_copy(update={"value": rest}) for f in flows]
            yield value.model_copy(
                update={"name": rest, "registers": value.registers - taken, "bytes": 0}
            )

    def _marked(self, flow: GraphDependence, taker: GraphDependence) -> GraphDependence:
        return flow.model_copy(update={"in_place": True}) if flow == taker else flow

    def _taker(self, value: GraphValue) -> GraphDependence | None:
        """The reader that overwrites what it reads: it reuses most, and no other reader needs it.

        Readers that are not ordered by the program are ordered by C9, write after read.
        """
        flows = self._flows[value.name]
        if value.place == "shared" or value.name not in self._matrices:
            return None
        possible = [
            flow
            for flow in flows
            if self._overwrites(flow, value)
            and all(self._may_precede(other, flow) for other in flows if other != flow)
        ]
        return max(possible, key=lambda flow: self._reuse(flow, value), default=None)

    def _reuse(self, flow: GraphDependence, value: GraphValue) -> int:
        taken = min(value.registers, self._free[flow.target])
        return value.registers if flow.role == "accumulator" else taken

    def _overwrites(self, flow: GraphDependence, value: GraphValue) -> bool:
        if flow.role == "accumulator":
            return True
        if flow.role != "operand" or flow.target not in self._reads.owner.values():
            return False
        if value.place == "tensor_memory":
            return any(
                read.role == "accumulator" and self._reads.owner[read.producer] == flow.target
                for read in self._reads.all
            ) and value.buffer is not None and flow.distance > 0  # fmt: skip
        return self._reads.is_vector(flow.target) if flow.target in self._reads.tiles else False

    def _may_precede(self, other: GraphDependence, last: GraphDependence) -> bool:
        if other.target == last.target:
            return other.distance == last.distance
        if other.distance != last.distance:
            return other.distance < last.distance
        return not self._order.reaches(last.target, other.target)
