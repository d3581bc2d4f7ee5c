"""cuBLAS through CuPy: products of 16-bit matrices, and the ceiling that they measure."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...models.errors import DeviceFault
from ...runtime.driver import DeviceArray, Driver
from .peer import Call, Missing, Peer

NAME = "cuBLAS"
# Values of cublas_api.h and library_types.h of CUDA 12 and 13.
_TRANSPOSED, _AS_IT_IS = 1, 0
_TYPES = {"bf16": 14, "fp16": 2}  # cudaDataType
_COMPUTE_32F = 68
_DEFAULT_ALGORITHM = 99  # CUBLAS_GEMM_DEFAULT_TENSOR_OP: cuBLAS chooses


def cublas_peers(call: Call) -> tuple[list[Peer], list[Missing]]:
    """The product c = a b^T, for kernels that are one."""
    dtype = call.manifest.tensor("a").dtype
    try:
        output = call.driver.allocate(call.outputs[0].shape, call.outputs[0].dtype)
        run = product(call.array("a"), call.array("b"), output, dtype)
    except (ImportError, DeviceFault) as failure:
        return [], [Missing(NAME, str(failure).partition("\n")[0])]
    return [Peer(NAME, run, lambda: call.driver.download(output))], []


def product(a: DeviceArray, b: DeviceArray, c: DeviceArray, dtype: str) -> Any:
    """A launch of c = a b^T with sums in f32: a (M, K), b (N, K), c (M, N), row-major.

    cuBLAS counts along columns first, so it is told of c^T = b a^T. Raises ImportError without
    CuPy's bindings of cuBLAS.
    """
    from cupy.cuda import device
    from cupy_backends.cuda.libs import cublas

    (m, k), n = a.shape, b.shape[0]
    one, zero = np.ones(1, np.float32), np.zeros(1, np.float32)
    kind = _TYPES[dtype]

    def run() -> None:
        cublas.gemmEx(
            device.get_cublas_handle(), _TRANSPOSED, _AS_IT_IS, n, m, k, one.ctypes.data,
            b.pointer, kind, k, a.pointer, kind, k, zero.ctypes.data, c.pointer, kind, n,
            _COMPUTE_32F, _DEFAULT_ALGORITHM,
        )  # fmt: skip

    return run


def square_product(driver: Driver, extent: int) -> Any:
    """A launch of a square product of random bf16, for the ceiling."""
    values = np.random.default_rng(0).standard_normal((extent, extent), np.float32)
    bits = (values.view(np.uint32) >> 16).astype(np.uint16)
    a, b = driver.adopt(bits), driver.adopt(bits)
    c = driver.allocate((extent, extent), "uint16")
    launch = product(a, b, c, "bf16")

    def run(held: tuple[DeviceArray, ...] = (a, b, c)) -> None:
        launch()

    return run
