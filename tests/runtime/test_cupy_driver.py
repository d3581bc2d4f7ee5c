"""The CuPy driver against a fake CuPy; what real CuPy does is tested where there is a GPU."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from twill.models.errors import DeviceFault, InvalidInput
from twill.runtime import cupy_driver
from twill.runtime.cupy_driver import CupyDriver
from twill.runtime.tensor_maps import tensor_map_fields
from twill.tests.runtime.fake_cupy import FakeArray, FakeCupy, Shared, Tensor, cupy

__all__ = ["cupy"]


def test_without_cupy_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(DeviceFault, match=r"no CuPy.*\n    pip install"):
        CupyDriver()


def test_without_a_gpu(cupy: FakeCupy) -> None:
    cupy.devices = 0
    with pytest.raises(DeviceFault, match="no GPU"):
        CupyDriver()

    def fail() -> int:
        raise RuntimeError("cudaErrorInsufficientDriver")

    cupy.cuda.runtime.getDeviceCount = fail
    with pytest.raises(DeviceFault, match="no GPU that CuPy can use: cudaErrorInsuff"):
        CupyDriver()


def test_what_the_gpu_is(cupy: FakeCupy) -> None:
    driver = CupyDriver()
    assert driver.capability() == (10, 3)
    assert driver.device_name() == "Fake B300"
    assert driver.multiprocessors() == 148


def test_streams(cupy: FakeCupy) -> None:
    driver = CupyDriver()
    with driver.on(None) as chosen:
        assert chosen is None
    for stream in (5, types.SimpleNamespace(ptr=5), types.SimpleNamespace(cuda_stream=5)):
        with driver.on(stream) as chosen:
            assert chosen == ("stream", 5)
    with pytest.raises(InvalidInput, match="str is no stream"):
        driver.on("5")


def test_an_array_of_cupy_is_taken_as_it_is(cupy: FakeCupy) -> None:
    array = np.zeros((4, 8), np.uint16).view(FakeArray)
    taken = CupyDriver().adopt(array)
    assert taken.handle is array
    assert (taken.pointer, taken.shape, taken.dtype) == (array.ctypes.data, (4, 8), "uint16")
    assert taken.is_contiguous
    assert not taken.is_copy
    assert not CupyDriver().adopt(array.T).is_contiguous


@pytest.mark.parametrize(
    ("dtype", "storage"),
    [
        (ml_dtypes.bfloat16, "uint16"),
        (ml_dtypes.float8_e4m3fn, "uint8"),
        (np.float32, "float32"),
    ],
)
def test_an_array_of_numpy_is_copied_as_its_bits(dtype: Any, storage: str, cupy: FakeCupy) -> None:
    array = np.arange(6).reshape(2, 3).astype(dtype)
    taken = CupyDriver().adopt(array.T)
    assert (taken.dtype, taken.shape, taken.is_copy, taken.is_contiguous) == (
        storage, (3, 2), True, True,
    )  # fmt: skip
    np.testing.assert_array_equal(CupyDriver().download(taken).view(dtype), array.T)


def test_an_array_of_another_library_is_shared(cupy: FakeCupy) -> None:
    array = np.zeros((2, 3), np.float32)
    taken = CupyDriver().adopt(Shared(array))
    assert (taken.pointer, taken.is_copy) == (array.ctypes.data, False)
    assert CupyDriver().adopt(Shared(array, device=1)).is_copy
    with pytest.raises(InvalidInput, match="cannot be shared: no such type"):
        CupyDriver().adopt(Shared(np.zeros(2, np.bool_)))
    with pytest.raises(InvalidInput, match="list is no array"):
        CupyDriver().adopt([1.0])


@pytest.mark.parametrize("device", [1, 2])
@pytest.mark.parametrize(
    ("dtype", "stored", "storage"),
    [
        ("bfloat16", np.int16, "uint16"),
        ("float8_e4m3fn", np.uint8, "uint8"),
        ("float32", np.float32, "float32"),
    ],
)
def test_a_tensor_of_torch(
    dtype: str,
    stored: Any,
    storage: str,
    device: int,
    cupy: FakeCupy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch = types.SimpleNamespace(Tensor=Tensor, int16="int16", uint8="uint8")
    monkeypatch.setitem(sys.modules, "torch", torch)
    tensor = Tensor(np.ones((2, 3), stored), dtype, device)
    taken = CupyDriver().adopt(tensor)
    assert (taken.dtype, taken.is_copy) == (storage, device == 1)
    if device == 2:
        assert taken.pointer == tensor.array.ctypes.data


def test_memory(cupy: FakeCupy) -> None:
    driver = CupyDriver()
    array = driver.allocate((2, 3), "float16")
    driver.fill(array, 255)
    assert cupy.calls == [("memset", array.pointer, 255, 12, 77)]
    with pytest.raises(DeviceFault, match="no memory on the GPU: out of memory"):
        driver.allocate((1 << 50,), "uint8")


def test_loading_and_launching(cupy: FakeCupy) -> None:
    driver = CupyDriver()
    kernel: Any = driver.load(Path("hash.cubin"), "scale", 65536)
    assert kernel.max_dynamic_shared_size_bytes == 65536
    driver.launch(kernel, (4, 1, 1), 128, 65536, [np.int32(1)])
    assert cupy.calls == [("launch", "hash.cubin", (4, 1, 1), (128, 1, 1), (1,), 65536)]
    with pytest.raises(DeviceFault, match="cannot load scale: CUDA_ERROR_FILE_NOT_FOUND"):
        driver.load(Path("missing.cubin"), "scale", 0)


def test_events_and_tensor_maps(cupy: FakeCupy, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = CupyDriver()
    assert driver.elapsed_us(driver.record(), driver.record()) == 250
    driver.synchronize()
    assert cupy.calls == [("record",), ("record",), ("synchronize",)]
    monkeypatch.setattr(cupy_driver, "encode", lambda *arguments: arguments)
    fields = tensor_map_fields((64, 64), 2, (64, 64), 128)
    assert driver.tensor_map(16, "bf16", fields) == (16, "bf16", fields)
