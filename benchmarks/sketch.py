"""Drawing up a problem with modelled costs, operation by operation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..models.problem import (
    Buffer,
    Dependence,
    FunctionalUnit,
    Machine,
    Memory,
    Operation,
    RegisterFile,
    Reservation,
    SchedulingProblem,
    Swap,
    Value,
)

THREADS = 128  # of a warp group
SHARED_BYTES = 232_448
TENSOR_MEMORY_COLUMNS = 512
MOST_REGISTERS = 240  # per thread
TILE = 128  # N and D
TENSOR = {"TC": 1}

# Factors on the cycles of an operation that look measured and are not.
PERTURBED = {
    "MAX": 1.31,
    "EXP": 1.127,
    "SIL": 1.127,
    "SUM": 1.19,
    "CVT": 1.43,
    "RESC": 1.17,
    "CVTP": 1.41,
    "dS": 1.23,
    "STdS": 1.37,
    "CPdQ": 1.29,
    "MUL": 1.21,
}
PERTURBED_HANDOFF = 1.083


@dataclass(slots=True)
class Sketch:
    """A problem under construction; `name#1` is the operation `name` of sub-tile 1."""

    blackwell: bool = False
    perturbed: bool = False
    operations: list[Operation] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    buffers: list[Buffer] = field(default_factory=list)
    dependences: list[Dependence] = field(default_factory=list)

    def mma_cycles(self, m: int, n: int, k: int) -> int:
        """Cycles of a matrix product on the tensor core."""
        return m * n * k // (8192 if self.blackwell else 4096)

    def add_load(self, name: str, shared_bytes: int) -> None:
        """A load of the producer into shared memory; its latency is not modelled."""
        self.operations.append(Operation(name=name, latency_cycles=0, variable_latency=True))
        self._add_result(name, "smem", shared_bytes)

    def add(
        self,
        name: str,
        cycles: int,
        units: Mapping[str, int],
        result: tuple[str, int],
        variable_latency: bool = False,
    ) -> None:
        """An operation, busy on its units while it runs, and where its result goes."""
        latency, busy = cycles, cycles
        if self.perturbed and "TC" in units:
            latency, busy = cycles + 33, cycles + 5
        elif self.perturbed:
            latency = busy = round(cycles * PERTURBED.get(name.split("#")[0], 1.0))
        self.operations.append(
            Operation(
                name=_name(name),
                latency_cycles=latency,
                variable_latency=variable_latency,
                reservations=tuple(
                    Reservation(unit=unit, quantity=quantity, cycles=busy)
                    for unit, quantity in units.items()
                ),
            )
        )
        self._add_result(_name(name), *result)

    def _add_result(self, name: str, place: str, size: int) -> None:
        value = f"{name}.result"
        if place == "registers":
            self.values.append(Value(name=value, source=name, registers=size // THREADS))
        elif place == "nowhere":
            self.values.append(Value(name=value, source=name))
        else:
            buffer = Buffer(name=f"{name}.{place}", memory=place, size=size, opener=name)
            self.buffers.append(buffer)
            self.values.append(Value(name=value, source=name, buffer=buffer.name))

    def link(
        self, source: str, target: str, moved_bytes: int = 0, handoff: int = 0, **more: Any
    ) -> None:
        """The target reads the result of the source; if it crosses, so many bytes are staged."""
        name = f"{_name(source)}.result"
        handoff = 2 * moved_bytes // 128 + 60 if moved_bytes and not handoff else handoff
        self.order(source, target, handoff, value=name, staged_bytes=moved_bytes, **more)

    def order(self, source: str, target: str, handoff: int = 0, **more: Any) -> None:
        """The target follows the source; nothing is read."""
        source, target = _name(source), _name(target)
        latency = next(o.latency_cycles for o in self.operations if o.name == source)
        if self.perturbed:
            handoff = round(handoff * PERTURBED_HANDOFF)
        self.dependences.append(
            Dependence(
                source=source, target=target, latency_cycles=latency, handoff_cycles=handoff, **more
            )
        )

    def finish(self, name: str, warp_groups: int, resident: int) -> SchedulingProblem:
        """The problem; sub-tiles 0 and 1, if there are two, may be exchanged."""
        return SchedulingProblem(
            name=f"{name}-perturbed" if self.perturbed else name,
            machine=self._machine(warp_groups, resident),
            operations=tuple(self.operations),
            values=tuple(self.values),
            buffers=tuple(self.buffers),
            dependences=tuple(self.dependences),
            symmetries=self._symmetries(),
        )

    def _machine(self, warp_groups: int, resident: int) -> Machine:
        memories = [
            Memory(name="smem", capacity=SHARED_BYTES, resident=resident, allocation="pooled")
        ]
        if self.blackwell:
            columns = TENSOR_MEMORY_COLUMNS
            memories.append(
                Memory(name="tmem", capacity=columns, allocation="pooled", unit="columns")
            )
        return Machine(
            name="blackwell" if self.blackwell else "hopper",
            units=(
                FunctionalUnit(name="TC", capacity=1),
                FunctionalUnit(name="MUFU", capacity=1),
                FunctionalUnit(name="FMA", capacity=8),
            ),
            memories=tuple(memories),
            staging_memory="smem",
            warp_groups=warp_groups,
            # Each warp group is limited alone: the pool holds the largest budget of every one.
            registers=RegisterFile(
                step=1,
                least=1,
                most=MOST_REGISTERS,
                pool=tuple(MOST_REGISTERS * count for count in range(1, warp_groups + 1)),
            ),
        )

    def _symmetries(self) -> tuple[Swap, ...]:
        first = [o.name for o in self.operations if o.name.endswith("[0]")]
        pairs = tuple((name, name.replace("[0]", "[1]")) for name in first)
        known = {o.name for o in self.operations}
        return (pairs,) if pairs and all(other in known for _, other in pairs) else ()


def _name(sketched: str) -> str:
    name, _, subtile = sketched.partition("#")
    return f"{name}[{subtile}]" if subtile else name
