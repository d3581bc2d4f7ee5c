"""A GPU of known rates: it runs no code, but notes the clocks that a kernel would have noted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twill.runtime.driver import DeviceArray
from twill.runtime.dtypes import Array
from twill.tests.runtime.stub_driver import StubDriver

Fault = Callable[[str, int, float], float]
"""Name of a microbenchmark, number of its launch, cycles that it took: cycles that are noted."""

READING = 30.0  # cycles between two clock readings with nothing between them
BEGIN = 1 << 40  # what the clock shows when a launch begins
OVERHEAD = 700.0  # of a launch, the same at every length

HOPPER: Mapping[str, float] = {
    "multiply-adds": 2048, "fp8 multiply-adds": 4096, "product latency": 70, "batch issue": 12,
    "instruction issue": 3, "wait": 6, "fma": 128, "alu": 64, "mufu": 16, "shuffle": 32,
    "chain fma": 4, "chain exp2": 20, "chain shuffle": 23, "chain end": 39, "row": 180,
    "load latency": 640, "load rate": 50, "store latency": 410, "store rate": 40, "copy issue": 22,
    "link": 58, "link of one SM": 62, "dram": 12.5, "mbarrier": 85, "mbarrier issue": 21,
    "named barrier": 27, "token": 44, "group barrier": 33, "staging": 55, "staging rate": 100,
    "port": 128, "budget": 90,
}  # fmt: skip
"""Invented; none of these is a measurement of any GPU."""


BLACKWELL: Mapping[str, float] = {
    **HOPPER, "multiply-adds": 4096, "product latency": 190, "load port": 60, "store port": 300,
    "load constant": 38, "store constant": 51,
}  # fmt: skip
"""Invented too."""


def cycles_of(machine: Mapping[str, float]) -> dict[str, float]:
    """Cycles of one iteration of every microbenchmark of Hopper on such a machine."""
    m, found = machine, dict[str, float]()

    def product(columns: int, depth: int = 16, rate: str = "multiply-adds") -> float:
        return 64 * columns * depth / m[rate]

    for columns in (64, 128, 256):
        found[f"stream_bf16_n{columns}"] = 8 * product(columns)
        found[f"round_bf16_n{columns}"] = 4 * product(columns) + m["product latency"]
    found["stream_fp16_n256"] = 8 * product(256)
    found["stream_fp8e4m3_n256"] = 8 * product(256, 32, "fp8 multiply-adds")
    found["stream_bf16_n128_registers"] = 8 * product(128)
    found["stream_bf16_n256_two_groups"] = 16 * product(256)
    found["issue_0"] = found["empty_bracket"] = found["copy_bracket"] = READING
    for count in (1, 4):
        found[f"issue_{count}"] = READING + m["batch issue"] + count * m["instruction issue"]
    found["idle_wait"] = 16 * m["wait"]
    work = 512 * 8
    found["rate_fma_few"] = 8 * work / m["fma"] + 3
    found["rate_fma_many"] = 32 * work / m["fma"] + 3
    per_element = {
        "add": ("fma", 1), "multiply": ("fma", 1), "maximum": ("alu", 1), "convert": ("alu", 2),
        "convert_fp16": ("alu", 1), "convert_fp8e4m3": ("alu", 2),
        "widen": ("alu", 1), "select": ("alu", 2), "exp2": ("mufu", 1), "log2": ("mufu", 1),
        "rsqrt": ("mufu", 1), "tanh": ("mufu", 1), "shuffle": ("shuffle", 1),
    }  # fmt: skip
    for name, (unit, times) in per_element.items():
        found[f"rate_{name}"] = 16 * work * times / m[unit]
    for name in ("fma", "exp2", "shuffle", "end"):
        found[f"chain_{name}"] = 32 * m[f"chain {name}"]
    found["row_maximum"] = found["row_sum"] = m["row"]
    for rows in (8, 64, 128, 256):
        for kind in ("load", "store"):
            found[f"{kind}_round_{rows}"] = m[f"{kind} latency"] + 128 * rows / m[f"{kind} rate"]
    found["load_issue"] = READING + m["copy issue"]
    for rows in (64, 128, 256):
        found[f"cached_stream_{rows}"] = 128 * rows / m["link of one SM"]
    found["cached_stream_everywhere"] = 16384 / m["link"]
    found["memory_stream"] = 16384 / m["dram"]
    found["mbarrier_round"] = 2 * m["mbarrier"]
    found["mbarrier_issue"] = 16 * m["mbarrier issue"]
    found["named_barrier_round"] = 2 * m["named barrier"]
    found["order_token"] = READING + m["token"]
    found["group_barrier"] = 8 * m["group barrier"]
    for columns in (64, 128, 256):
        moved = 2 * 128 * columns / m["staging rate"]
        found[f"crossing_{columns}"] = m["staging"] + 2 * m["mbarrier"] + moved
    found["port_loads"] = found["port_stores"] = 8 * 512 * 16 / m["port"]
    found["change_budget"] = 2 * m["budget"]
    return found


def blackwell_cycles(machine: Mapping[str, float]) -> dict[str, float]:
    """The same for tcgen05: products of 128 rows, loads and stores of Tensor Memory."""
    m, found = machine, cycles_of(machine)
    for columns in (64, 128, 256):
        product = 128 * columns * 16 / m["multiply-adds"]
        found[f"stream_bf16_n{columns}"] = found[f"stream_fp16_n{columns}"] = 8 * product
        found[f"round_bf16_n{columns}"] = 4 * product + m["product latency"]
    for columns in (32, 64, 128):
        for kind in ("load", "store"):
            one = m[f"{kind} constant"] + 128 * columns / m[f"{kind} port"]
            found[f"{kind}_{columns}"] = 8 * one
    return found


@dataclass
class ModelledGpu(StubDriver):
    """Launches take what `cycles` says, with noise of some cycles and now and then much more."""

    cycles: Mapping[str, float] = field(default_factory=lambda: cycles_of(HOPPER))
    noise_cycles: float = 8
    outliers: float = 0.03  # share of launches that are disturbed
    fault: Fault = lambda name, number, cycles: cycles
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(7))
    launched: dict[str, int] = field(default_factory=dict)

    def multiprocessors(self) -> int:
        return 132 if self.compute_capability == (9, 0) else 148

    def allocate(self, shape: tuple[int, ...], storage: str) -> DeviceArray:
        self.calls.append(("allocate", shape, storage))
        small = shape if len(shape) == 1 else (1,)  # what copies move is not modelled
        placed = self.place(np.zeros(small, storage))
        return DeviceArray(placed.handle, placed.pointer, shape, storage, True)

    def launch(
        self,
        kernel: object,
        grid: tuple[int, int, int],
        threads: int,
        shared_bytes: int,
        arguments: Sequence[Any],
    ) -> None:
        super().launch(kernel, grid, threads, shared_bytes, arguments)
        name = str(kernel).removeprefix("kernel ")
        number = self.launched[name] = self.launched.get(name, 0) + 1
        taken = OVERHEAD + int(arguments[1]) * self.cycles[name]
        taken += abs(self.random.normal(0, self.noise_cycles))
        if self.random.random() < self.outliers:
            taken *= self.random.uniform(1.5, 9)
        self._note(self.memory[int(arguments[0])], self.fault(name, number, taken))

    def _note(self, noted: Array, taken: float) -> None:
        """The first warp begins early, the last one ends late."""
        warps = noted.reshape(-1, 2)
        warps[:, 0] = BEGIN + self.random.integers(0, 5, len(warps))
        warps[0, 0] = BEGIN
        warps[:, 1] = BEGIN + round(taken)
