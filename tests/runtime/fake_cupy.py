"""A CuPy that is none: NumPy's memory under its names, and a list of what was asked."""

from __future__ import annotations

import sys
import types
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest


class FakeArray(np.ndarray[Any, Any]):
    """NumPy's memory under CuPy's names."""

    @property
    def data(self) -> Any:
        return types.SimpleNamespace(ptr=self.ctypes.data)


class Shared:
    """An array of another library: DLPack, and nothing else."""

    def __init__(self, array: np.ndarray[Any, Any], device: int = 2) -> None:
        self.array = array
        self.device = device
        self.dtype = array.dtype

    def __dlpack__(self, **options: object) -> object:
        return self.array.__dlpack__()

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.device, 0


class Tensor(Shared):
    """What a tensor of torch adds: element types that NumPy has not, and views of the bits."""

    def __init__(self, array: np.ndarray[Any, Any], dtype: str, device: int = 2) -> None:
        super().__init__(array, device)
        self.dtype = f"torch.{dtype}"

    def view(self, dtype: str) -> Shared:
        return Shared(self.array.view(dtype), self.device)


class Pinned(np.ndarray[Any, Any]):
    """Host memory that knows its address."""

    ptr: int = 0


class FakeCudaError(RuntimeError):
    """As CUDARuntimeError, made from a code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"cudaError {code}")


class FakeEvent:
    """As CuPy's: the code of its query is 0 when it has passed, and `done` raises nothing."""

    def __init__(self, cupy: FakeCupy) -> None:
        self.cupy = cupy
        self.ptr = 4

    def record(self) -> None:
        if self.cupy.query not in (0, 600):
            raise FakeCudaError(self.cupy.query)
        self.cupy.note("record")

    @property
    def done(self) -> bool:
        return self.cupy.query == 0


class FakeCupy(types.ModuleType):
    """The part of CuPy that the driver uses, with a list of what was asked."""

    def __init__(self) -> None:
        super().__init__("cupy")
        self.calls: list[tuple[Any, ...]] = []
        self.devices = 1
        self.driver_cuda, self.runtime_cuda = 13000, 12090
        self.query = 0
        self.__version__ = "14.2.0"
        self.ndarray = FakeArray
        device = types.SimpleNamespace(
            id=0, compute_capability="103", attributes={"MultiProcessorCount": 148},
            synchronize=lambda: self.note("synchronize"),
        )  # fmt: skip
        runtime = types.SimpleNamespace(
            getDeviceCount=lambda: self.devices,
            getDeviceProperties=lambda number: {"name": b"Fake B300"},
            memsetAsync=lambda *arguments: self.note("memset", *arguments),
            driverGetVersion=lambda: self.driver_cuda,
            runtimeGetVersion=lambda: self.runtime_cuda,
            eventQuery=lambda pointer: self.query,
            CUDARuntimeError=FakeCudaError,
        )
        self.cuda = types.SimpleNamespace(
            runtime=runtime,
            Device=lambda: device,
            ExternalStream=lambda address: nullcontext(("stream", address)),
            get_current_stream=lambda: types.SimpleNamespace(ptr=77),
            Event=lambda: FakeEvent(self),
            alloc_pinned_memory=self.pinned,
            get_elapsed_time=lambda first, second: 0.25,
        )

    def pinned(self, size: int) -> Any:
        """As PinnedMemoryPointer: a buffer, longer than asked for, with an address."""
        array = np.full(size + 512, 0xFF, np.uint8).view(Pinned)
        array.ptr = array.ctypes.data
        return array

    def note(self, *call: Any) -> None:
        self.calls.append(call)

    def asarray(self, array: np.ndarray[Any, Any]) -> Any:
        return array.copy().view(FakeArray)

    def asnumpy(self, array: Any) -> Any:
        return np.array(array)

    def empty(self, shape: tuple[int, ...], dtype: str) -> Any:
        if shape == (1 << 50,):
            raise MemoryError("out of memory")
        return np.zeros(shape, dtype).view(FakeArray)

    def from_dlpack(self, shared: Shared) -> Any:
        if shared.dtype == np.bool_:
            raise BufferError("no such type")
        return shared.array.view(FakeArray)

    def RawModule(self, path: str) -> Any:
        if "missing" in path:
            raise RuntimeError("CUDA_ERROR_FILE_NOT_FOUND")

        class Function:
            max_dynamic_shared_size_bytes = 0

            def __call__(function, *arguments: Any, shared_mem: int) -> None:
                self.note("launch", path, *arguments, shared_mem)

        return types.SimpleNamespace(get_function=lambda name: Function())


@pytest.fixture
def cupy(monkeypatch: pytest.MonkeyPatch) -> FakeCupy:
    fake = FakeCupy()
    monkeypatch.setitem(sys.modules, "cupy", fake)
    return fake
