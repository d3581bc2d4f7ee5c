"""How one operation learns that another is over: by a signal, by a barrier of its group, or not.

Products of one thread into one tensor come one after the other by themselves, and the threads of a
group each keep to their own lane (PTX ISA, tcgen05.ld and .st, access restrictions).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from ...models.dependence_graph import GraphDependence
from ...models.problem import Dependence
from ...models.tiling import TileNode
from ...models.warp_program import Signal
from ..amendments import Amendable
from ..inputs import Emission
from ..lower.layouts import Layouts
from ..lower.plan import Plan
from .accesses import Need, needs_of, tensor_values

WARPS = 4  # of a warp group
Way = Literal["signal", "barrier", "none"]


@dataclass(frozen=True, slots=True)
class Crossing:
    """A row vector that one warp group computes and others read."""

    tile: str
    source: str  # the operation that makes it
    targets: tuple[str, ...]  # the first that reads it, in each role

    @property
    def buffer(self) -> str:
        """Where it lies in shared memory."""
        return f"{self.tile}.staged"

    @property
    def full(self) -> str:
        """The signal that it was written."""
        return f"{self.tile}.full"

    @property
    def empty(self) -> str:
        """The signal that it was read."""
        return f"{self.tile}.empty"


@dataclass(frozen=True, slots=True)
class Handoffs:
    """What operations wait for, and what they tell."""

    needs: tuple[Need, ...]
    ways: dict[Need, Way]
    crossings: tuple[Crossing, ...]
    signals: tuple[Signal, ...]

    def before(self, operation: str, way: Way) -> tuple[Need, ...]:
        """What an operation waits for in that way."""
        return tuple(n for n in self.needs if n.target == operation and self.ways[n] == way)

    def is_told(self, operation: str) -> bool:
        """Whether anyone waits for a signal of the operation."""
        return any(n.source == operation and self.ways[n] == "signal" for n in self.needs)


def over(name: str) -> str:
    """The signal that an operation, or all products of a role, are over."""
    return f"{name}.over"


def find_handoffs(emission: Emission, plan: Plan, layouts: Layouts) -> Handoffs:
    """All of them; Unsupported for a value that cannot cross."""
    needs = needs_of(emission)
    ways = {need: _way(emission, plan, need) for need in needs}
    crossings = tuple(_crossings(emission, plan, layouts))
    kinds = {o.name: o.kind for o in emission.graph.operations}
    told = dict.fromkeys(need.source for need in needs if ways[need] == "signal")
    signals = [
        Signal(name=over(name), arrivals=1 if kinds[name] == "matrix" else WARPS) for name in told
    ]
    for crossing in crossings:
        signals.append(Signal(name=crossing.full, arrivals=WARPS))
        signals.append(Signal(name=crossing.empty, arrivals=WARPS * len(crossing.targets)))
    issuing = [r.name for r in plan.roles if any(o.kind == "matrix" for o in r.operations)]
    signals += [Signal(name=over(name), arrivals=1) for name in issuing]
    return Handoffs(needs, ways, crossings, tuple(signals))


def _way(emission: Emission, plan: Plan, need: Need) -> Way:
    kinds = {o.name: o.kind for o in emission.graph.operations}
    alike = plan.role_of(need.source) == plan.role_of(need.target)
    if kinds[need.source] == "matrix":
        both = {need.source, need.target} <= _accumulating(emission, need.buffer)
        return "none" if alike and both else "signal"
    if not alike:
        return "signal"
    return "barrier" if kinds[need.target] == "matrix" else "none"


def _accumulating(emission: Emission, buffer: str) -> set[str]:
    """Products whose result lies in a buffer."""
    values = tensor_values(emission)
    own = {v.source for v in emission.graph.values if values.get(v.name) == buffer}
    return {o.name for o in emission.graph.operations if o.kind == "matrix" and o.name in own}


def _crossings(emission: Emission, plan: Plan, layouts: Layouts) -> Iterator[Crossing]:
    values = {v.name: v for v in emission.graph.values if v.place == "registers"}
    for name, value in values.items():
        flows = [f for f in emission.graph.dependences if f.kind == "flow" and f.value == name]
        home = plan.role_of(value.source)
        away = dict.fromkeys(f.target for f in flows if plan.role_of(f.target) != home)
        if not away:
            continue
        tile = _tile(emission, name)
        if tile is None or layouts.of(tile) != "rows" or tile.dtype != "f32":
            line = emission.operation(tile).position.line if tile else None
            message = f"{name} crosses warp groups: only row vectors of f32 do"
            raise _stays(message, line, name, (value.source, *away))
        if any(f.distance for f in flows if f.target in away):
            line = emission.operation(tile).position.line
            message = f"{name} of an iteration before crosses warp groups"
            raise _stays(message, line, name, (value.source, *away))
        if _depth(emission, f"staged({name})") > 1:
            raise Amendable(
                f"{name} between warp groups: more than one copy at once",
                asked=f"there is one copy of {name} at a time",
                orders=_single_copy(emission, value.source, flows),
            )
        first: dict[str, str] = {}  # reader of each role
        for target in sorted(away, key=emission.schedule.issue_cycle):
            first.setdefault(plan.role_of(target).name, target)
        yield Crossing(tile.name, value.source, tuple(first.values()))


def _tile(emission: Emission, name: str) -> TileNode | None:
    return next((tile for tile in emission.tiled.loop if tile.name == name), None)


def _stays(message: str, line: int | None, name: str, operations: Iterable[str]) -> Amendable:
    return Amendable(message, line, asked=f"{name} stays in its warp group", together=operations)


def _depth(emission: Emission, ring: str) -> int:
    return max((r.depth for r in emission.schedule.rings if r.buffer == ring), default=1)


def check_single_copies(emission: Emission) -> None:
    """Raise Amendable where the schedule wants two copies of a buffer of Tensor Memory.

    What a product adds to in place is one, however long the product is on its way.
    """
    problem = emission.problem
    values = tensor_values(emission)
    for buffer in dict.fromkeys(values.values()):
        own = {name for name, other in values.items() if other == buffer}
        opener = next(b.opener for b in problem.buffers if b.name == buffer)
        readers = [d for d in problem.dependences if d.value in own]
        carried = any(d.target == opener and d.distance == 1 for d in readers)
        if carried or _depth(emission, buffer) == 1:
            continue
        raise Amendable(
            f"{buffer} in Tensor Memory: more than one copy at once",
            asked=f"there is one copy of {buffer} at a time",
            orders=_single_copy(emission, opener, readers),
        )


def _single_copy(
    emission: Emission, opener: str, readers: Iterable[GraphDependence | Dependence]
) -> Iterator[Dependence]:
    """What uses a buffer is over when the next iteration opens it."""
    for name, distance in dict.fromkeys((r.target, r.distance) for r in readers):
        latency = emission.problem.operation(name).latency_cycles
        if distance <= 1 and name != opener:
            yield Dependence(
                source=name, target=opener, latency_cycles=latency, distance=1 - distance
            )
