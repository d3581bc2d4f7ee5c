"""The kernels of `triton_kernels`, launched with a few shapes each; the quickest one is taken."""

from __future__ import annotations

from typing import Any

from .peer import Call, Missing, Peer
from .torch_attention import as_stored, as_tensor

PRODUCTS = ((128, 256, 64, 8, 3), (128, 128, 64, 8, 4), (128, 128, 64, 4, 4))
"""Rows, columns and depth of a tile, warps, stages."""

ATTENTIONS = ((128, 128, 8, 2), (128, 64, 8, 3), (128, 64, 4, 3))
"""Queries and keys of a tile, warps, stages."""

BAND = 8  # tiles
_NEEDED = "triton and torch are not both installed"


def triton_products(call: Call) -> tuple[list[Peer], list[Missing]]:
    """The product c = a b^T."""
    try:
        import torch

        from .triton_kernels import product
    except ImportError:
        return [], [Missing("Triton product", _NEEDED)]
    a, b = (as_tensor(call.array(n), call.manifest.tensor(n).dtype) for n in "ab")
    (m, k), n = a.shape, b.shape[0]

    def peer(shape: tuple[int, ...]) -> Peer:
        rows, columns, depth, warps, stages = shape
        c = torch.empty((m, n), dtype=a.dtype, device=a.device)
        grid = (-(-m // rows) * -(-n // columns),)

        def run() -> None:
            product[grid](
                a, b, c, m, n, k, BLOCK_M=rows, BLOCK_N=columns, BLOCK_K=depth, BAND=BAND,
                num_warps=warps, num_stages=stages,
            )  # fmt: skip

        return Peer(f"Triton {rows}x{columns}x{depth}, {warps} warps", run, lambda: as_stored(c))

    return [peer(shape) for shape in PRODUCTS], []


def triton_attentions(call: Call, *, causal: bool) -> tuple[list[Peer], list[Missing]]:
    """Attention forward."""
    try:
        import torch

        from .triton_kernels import attention
    except ImportError:
        return [], [Missing("Triton attention", _NEEDED)]
    q, k, v = (as_tensor(call.array(n), call.manifest.tensor(n).dtype) for n in "qkv")
    heads, queries, width = q.shape
    scale, group = float(call.scalars["scale_log2"]), heads // k.shape[0]

    def peer(shape: tuple[int, ...]) -> Peer:
        rows, columns, warps, stages = shape
        o: Any = torch.empty_like(q)
        grid = (-(-queries // rows), heads)

        def run() -> None:
            attention[grid](
                q, k, v, o, scale, queries, k.shape[1], group, HEAD_DIM=width, BLOCK_M=rows,
                BLOCK_N=columns, CAUSAL=causal, num_warps=warps, num_stages=stages,
            )  # fmt: skip

        return Peer(f"Triton {rows}x{columns}, {warps} warps", run, lambda: as_stored(o))

    return [peer(shape) for shape in ATTENTIONS], []
