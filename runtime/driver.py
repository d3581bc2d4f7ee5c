"""What the runtime asks of a GPU. CuPy answers in `cupy_driver`; tests answer with a stub."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from .dtypes import Array
from .tensor_maps import TensorMapFields


@dataclass(frozen=True, slots=True)
class Versions:
    """What a measurement depends on beside the GPU. CUDA versions are 1000 * major + 10 * minor."""

    driver: int  # the CUDA that the driver knows
    runtime: int  # the CUDA that the library was built for
    library: str  # such as CuPy 14.2.0


@dataclass(frozen=True, slots=True)
class DeviceArray:
    """An array in the memory of the GPU."""

    handle: Any  # the array of CuPy, which keeps the memory
    pointer: int  # device address
    shape: tuple[int, ...]
    dtype: str  # NumPy's name of the element type
    is_contiguous: bool  # row-major without gaps
    is_copy: bool = False  # copied from the host, so that writing to it changes no array of theirs


class Driver(Protocol):
    """One GPU. Everything that it is asked to run goes to the stream that `on` has chosen."""

    def capability(self) -> tuple[int, int]:
        """Compute capability, such as (9, 0)."""

    def device_name(self) -> str:
        """What the maker calls the GPU."""

    def multiprocessors(self) -> int:
        """How many multiprocessors it has."""

    def on(self, stream: object) -> AbstractContextManager[object]:
        """Choose a stream: one of CuPy or torch, an address, or None for the current one."""

    def adopt(self, array: object) -> DeviceArray:
        """An array of another library, without a copy where it is in the memory of the GPU."""

    def allocate(self, shape: tuple[int, ...], storage: str) -> DeviceArray:
        """New memory, undefined until it is filled."""

    def fill(self, array: DeviceArray, byte: int) -> None:
        """Set every byte."""

    def download(self, array: DeviceArray) -> Array:
        """A copy on the host, after all work before it."""

    def tensor_map(self, pointer: int, dtype: str, fields: TensorMapFields) -> Array:
        """An encoded tensor map, as `tensor_maps.encode`."""

    def load(self, cubin: Path, entry: str, shared_bytes: int) -> object:
        """The kernel of that name in a cubin, allowed so much dynamic shared memory."""

    def launch(
        self, kernel: object, grid: tuple[int, int, int], threads: int, shared_bytes: int,
        arguments: Sequence[object],
    ) -> None:  # fmt: skip
        """Start a kernel. Arguments are NumPy scalars of exact width, and tensor maps."""

    def record(self) -> object:
        """An event at this place of the stream."""

    def elapsed_us(self, first: object, second: object) -> float:
        """Microseconds between two events that have passed."""

    def has_passed(self, event: object) -> bool:
        """Whether an event has passed; does not wait. Raises DeviceFault if a kernel failed."""

    def host_words(self, count: int) -> tuple[int, Array]:
        """64-bit words of host memory, all 0, that a running kernel can write, and its address."""

    def versions(self) -> Versions:
        """Versions of driver and libraries."""

    def synchronize(self) -> None:
        """Wait until everything is done; raises DeviceFault if a kernel failed."""
