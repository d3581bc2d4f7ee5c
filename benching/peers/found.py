"""Which peers a kernel of the library has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from .cublas import cublas_peers
from .peer import Call, Missing, Peer
from .torch_attention import torch_peers
from .triton_peers import triton_attentions, triton_products
from .worked import worked_peers

Found = tuple[Sequence[Peer], Sequence[Missing]]


def find_peers(call: Call, worked: Path | None) -> tuple[list[Peer], list[Missing]]:
    """All peers of a call, and what is missing and why. A kernel that nobody knows has none."""
    builders = BUILDERS.get(call.manifest.kernel, ())
    example = EXAMPLES.get(call.manifest.kernel)
    found: list[Peer] = []
    missing: list[Missing] = []
    parts = []
    for name, build in builders:
        try:
            parts.append(build(call))
        except Exception as failure:  # libraries have errors of their own
            missing.append(Missing(name, f"fails: {str(failure).partition(chr(10))[0][:200]}"))
    if example is not None and worked is not None:
        parts.append(worked_peers(call, worked, example))
    elif example is not None:
        missing.append(Missing(f"worked example {example}", "no folder was given with --worked"))
    for peers, absent in parts:
        found.extend(peers)
        missing.extend(absent)
    return found, missing


BUILDERS: dict[str, tuple[tuple[str, Callable[[Call], Found]], ...]] = {
    "gemm": (("cuBLAS", cublas_peers), ("Triton product", triton_products)),
    "flash_attention_forward": (
        ("torch SDPA", lambda call: torch_peers(call, causal=False)),
        ("Triton attention", lambda call: triton_attentions(call, causal=False)),
    ),
    "flash_attention_causal": (
        ("torch SDPA", lambda call: torch_peers(call, causal=True)),
        ("Triton attention", lambda call: triton_attentions(call, causal=True)),
    ),
}
EXAMPLES = {
    "gemm": "gemm",
    "flash_attention_forward": "fa_fwd",
    "flash_attention_causal": "fa_fwd_causal",
}
