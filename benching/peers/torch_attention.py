"""Scaled dot-product attention of torch, by each back end that takes the call."""

from __future__ import annotations

from math import log
from typing import Any

from ...runtime.driver import DeviceArray
from .peer import Call, Missing, Peer

BACK_ENDS = {"torch SDPA (cuDNN)": "CUDNN_ATTENTION", "torch SDPA (flash)": "FLASH_ATTENTION"}
_BITS = {"bf16": "bfloat16", "fp16": "float16"}


def as_tensor(array: DeviceArray, dtype: str) -> Any:
    """A tensor of torch on the same memory, with the element type that the bits have."""
    import torch

    return torch.from_dlpack(array.handle.view("int16")).view(getattr(torch, _BITS[dtype]))


def as_stored(tensor: Any) -> Any:
    """A copy on the host, bf16 as its bits."""
    import torch

    return tensor.contiguous().view(torch.int16).cpu().numpy().view("uint16")


def torch_peers(call: Call, *, causal: bool) -> tuple[list[Peer], list[Missing]]:
    """One peer for each back end; those that refuse the call do so when they are first run."""
    try:
        import torch
        from torch.nn.attention import SDPBackend, sdpa_kernel
    except ImportError:
        return [], [Missing(name, "torch is not installed") for name in BACK_ENDS]
    q, k, v = (
        as_tensor(call.array(name), call.manifest.tensor(name).dtype)[None] for name in "qkv"
    )
    options = {
        "is_causal": causal,
        "scale": float(call.scalars["scale_log2"]) * log(2),
        "enable_gqa": k.shape[1] != q.shape[1],
    }

    def peer(name: str, backend: Any) -> Peer:
        last: list[Any] = []

        def run() -> None:
            with sdpa_kernel([backend]):
                last[:] = [torch.nn.functional.scaled_dot_product_attention(q, k, v, **options)]

        return Peer(name, run, lambda: as_stored(last[0][0]))

    return [peer(name, getattr(SDPBackend, code)) for name, code in BACK_ENDS.items()], []
