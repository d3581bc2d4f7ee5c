"""A bundle of a kernel that multiplies: c = factor * a, counted rows of bf16."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from twill.runtime.cases import Case, cases_bytes
from twill.runtime.dtypes import Array, to_storage, to_values
from twill.runtime.pack import write_bundle

LAUNCH: dict[str, Any] = {
    "kernel": "scale",
    "gpu": "h100-sxm",
    "target": "sm_90a",
    "entry": "scale",
    "threads": 128,
    "shared_bytes": 65536,
    "grid": [["min", ["cdiv", "M", 64], "multiprocessors"], 1, 1],
    "extents": ["M", "N"],
    "arguments": [
        {"name": "a", "kind": "tensor", "dtype": "bf16", "shape": ["M", "N"], "role": "input"},
        {
            "name": "c", "kind": "tensor", "dtype": "bf16", "shape": ["M", "N"],
            "role": "output", "initial": "nan",
        },
        {
            "name": "total", "kind": "tensor", "dtype": "f32", "shape": ["M"],
            "role": "output", "initial": "zeros",
        },
        {"name": "factor", "kind": "scalar", "dtype": "f32"},
    ],
    "parameters": [
        {"kind": "tensor_map", "argument": "a", "box": [64, 64], "swizzle": 128},
        {"kind": "pointer", "argument": "a"},
        {"kind": "pointer", "argument": "c"},
        {"kind": "pointer", "argument": "total"},
        {"kind": "extent", "name": "M"},
        {"kind": "scalar", "name": "factor"},
    ],
    "requires": [{"extent": "N", "multiple_of": 8}],
    "tolerance": {"absolute": 0.01, "relative": 0.01},
    "compiler": "NVRTC 12.9",
    "made_by": "twill 0.1.0",
}  # fmt: skip


def launch(**changes: Any) -> dict[str, Any]:
    """The launch description with some fields changed."""
    return {**copy.deepcopy(LAUNCH), **changes}


def case(rows: int = 16, columns: int = 64, factor: float = 3.0) -> Case:
    """A case whose reference is in f64."""
    generator = np.random.default_rng(rows)
    a = to_storage(generator.standard_normal((rows, columns)), "bf16")
    c = factor * to_values(a, "bf16")
    total = c.sum(axis=1)
    return Case({"a": a}, {"c": c, "total": total}, {"M": rows, "N": columns}, {"factor": factor})


def compute(memory: dict[int, Array], arguments: Sequence[Any]) -> None:
    """What the kernel does, on the memory of the stub."""
    _, a, c, total, _, factor = arguments
    product = to_values(memory[int(a)], "bf16") * float(factor)
    memory[int(c)][...] = to_storage(product, "bf16")
    memory[int(total)][...] += product.sum(axis=1).astype(np.float32)


def write(folder: Path, cases: Sequence[Case] = (), **changes: Any) -> Path:
    """A bundle in a folder."""
    files = {"kernel.cu": b"// scale\n", "kernel.cubin": b"\x7fELF scale", "report.json": b"{}\n"}
    if cases:
        files["reference.npz"] = cases_bytes(cases)
    write_bundle(folder, files, launch(**changes))
    return folder
