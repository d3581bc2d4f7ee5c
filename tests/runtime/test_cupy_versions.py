"""The CuPy driver for CUDA 12 and 13, events that are asked, and memory that kernels report in."""

from __future__ import annotations

from typing import Any

import pytest

from twill.models.errors import DeviceFault
from twill.runtime.cupy_driver import CupyDriver
from twill.tests.runtime.fake_cupy import FakeCupy, cupy

__all__ = ["cupy"]


@pytest.mark.parametrize(("driver_cuda", "runtime_cuda"), [(12090, 12090), (13000, 12090),
                                                           (13000, 13000)])  # fmt: skip
def test_versions_of_cuda_12_and_13(cupy: FakeCupy, driver_cuda: int, runtime_cuda: int) -> None:
    cupy.driver_cuda, cupy.runtime_cuda = driver_cuda, runtime_cuda
    versions = CupyDriver().versions()
    assert (versions.driver, versions.runtime) == (driver_cuda, runtime_cuda)
    assert versions.library == "CuPy 14.2.0"


def test_a_driver_that_is_too_old_is_named(cupy: FakeCupy) -> None:
    cupy.driver_cuda, cupy.runtime_cuda = 12080, 13000
    with pytest.raises(DeviceFault, match=r"for CUDA 13\.0.*driver.*12\.8.*\n    pip install"):
        CupyDriver()


def test_an_event_is_asked_without_waiting(cupy: FakeCupy) -> None:
    driver = CupyDriver()
    event = driver.record()
    assert driver.has_passed(event)
    cupy.query = 600
    assert not driver.has_passed(event)
    assert ("synchronize",) not in cupy.calls


def test_a_kernel_that_failed_does_not_look_like_one_that_hangs(cupy: FakeCupy) -> None:
    driver = CupyDriver()
    event: Any = driver.record()
    cupy.query = 700  # cudaErrorIllegalAddress
    assert not event.done
    with pytest.raises(DeviceFault, match="the kernel failed: cudaError 700"):
        driver.has_passed(event)
    with pytest.raises(DeviceFault, match="the kernel failed: cudaError 700"):
        driver.record()


def test_words_of_the_host_are_pinned_and_zero(cupy: FakeCupy) -> None:
    address, words = CupyDriver().host_words(6)
    assert address == words.ctypes.data
    assert words.tolist() == [0] * 6
