"""The GPU through CuPy, which is imported when the first driver is made.

Nothing here makes CuPy compile a kernel, so a machine without a CUDA toolkit will do: memory is
filled with memset, and bf16 and fp8 arrays are their bits, uint16 and uint8.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from ..models.errors import DeviceFault, InvalidInput
from .driver import DeviceArray, Versions
from .dtypes import Array
from .tensor_maps import TensorMapFields, encode

INSTALL = 'pip install "cupy-cuda12x>=14.2", or "cupy-cuda13x>=14.2" for a driver of CUDA 13'
_BITS = {"bfloat16": "uint16", "float8_e4m3fn": "uint8"}  # types of other libraries, as bits
_ON_HOST = 1  # kDLCPU of DLPack
_NOT_READY = 600  # cudaErrorNotReady of driver_types.h


class CupyDriver:
    """The current GPU of CuPy. DeviceFault where CuPy or the GPU is missing."""

    def __init__(self) -> None:
        try:
            import cupy
        except ImportError as missing:
            raise DeviceFault(f"no CuPy, which launching needs\n    {INSTALL}") from missing
        self._cupy: Any = cupy
        with _device_faults("no GPU that CuPy can use"):
            count = cupy.cuda.runtime.getDeviceCount()
            if not count:
                raise DeviceFault("no GPU")
            self._device = cupy.cuda.Device()
            _check_versions(cupy.cuda.runtime)

    def capability(self) -> tuple[int, int]:
        """Compute capability, such as (9, 0)."""
        digits = str(self._device.compute_capability)
        return int(digits[:-1]), int(digits[-1])

    def device_name(self) -> str:
        """What the maker calls the GPU."""
        name: bytes = self._cupy.cuda.runtime.getDeviceProperties(self._device.id)["name"]
        return name.decode(errors="replace")

    def multiprocessors(self) -> int:
        """How many multiprocessors it has."""
        return int(self._device.attributes["MultiProcessorCount"])

    def on(self, stream: object) -> AbstractContextManager[object]:
        """Choose a stream: one of CuPy or torch, an address, or None for the current one."""
        if stream is None:
            return nullcontext()
        address = stream
        for attribute in ("ptr", "cuda_stream"):  # of CuPy, of torch
            address = getattr(stream, attribute, address)
        if not isinstance(address, int):
            raise InvalidInput(f"{type(stream).__name__} is no stream", cure="give its address")
        external: AbstractContextManager[object] = self._cupy.cuda.ExternalStream(address)
        return external

    def adopt(self, array: object) -> DeviceArray:
        """An array of another library, without a copy where it is in the memory of the GPU."""
        if isinstance(array, self._cupy.ndarray):
            return _described(array)
        if isinstance(array, np.ndarray):
            return self._upload(array)
        if not hasattr(array, "__dlpack__"):
            raise InvalidInput(f"{type(array).__name__} is no array of a GPU")
        shared, storage = _as_bits(array)
        try:
            if shared.__dlpack_device__()[0] == _ON_HOST:
                host = np.from_dlpack(shared)
                return self._upload(host.view(storage) if storage else host)
            taken = self._cupy.from_dlpack(shared)
        except (TypeError, BufferError, ValueError, RuntimeError) as refused:
            cure = "give bf16 and fp8 as their bits, uint16 and uint8"
            raise InvalidInput(f"an array cannot be shared: {refused}", cure=cure) from refused
        return _described(taken.view(storage) if storage else taken)

    def _upload(self, array: Array) -> DeviceArray:
        bits = _BITS.get(array.dtype.name)
        whole = np.ascontiguousarray(array).reshape(array.shape)
        with _device_faults("cannot copy to the GPU"):
            copied = self._cupy.asarray(whole.view(bits) if bits else whole)
        return _described(copied, is_copy=True)

    def allocate(self, shape: tuple[int, ...], storage: str) -> DeviceArray:
        """New memory, undefined until it is filled."""
        with _device_faults("no memory on the GPU"):
            return _described(self._cupy.empty(shape, storage))

    def fill(self, array: DeviceArray, byte: int) -> None:
        """Set every byte."""
        size = prod(array.shape) * np.dtype(array.dtype).itemsize
        stream = self._cupy.cuda.get_current_stream()
        with _device_faults("cannot fill memory"):
            self._cupy.cuda.runtime.memsetAsync(array.pointer, byte, size, stream.ptr)

    def download(self, array: DeviceArray) -> Array:
        """A copy on the host, after all work before it."""
        with _device_faults("the kernel failed, or its result cannot be copied"):
            copied: Array = self._cupy.asnumpy(array.handle)
            return copied

    def tensor_map(self, pointer: int, dtype: str, fields: TensorMapFields) -> Array:
        """An encoded tensor map, as `tensor_maps.encode`."""
        return encode(pointer, dtype, fields)

    def load(self, cubin: Path, entry: str, shared_bytes: int) -> object:
        """The kernel of that name in a cubin, allowed so much dynamic shared memory."""
        with _device_faults(f"cannot load {entry}"):
            kernel = self._cupy.RawModule(path=str(cubin)).get_function(entry)
            kernel.max_dynamic_shared_size_bytes = shared_bytes  # above 48 KiB only by opt-in
            return kernel

    def launch(
        self, kernel: Any, grid: tuple[int, int, int], threads: int, shared_bytes: int,
        arguments: Sequence[object],
    ) -> None:  # fmt: skip
        """Start a kernel. Arguments are NumPy scalars of exact width, and tensor maps."""
        with _device_faults("cannot launch the kernel"):
            kernel(grid, (threads, 1, 1), tuple(arguments), shared_mem=shared_bytes)

    def record(self) -> object:
        """An event at this place of the stream."""
        with _device_faults("the kernel failed"):
            event = self._cupy.cuda.Event()
            event.record()
            return event

    def elapsed_us(self, first: object, second: object) -> float:
        """Microseconds between two events that have passed."""
        with _device_faults("the kernel failed"):
            return float(self._cupy.cuda.get_elapsed_time(first, second)) * 1000

    def has_passed(self, event: Any) -> bool:
        """Whether an event has passed; does not wait. Raises DeviceFault if a kernel failed."""
        runtime = self._cupy.cuda.runtime
        with _device_faults("the kernel failed"):
            # Not `event.done`: it is False for ever after a failure, as if the kernel hung.
            code = int(runtime.eventQuery(event.ptr))
            if code not in (0, _NOT_READY):
                raise runtime.CUDARuntimeError(code)
        return code == 0

    def host_words(self, count: int) -> tuple[int, Array]:
        """Pinned memory, which has one address for host and GPU (CUDA, unified addressing)."""
        with _device_faults("no pinned memory"):
            memory = self._cupy.cuda.alloc_pinned_memory(8 * count)
        words = np.frombuffer(memory, np.uint64, count)
        words[:] = 0
        return int(memory.ptr), words

    def versions(self) -> Versions:
        """Versions of driver and libraries."""
        runtime = self._cupy.cuda.runtime
        return Versions(
            driver=int(runtime.driverGetVersion()),
            runtime=int(runtime.runtimeGetVersion()),
            library=f"CuPy {self._cupy.__version__}",
        )

    def synchronize(self) -> None:
        """Wait until everything is done; raises DeviceFault if a kernel failed."""
        with _device_faults("the kernel failed"):
            self._device.synchronize()


def _check_versions(runtime: Any) -> None:
    """A library for CUDA 13 needs a driver that knows it; within one major version any will do."""
    known, needed = int(runtime.driverGetVersion()), int(runtime.runtimeGetVersion())
    if known // 1000 < needed // 1000:
        raise DeviceFault(
            f"this CuPy is for CUDA {needed // 1000}.{needed % 1000 // 10}, the driver knows CUDA "
            f"{known // 1000}.{known % 1000 // 10}\n    {INSTALL}"
        )


@contextmanager
def _device_faults(what: str) -> Iterator[None]:
    # The errors of CuPy are RuntimeErrors, out of memory is a MemoryError.
    try:
        yield
    except (RuntimeError, MemoryError) as failure:
        raise DeviceFault(f"{what}: {failure}") from failure


def _described(array: Any, *, is_copy: bool = False) -> DeviceArray:
    return DeviceArray(
        handle=array,
        pointer=int(array.data.ptr),
        shape=tuple(array.shape),
        dtype=array.dtype.name,
        is_contiguous=bool(array.flags.c_contiguous),
        is_copy=is_copy,
    )


def _as_bits(array: Any) -> tuple[Any, str | None]:
    # DLPack names bf16 and fp8, but CuPy and NumPy do not take them; torch can rename the bits.
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(array, torch.Tensor):
        return array, None
    storage = _BITS.get(str(array.dtype).removeprefix("torch."))
    if storage is None:
        return array, None
    return array.view(torch.int16 if storage == "uint16" else torch.uint8), storage
