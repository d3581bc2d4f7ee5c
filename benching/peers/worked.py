"""The two worked CUDA examples for Hopper, from a folder outside the repository.

`gemm.cu` and `fa_fwd.cu` are compiled, or found compiled as `gemm.cubin`, `fa_fwd.cubin` and
`fa_fwd_causal.cubin`. Their parameters and sizes are those of their first comments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log
from pathlib import Path

import numpy as np

from ...models.errors import TwillError
from ...runtime.cache import compile_cached, store_cubin
from ...runtime.driver import DeviceArray
from ...runtime.tensor_maps import TensorMapFields, tensor_map_fields
from .peer import Call, Missing, Peer

TARGET = "sm_90a"
THREADS = 384
KEYS = 128  # of a tile: BN
WIDTH = 128  # of a head
PANEL = 64  # columns of 128 bytes
SOURCES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "gemm": ("gemm.cu", ()),
    "fa_fwd": ("fa_fwd.cu", ("CAUSAL=0", f"BN={KEYS}")),
    "fa_fwd_causal": ("fa_fwd.cu", ("CAUSAL=1", f"BN={KEYS}")),
}
_GEMM_BYTES = 4 * 49152 + 2 * 16384 + 4 * 16 + 1024
_ATTENTION_BYTES = 2 * 16384 + 4 * KEYS * 256 + 16 + 64 + 1024
_SWIZZLE_128B = 3
_LARGEST_BYTES = 16 << 20


def worked_cubin(folder: Path, name: str) -> bytes:
    """The machine code of an example. Raises InvalidInput or DeviceFault where there is none."""
    made = folder / f"{name}.cubin"
    if made.is_file():
        return made.read_bytes()[:_LARGEST_BYTES]
    source, defines = SOURCES[name]
    text = (folder / source).read_text(encoding="utf-8")
    return compile_cached(text, TARGET, source, defines).cubin


def worked_peers(call: Call, folder: Path, name: str) -> tuple[list[Peer], list[Missing]]:
    """The example that computes the same, if it does at this size."""
    label = f"worked example {name}"
    if call.manifest.target != TARGET:
        return [], [Missing(label, f"it is for {TARGET}")]
    try:
        cubin = worked_cubin(folder, name)
        peer = _product(call, cubin) if name == "gemm" else _attention(call, cubin, label)
    except (OSError, TwillError, ValueError) as failure:
        return [], [Missing(label, str(failure).partition("\n")[0])]
    return [peer], []


def _product(call: Call, cubin: bytes) -> Peer:
    a, b = call.array("a"), call.array("b")
    (m, k), n = a.shape, b.shape[0]
    c = call.driver.allocate((m, n), "uint16")
    boxes = ((a, (128, PANEL)), (b, (256, PANEL)), (c, (64, PANEL)))
    maps = [
        call.driver.tensor_map(array.pointer, "bf16", tensor_map_fields(array.shape, 2, box, 128))
        for array, box in boxes
    ]
    kernel = call.driver.load(store_cubin(cubin), "gemm_bf16", _GEMM_BYTES)
    blocks = min(call.driver.multiprocessors(), -(-m // 128) * -(-n // 256))
    arguments = (*maps, np.int32(m), np.int32(n), np.int32(k))
    return _peer(call, "worked example gemm", kernel, blocks, _GEMM_BYTES, arguments, c)


def _attention(call: Call, cubin: bytes, label: str) -> Peer:
    q, k, v = (call.array(name) for name in "qkv")
    heads, length, width = q.shape
    if width != WIDTH or k.shape[1] != length:
        raise ValueError(f"it takes heads of {WIDTH}, and as many keys as queries")
    o = call.driver.allocate(q.shape, "uint16")
    sums = call.driver.allocate((heads, length), "float32")
    maps = [
        call.driver.tensor_map(array.pointer, "bf16", _panels(array, rows))
        for array, rows in ((q, 64), (k, KEYS), (v, KEYS), (o, 64))
    ]
    kernel = call.driver.load(store_cubin(cubin), "fa_fwd", _ATTENTION_BYTES)
    blocks = min(call.driver.multiprocessors(), -(-length // 128) * heads)
    scale = np.float32(float(call.scalars["scale_log2"]) * log(2))
    numbers = (np.int32(length), np.int32(heads), np.int32(heads // k.shape[0]), scale)
    arguments = (*maps, np.uint64(sums.pointer), *numbers)
    return _peer(call, label, kernel, blocks, _ATTENTION_BYTES, arguments, o, sums)


def _panels(array: DeviceArray, rows: int) -> TensorMapFields:
    """Rows of 128 elements as two panels of 64 in one copy."""
    heads, length, width = array.shape
    return TensorMapFields(
        dimensions=(PANEL, length, width // PANEL, heads),
        strides=(2 * width, 2 * PANEL, 2 * width * length),
        box=(PANEL, rows, width // PANEL, 1),
        swizzle=_SWIZZLE_128B,
    )


def _peer(
    call: Call, label: str, kernel: object, blocks: int, shared_bytes: int,
    arguments: Sequence[object], output: DeviceArray, *held: DeviceArray,
) -> Peer:  # fmt: skip
    def run(kept: tuple[DeviceArray, ...] = (output, *held)) -> None:
        call.driver.launch(kernel, (blocks, 1, 1), THREADS, shared_bytes, arguments)

    return Peer(label, run, lambda: call.driver.download(output))
