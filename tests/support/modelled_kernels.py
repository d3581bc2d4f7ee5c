"""Attention, SwiGLU and GEMM loops at modelled costs, written out operation by operation.

The costs are round figures for tests of the solver, not predictions for a GPU.
"""

from __future__ import annotations

from typing import Any

from twill.models.problem import (
    Buffer,
    Dependence,
    FunctionalUnit,
    Machine,
    Memory,
    Operation,
    RegisterFile,
    Reservation,
    SchedulingProblem,
    Value,
)

SHARED_BYTES = 232_448
TENSOR_COLUMNS = 512
THREADS = 128
UNITS = (
    FunctionalUnit(name="tc", capacity=1),
    FunctionalUnit(name="mufu", capacity=1),
    FunctionalUnit(name="fma", capacity=8),
)


class Loop:
    """Collects operations, values and dependences; a value is named after its operation."""

    def __init__(self, name: str, groups: int, resident: int, allocation: Any = "pooled") -> None:
        self.name = name
        self.machine = Machine(
            name="modelled",
            units=UNITS,
            memories=(
                Memory(
                    name="smem", capacity=SHARED_BYTES, resident=resident, allocation=allocation
                ),
                Memory(name="tmem", capacity=TENSOR_COLUMNS, unit="columns", allocation=allocation),
            ),
            staging_memory="smem",
            warp_groups=groups,
            registers=RegisterFile(pool=tuple(240 * n for n in range(1, groups + 1))),
        )
        self.operations: list[Operation] = []
        self.values: list[Value] = []
        self.buffers: list[Buffer] = []
        self.dependences: list[Dependence] = []
        self.symmetries: list[tuple[tuple[str, str], ...]] = []

    def operation(
        self,
        name: str,
        cycles: int,
        units: dict[str, int] | None = None,
        elements: int = 0,
        smem: int = 0,
        tmem: int = 0,
        **more: Any,
    ) -> None:
        """An operation and its result: elements in registers, bytes or columns in a memory."""
        blocks = tuple(
            Reservation(unit=unit, quantity=quantity, cycles=cycles)
            for unit, quantity in (units or {}).items()
        )
        issue = 16 if units and "tc" in units else cycles
        self.operations.append(
            Operation(
                name=name,
                latency_cycles=cycles,
                reservations=blocks,
                **{"issue_cycles": issue, **more},
            )
        )
        memory, size = ("smem", smem) if smem else ("tmem", tmem)
        if size:
            self.buffers.append(Buffer(name=f"{name}.ring", memory=memory, size=size, opener=name))
        if elements or size:
            self.values.append(
                Value(
                    name=f"{name}.out",
                    source=name,
                    registers=elements // THREADS,
                    buffer=f"{name}.ring" if size else None,
                )
            )

    def load(self, name: str, size: int) -> None:
        """A bulk copy by the producer, of variable latency."""
        self.operation(name, 0, smem=size, variable_latency=True)

    def link(
        self, source: str, target: str, moved: int = 0, data: bool = True, **more: Any
    ) -> None:
        """A dependence; `moved` bytes are staged and handed on if it crosses."""
        latency = next(o.latency_cycles for o in self.operations if o.name == source)
        held = any(v.source == source for v in self.values)
        self.dependences.append(
            Dependence(
                source=source,
                target=target,
                latency_cycles=latency,
                value=f"{source}.out" if data and held else None,
                staged_bytes=moved,
                **{"handoff_cycles": 2 * moved // 128 + 60 if moved else 0, **more},
            )
        )

    def swap_tiles(self) -> None:
        """Two equal sub-tiles: operations whose names end in 0 and 1."""
        self.symmetries.append(
            tuple((o.name, o.name[:-1] + "1") for o in self.operations if o.name.endswith("0"))
        )

    def problem(self) -> SchedulingProblem:
        """What was collected."""
        return SchedulingProblem(
            name=self.name,
            machine=self.machine,
            operations=tuple(self.operations),
            values=tuple(self.values),
            buffers=tuple(self.buffers),
            dependences=tuple(self.dependences),
            symmetries=tuple(self.symmetries),
        )


def _product(m: int, n: int, k: int, rate: int) -> int:
    return m * n * k // rate


def attention_forward_hopper(tiles: int, rows: int, groups: int) -> SchedulingProblem:
    """Flash attention forward, N = D = 128, results in registers."""
    loop = Loop(f"attention-forward-hopper-{tiles}x{rows}", groups, tiles * rows * 256)
    loop.load("LK", 32_768)
    loop.load("LV", 32_768)
    el = rows * 128
    mma, row = _product(rows, 128, 128, 4096), el // 128
    fma = {"fma": 7}
    for i in range(tiles):
        loop.operation(f"QK{i}", mma, {"tc": 1}, elements=el)
        loop.operation(f"MAX{i}", row, fma, elements=256)
        loop.operation(f"EXP{i}", el // 16, {"mufu": 1, "fma": 1}, elements=el)
        loop.operation(f"SUM{i}", row, fma, elements=256)
        loop.operation(f"CVT{i}", row, fma, elements=el // 2)
        loop.operation(f"RESC{i}", row, fma, elements=el)
        loop.operation(f"PV{i}", mma, {"tc": 1}, elements=el)
        loop.link("LK", f"QK{i}")
        loop.link("LV", f"PV{i}")
        loop.link(f"QK{i}", f"MAX{i}", 4 * el, blocking=True)
        loop.link(f"QK{i}", f"EXP{i}", 4 * el, release="start")
        loop.link(f"MAX{i}", f"EXP{i}", handoff_cycles=64)
        loop.link(f"MAX{i}", f"MAX{i}", data=False, distance=1)
        loop.link(f"EXP{i}", f"SUM{i}", 4 * el)
        loop.link(f"EXP{i}", f"CVT{i}", 4 * el)
        loop.link(f"SUM{i}", f"SUM{i}", data=False, distance=1, handoff_cycles=64)
        loop.link(f"MAX{i}", f"RESC{i}", data=False, handoff_cycles=64)
        loop.link(f"CVT{i}", f"PV{i}", 2 * el)
        loop.link(f"PV{i}", f"RESC{i}", 4 * el, distance=1, release="start", blocking=True)
        loop.link(f"RESC{i}", f"PV{i}", 4 * el, release="start")
    if tiles == 2:
        loop.swap_tiles()
    return loop.problem()


def attention_forward_blackwell(tiles: int, rows: int, groups: int = 5) -> SchedulingProblem:
    """Flash attention forward, N = D = 128, products in tensor memory."""
    loop = Loop(f"attention-forward-blackwell-{tiles}x{rows}", groups, tiles * rows * 256)
    loop.load("LK", 32_768)
    loop.load("LV", 32_768)
    el = rows * 128
    mma, row = _product(rows, 128, 128, 8192), el // 128
    for i in range(tiles):
        loop.operation(f"QK{i}", mma, {"tc": 1}, tmem=128)
        loop.operation(f"MAX{i}", 2 * row, {"fma": 4}, elements=el)
        loop.operation(f"EXP{i}", el // 16, {"mufu": 1, "fma": 1}, elements=el)
        loop.operation(f"SUM{i}", row, {"fma": 7}, elements=256)
        loop.operation(f"CVT{i}", 3 * row // 2, {"fma": 6}, tmem=64)
        loop.operation(f"RESC{i}", 3 * row, {"fma": 3}, tmem=128)
        loop.operation(f"PV{i}", mma, {"tc": 1}, tmem=128)
        loop.link("LK", f"QK{i}")
        loop.link("LV", f"PV{i}")
        loop.link(f"QK{i}", f"MAX{i}", blocking=True)
        loop.link(f"MAX{i}", f"EXP{i}", 4 * el, release="start")
        loop.link(f"MAX{i}", f"MAX{i}", data=False, distance=1)
        loop.link(f"EXP{i}", f"SUM{i}", 4 * el)
        loop.link(f"EXP{i}", f"CVT{i}", 4 * el)
        loop.link(f"SUM{i}", f"SUM{i}", data=False, distance=1, handoff_cycles=64)
        loop.link(f"MAX{i}", f"RESC{i}", data=False, handoff_cycles=64)
        loop.link(f"CVT{i}", f"PV{i}")
        loop.link(f"PV{i}", f"RESC{i}", distance=1, release="start", blocking=True)
        loop.link(f"RESC{i}", f"PV{i}", release="start")
    if tiles == 2:
        loop.swap_tiles()
    return loop.problem()


def attention_backward(hopper: int, groups: int = 4) -> SchedulingProblem:
    """Flash attention backward, N = D = 128: 1 is Hopper with 64 rows, 0 is Blackwell with 128."""
    rows, rate = (64, 4096) if hopper else (128, 8192)
    el, width = rows * 128, 128 * 128
    loop = Loop(f"attention-backward-{'hopper' if hopper else 'blackwell'}", groups, 65_536)
    here = 1 if hopper else 0
    score, grad = _product(rows, 128, 128, rate), _product(128, 128, rows, rate)
    loop.load("LQ", 2 * rows * 128)
    loop.load("LdO", 2 * rows * 128)

    def product(name: str, cycles: int, elements: int) -> None:
        where = {"elements": elements} if hopper else {"tmem": 128}
        loop.operation(name, cycles, {"tc": 1}, **where)

    product("S", score, el)
    product("dP", score, el)
    loop.operation("EXP", el // 16, {"mufu": 1, "fma": 1}, elements=el)
    converted = {"elements": el // 2} if hopper else {"tmem": 64}
    loop.operation("CVTP", el // 128, {"fma": 7}, **converted)
    loop.operation("dS", 2 * el // 128, {"fma": 7 if hopper else 6}, elements=el // 2)
    loop.operation("STdS", el // 128, {"fma": 4}, smem=2 * el)
    product("dV", grad, width)
    product("dK", grad, width)
    product("dQ", score, rows * 128)
    loop.operation("CPdQ", 2 * rows * 128 // 128, {"fma": 4}, smem=4 * rows * 128)
    loop.operation("RED", 128, issue_cycles=16, variable_latency=True)
    for load, use in (("LQ", "S"), ("LdO", "dP"), ("LdO", "dV"), ("LQ", "dK")):
        loop.link(load, use)
    release = "start" if hopper else "end"
    loop.link("S", "EXP", here * 4 * el, blocking=True, release=release)
    loop.link("dP", "dS", here * 4 * el, blocking=True, release=release)
    loop.link("EXP", "CVTP", 4 * el)
    loop.link("EXP", "dS", 4 * el)
    loop.link("CVTP", "dV", here * 2 * el)
    loop.link("dS", "STdS", 2 * el)
    loop.link("STdS", "dK")
    loop.link("STdS", "dQ")
    for sum_name in ("dV", "dK"):
        loop.link(sum_name, sum_name, here * 4 * width, distance=1, release="start")
    loop.link("dQ", "CPdQ", here * 4 * rows * 128, blocking=True)
    loop.link("CPdQ", "RED")
    return loop.problem()


def swiglu(hopper: int) -> SchedulingProblem:
    """Two sub-tiles of a SwiGLU layer, N = K = D = 128: 1 is Hopper, 0 is Blackwell."""
    rows, rate = (64, 4096) if hopper else (128, 8192)
    el, here = rows * 128, 1 if hopper else 0
    groups, resident = (3, 2 * rows * 256) if hopper else (4, 2 * rows * 256)
    loop = Loop(f"swiglu-{'hopper' if hopper else 'blackwell'}", groups, resident)
    for name in ("LG", "LU", "LD"):
        loop.load(name, 32_768)
    mma = _product(rows, 128, 128, rate)
    for i in range(2):
        for name in ("G", "U", "DN"):
            where = {"elements": el} if hopper else {"tmem": 128}
            loop.operation(f"{name}{i}", mma, {"tc": 1}, **where)
        loop.operation(f"SIL{i}", 2 * el // 16, {"mufu": 1, "fma": 1}, elements=el)
        half = {"elements": el // 2} if hopper else {"tmem": 64}
        loop.operation(f"MUL{i}", 2 * el // 128, {"fma": 7}, **half)
        loop.link("LG", f"G{i}")
        loop.link("LU", f"U{i}")
        loop.link("LD", f"DN{i}")
        release = "start" if hopper else "end"
        loop.link(f"G{i}", f"SIL{i}", here * 4 * el, blocking=True, release=release)
        loop.link(f"SIL{i}", f"MUL{i}", 4 * el)
        loop.link(f"U{i}", f"MUL{i}", here * 4 * el, blocking=True)
        loop.link(f"MUL{i}", f"DN{i}", here * 2 * el)
        loop.link(f"DN{i}", f"DN{i}", here * 4 * el, distance=1, release="start")
    loop.swap_tiles()
    return loop.problem()
