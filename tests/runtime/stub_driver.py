"""A GPU that is none: memory is NumPy's, and what it is asked to do is written down."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from twill.runtime.driver import DeviceArray, Versions
from twill.runtime.dtypes import Array
from twill.runtime.tensor_maps import TensorMapFields


@dataclass
class StubDriver:
    """Arrays in `memory` count as arrays of the GPU; others are copied."""

    computes: Callable[[dict[int, Array], Sequence[Any]], None] = lambda memory, arguments: None
    compute_capability: tuple[int, int] = (9, 0)
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    memory: dict[int, Array] = field(default_factory=dict)
    hangs: bool = False  # no event passes any more once a kernel was launched
    _next: int = 0x1000
    _clock: int = 0

    def place(self, array: Array, offset: int = 0) -> DeviceArray:
        """An array of the GPU that holds this one; the offset spoils its alignment."""
        self._next += 0x10000
        pointer = self._next + offset
        self.memory[pointer] = array
        contiguous = bool(array.flags.c_contiguous)
        return DeviceArray(array, pointer, array.shape, array.dtype.name, contiguous)

    def capability(self) -> tuple[int, int]:
        return self.compute_capability

    def device_name(self) -> str:
        return "Stub GPU"

    def multiprocessors(self) -> int:
        return 132

    @contextmanager
    def on(self, stream: object) -> Iterator[None]:
        self.calls.append(("stream", stream))
        yield

    def adopt(self, array: object) -> DeviceArray:
        if isinstance(array, DeviceArray):
            return array
        assert isinstance(array, np.ndarray)
        placed = self.place(array.copy() if array.flags.c_contiguous else array)
        return DeviceArray(
            placed.handle, placed.pointer, placed.shape, placed.dtype, placed.is_contiguous, True
        )

    def allocate(self, shape: tuple[int, ...], storage: str) -> DeviceArray:
        self.calls.append(("allocate", shape, storage))
        return self.place(np.zeros(shape if len(shape) != 1 else min(shape[0], 4096), storage))

    def fill(self, array: DeviceArray, byte: int) -> None:
        self.calls.append(("fill", array.pointer, byte))
        self.memory[array.pointer].view(np.uint8)[...] = byte

    def download(self, array: DeviceArray) -> Array:
        return self.memory[array.pointer].copy()

    def tensor_map(self, pointer: int, dtype: str, fields: TensorMapFields) -> Array:
        self.calls.append(("tensor_map", pointer, dtype, fields))
        return np.zeros(128, np.uint8).view("V128")

    def load(self, cubin: Path, entry: str, shared_bytes: int) -> object:
        self.calls.append(("load", cubin, entry, shared_bytes))
        return f"kernel {entry}"

    def launch(
        self,
        kernel: object,
        grid: tuple[int, int, int],
        threads: int,
        shared_bytes: int,
        arguments: Sequence[object],
    ) -> None:
        self.calls.append(("launch", kernel, grid, threads, shared_bytes, tuple(arguments)))
        self.computes(self.memory, arguments)

    def record(self) -> object:
        self._clock += 1
        self.calls.append(("record", self._clock))
        return self._clock

    def elapsed_us(self, first: object, second: object) -> float:
        assert isinstance(first, int)
        assert isinstance(second, int)
        return float(second - first) * 10

    def has_passed(self, event: object) -> bool:
        return not (self.hangs and self.named("launch"))

    def host_words(self, count: int) -> tuple[int, Array]:
        words = np.zeros(count, np.uint64)
        self._next += 0x10000
        self.memory[self._next] = words
        return self._next, words

    def versions(self) -> Versions:
        return Versions(13000, 12090, "Stub 1.0")

    def synchronize(self) -> None:
        self.calls.append(("synchronize",))

    def named(self, name: str) -> list[tuple[Any, ...]]:
        """The calls of one kind."""
        return [call for call in self.calls if call[0] == name]


def noting(codes: list[int]) -> Callable[[int], int]:
    """Notes the exit code in place of ending this process."""

    def end(code: int) -> int:
        codes.append(code)
        return code

    return end
