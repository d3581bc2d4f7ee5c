"""The paper's second phase: one Boolean for each operation, copy and cycle, as SMT-LIB text.

UNIQUENESS to CONCURRENCY are the families of the paper's Figures 4 to 6, over the straight-line
program of ceil(L / I) copies whose steady state runs once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from twill.benchmarks.literal_model import Link, LiteralProblem, Vertex


@dataclass(frozen=True, slots=True)
class Grid:
    """Initiation interval I, length L, copies c = ceil(L / I), cycles T = (c - 1) * I + L."""

    problem: LiteralProblem
    interval: int
    length: int

    @property
    def copies(self) -> int:
        """How many iterations are written out."""
        return -(-self.length // self.interval)

    @property
    def end(self) -> int:
        """The cycle after the last one."""
        return (self.copies - 1) * self.interval + self.length


def write(grid: Grid) -> str:
    """The whole question; satisfiable exactly if a schedule of that I and L exists."""
    number = {v.name: i for i, v in enumerate(grid.problem.vertices)}
    writer = _Writer(grid, number)
    lines = ["(set-logic QF_LIA)", *writer.declarations()]
    lines += (f"(assert {formula})" for formula in writer.formulas())
    return "\n".join([*lines, "(check-sat)", ""])


class _Writer:
    def __init__(self, grid: Grid, number: dict[str, int]) -> None:
        self.grid = grid
        self.problem = grid.problem
        self.number = number
        self.copies = range(grid.copies)
        self.cycles = range(grid.end)
        self.warps = range(grid.problem.warps)

    def op(self, v: str, i: int, t: int) -> str:
        """Operation v of copy i issues at t."""
        return f"o{self.number[v]}_{i}_{t}"

    def live(self, v: str, i: int, t: int) -> str:
        """The result of v of copy i is live at t."""
        return f"l{self.number[v]}_{i}_{t}"

    def on(self, v: str, w: int) -> str:
        """Operation v runs on warp w."""
        return f"w{self.number[v]}_{w}"

    def declarations(self) -> Iterator[str]:
        for v in self.problem.vertices:
            for i in self.copies:
                for t in self.cycles:
                    yield f"(declare-fun {self.op(v.name, i, t)} () Bool)"
                for t in range(-1, self.grid.end + 1):
                    yield f"(declare-fun {self.live(v.name, i, t)} () Bool)"
            for w in self.warps:
                yield f"(declare-fun {self.on(v.name, w)} () Bool)"

    def formulas(self) -> Iterator[str]:
        for v in self.problem.vertices:
            yield from self.placed(v)
            yield from self.liveness(v)
            yield from self.warp(v)
        for link in self.problem.links:
            yield from self.dependence(link)
            yield from self.spill(link)
            if link.blocking:
                yield from self.concurrency(link)
        for unit, capacity in self.problem.units.items():
            yield from self.capacity(unit, capacity)
        for memory, capacity in self.problem.memories.items():
            yield from self.memory(memory, capacity)
        yield from self.registers()

    def placed(self, v: Vertex) -> Iterator[str]:
        """UNIQUENESS, CONSISTENCY, COMPLETION."""
        for i in self.copies:
            yield f"(= 1 {_sum(f'(ite {self.op(v.name, i, t)} 1 0)' for t in self.cycles)})"
            for t in self.cycles:
                if t + v.cycles > self.grid.end:
                    yield f"(not {self.op(v.name, i, t)})"
        for i in range(1, self.grid.copies):
            for t in self.cycles:
                later = t + i * self.grid.interval
                follows = self.op(v.name, i, later) if later < self.grid.end else "false"
                yield f"(=> {self.op(v.name, 0, t)} {follows})"

    def dependence(self, e: Link) -> Iterator[str]:
        """DEPENDENCE: nothing of the target before the source is done."""
        for i in self.copies:
            if i + e.distance not in self.copies:
                continue
            for t in self.cycles:
                early = range(min(self.grid.end, t + e.cycles))
                barred = [f"(not {self.op(e.target, i + e.distance, s)})" for s in early]
                if barred:
                    yield f"(=> {self.op(e.source, i, t)} {_all(barred)})"

    def capacity(self, unit: str, capacity: int) -> Iterator[str]:
        """CAPACITY: what runs holds its share of the unit."""
        users = [(v.name, *v.held[unit]) for v in self.problem.vertices if unit in v.held]
        for t in self.cycles:
            terms = [
                f"(ite {self.op(name, i, t - k)} {quantity} 0)"
                for name, quantity, cycles in users
                for i in self.copies
                for k in range(min(cycles, t + 1))
            ]
            if terms:
                yield f"(<= {_sum(terms)} {capacity})"

    def liveness(self, v: Vertex) -> Iterator[str]:
        """INIT, LIVE and DEAD propagation, backwards from the end."""
        readers = [e for e in self.problem.links if e.source == v.name and e.carries_value]
        carried = any(e.distance > 0 for e in readers)
        for i in self.copies:
            last = self.live(v.name, i, self.grid.end)
            yield last if carried and i == self.grid.copies - 1 else f"(not {last})"
            for t in range(self.grid.end, -1, -1):
                yield from self._live_before(v, readers, i, t)

    def _live_before(self, v: Vertex, readers: list[Link], i: int, t: int) -> Iterator[str]:
        now, before = self.live(v.name, i, t), self.live(v.name, i, t - 1)
        issued = self.op(v.name, i, t) if t < self.grid.end else "false"
        used = [
            self.op(e.target, i + e.distance, t)
            for e in readers
            if i + e.distance in self.copies and t < self.grid.end
        ]
        yield f"(=> (and {now} (not {issued})) {before})"
        yield f"(=> {issued} (not {before}))"
        for use in used:
            yield f"(=> {use} {before})"
        unused = " ".join(f"(not {use})" for use in used)
        yield f"(=> (and (not {now}) {unused}) (not {before}))"

    def memory(self, memory: str, capacity: int) -> Iterator[str]:
        """MEMORY CAPACITY."""
        kept = [v for v in self.problem.vertices if memory in v.footprint]
        for t in self.cycles:
            terms = [
                f"(ite {self.live(v.name, i, t)} {v.footprint[memory]} 0)"
                for v in kept
                for i in self.copies
            ]
            if terms:
                yield f"(<= {_sum(terms)} {capacity})"

    def warp(self, v: Vertex) -> Iterator[str]:
        """WARP UNIQUENESS, VARIABLE LATENCY."""
        yield f"(= 1 {_sum(f'(ite {self.on(v.name, w)} 1 0)' for w in self.warps)})"
        own = self.on(v.name, 0)
        yield own if v.variable_latency else f"(not {own})"

    def registers(self) -> Iterator[str]:
        """REGISTER LIMIT, for each warp."""
        limit = self.problem.register_limit
        holders = [v for v in self.problem.vertices if v.registers]
        if limit is None or not holders:
            return
        for w in self.warps:
            for t in self.cycles:
                terms = [
                    f"(ite (and {self.live(v.name, i, t)} {self.on(v.name, w)}) {v.registers} 0)"
                    for v in holders
                    for i in self.copies
                ]
                yield f"(<= {_sum(terms)} {limit})"

    def spill(self, e: Link) -> Iterator[str]:
        """CROSS-WARP SPILLS: a target on another warp waits for the hand-over as well."""
        cost = next(v.spill_cost for v in self.problem.vertices if v.name == e.source)
        moved = range(e.cycles, e.cycles + cost)
        for i in self.copies:
            if i + e.distance not in self.copies or not cost:
                continue
            for t in self.cycles:
                barred = [
                    f"(not {self.op(e.target, i + e.distance, t + s)})"
                    for s in moved
                    if t + s < self.grid.end
                ]
                for w in self.warps if barred else ():
                    for other in self.warps:
                        if w != other:
                            yield (
                                f"(=> (and {self.op(e.source, i, t)} {self.on(e.source, w)} "
                                f"{self.on(e.target, other)}) {_all(barred)})"
                            )

    def concurrency(self, e: Link) -> Iterator[str]:
        """CONCURRENCY: while the target waits, nothing else of its warp runs."""
        others = [v for v in self.problem.vertices if v.name != e.target and v.cycles]
        for i in self.copies:
            for t in self.cycles:
                for w in self.warps:
                    barred = [
                        f"(not (and {self.op(o.name, j, s)} {self.on(o.name, w)}))"
                        for o in others
                        for j in self.copies
                        for s in range(max(0, t - o.cycles + 1), t + 1)
                    ]
                    if barred:
                        yield (
                            f"(=> (and {self.op(e.target, i, t)} {self.on(e.target, w)}) "
                            f"{_all(barred)})"
                        )


def _sum(terms: Iterable[str]) -> str:
    return f"(+ 0 {' '.join(terms)})"


def _all(formulas: list[str]) -> str:
    return f"(and {' '.join(formulas)})" if len(formulas) > 1 else formulas[0]
