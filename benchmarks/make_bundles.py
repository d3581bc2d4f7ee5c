"""Everything that a GPU box needs, made beforehand: bundles, plans, the worked examples compiled.

    python benchmarks/make_bundles.py                    # all kernels, into build/gpu_day
    python benchmarks/make_bundles.py --kernel gemm --gpu h100-sxm --worked FOLDER

Each kernel is emitted from its stored schedule, plain and with --clocks; gemm and attention forward
for Hopper also as persistent kernels. benchmarks/gpu_day.sh runs what lies there.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from twill import emitting
from twill.benching.correctness import CLOCKS
from twill.benching.peers.worked import SOURCES, worked_cubin
from twill.benching.plan import Plan, Sizes, Trips, plan_text
from twill.gate.origin import read_with_texts
from twill.models.errors import TwillError, Unsupported
from twill.runtime.bundle import Bundle
from twill.runtime.cache import write_atomically

ROOT = Path(__file__).resolve().parents[1]
STORE = ROOT / "kernels" / "schedules"
OUTPUT = ROOT / "build" / "gpu_day"
GPUS = {"h100-sxm": "sm_90a", "b200": "sm_100a"}
PERSISTENT = ("gemm", "flash_attention_forward", "flash_attention_causal")
Extents = Mapping[str, int]

_SQUARE = {"M": 4096, "N": 4096, "K": 4096}
_ATTENTION = {"heads": 64, "queries": 4096, "keys": 4096}
SIZES: Mapping[str, Sequence[Extents]] = {
    "gemm": (_SQUARE, {"M": 8192, "N": 8192, "K": 8192}),
    "gemm_bias_gelu": (_SQUARE,),
    "dual_gemm_swiglu": (_SQUARE,),
    "grouped_gemm": ({},),  # it takes indices, which are not drawn
    "fp8_gemm_block_scales": ({**_SQUARE, "slices": 32, "column_blocks": 32},),
    "flash_attention_forward": (_ATTENTION, {"heads": 16, "queries": 16384, "keys": 16384}),
    "flash_attention_causal": ({"heads": 64, "kv_heads": 64, "length": 4096},),
    "flash_attention_softcap": (_ATTENTION,),
    "flash_attention_sigmoid": (_ATTENTION,),
    "flash_attention_backward": (_ATTENTION,),
    "gated_linear_attention": ({"heads": 64, "length": 4096, "values": 256},),
    "retention": ({"heads": 64, "length": 4096, "values": 256},),
    "mamba2_ssd": ({"heads": 128, "length": 4096},),
}
"""The extents at which each kernel is timed; none: the largest case of its reference."""

_PRODUCT = {"M": 1024, "N": 2048}
_QUERIES = {"heads": 8, "queries": 2048}
_CAUSAL = {"heads": 8, "kv_heads": 8, "length": 2048}
TRIPS: Mapping[str, tuple[Extents, Extents]] = {
    "gemm": ({**_PRODUCT, "K": 2048}, {**_PRODUCT, "K": 8192}),
    "gemm_bias_gelu": ({**_PRODUCT, "K": 2048}, {**_PRODUCT, "K": 8192}),
    "dual_gemm_swiglu": ({**_PRODUCT, "N": 1024, "K": 2048}, {**_PRODUCT, "N": 1024, "K": 8192}),
    "fp8_gemm_block_scales": (
        {"M": 1024, "N": 1024, "column_blocks": 8, "K": 2048, "slices": 16},
        {"M": 1024, "N": 1024, "column_blocks": 8, "K": 8192, "slices": 64},
    ),
    "flash_attention_forward": ({**_QUERIES, "keys": 2048}, {**_QUERIES, "keys": 8192}),
    "flash_attention_causal": (_CAUSAL, _CAUSAL),  # by clocks: length changes the tiles as well
    "flash_attention_softcap": ({**_QUERIES, "keys": 2048}, {**_QUERIES, "keys": 8192}),
    "flash_attention_sigmoid": ({**_QUERIES, "keys": 2048}, {**_QUERIES, "keys": 8192}),
    "flash_attention_backward": (
        {"heads": 8, "queries": 2048, "keys": 2048}, {"heads": 8, "queries": 8192, "keys": 2048},
    ),
    "gated_linear_attention": (
        {"heads": 32, "values": 256, "length": 2048}, {"heads": 32, "values": 256, "length": 8192},
    ),
    "retention": (
        {"heads": 32, "values": 256, "length": 2048}, {"heads": 32, "values": 256, "length": 8192},
    ),
    "mamba2_ssd": ({"heads": 128, "length": 2048}, {"heads": 128, "length": 8192}),
}  # fmt: skip
"""Two sizes of one wave of blocks that differ in the length of the loop alone."""


def main() -> int:
    """Make what the options ask for; returns 1 if a kernel could not be made."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--output", "-o", type=Path, default=OUTPUT)
    parser.add_argument("--kernel", action="append", choices=sorted(SIZES))
    parser.add_argument("--gpu", action="append", choices=sorted(GPUS))
    parser.add_argument("--worked", type=Path, help="the folder of the worked CUDA examples")
    options = parser.parse_args()
    kernels = tuple(options.kernel or SIZES)
    failed: list[str] = []
    worked = make_worked(options.worked, options.output / "worked") if options.worked else None
    for gpu in options.gpu or GPUS:
        made = dict(_made(kernels, gpu, options.output, failed))
        place = options.output / f"plan-{GPUS[gpu]}.json"
        write_atomically(place, plan_text(plan_of(made, worked)).encode())
    pack_calibration(options.output)
    return int(bool(failed))


def plan_of(made: Mapping[str, Sequence[str]], worked: str | None) -> Plan:
    """The plan for some bundles, by kernel; folders are relative to that of the plan."""
    return Plan(
        bundles=tuple(name for names in made.values() for name in names),
        sizes=tuple(
            Sizes(tuple(names), extents)
            for kernel, names in made.items() for extents in SIZES[kernel]
        ),
        trips=tuple(
            Trips(names[0], *TRIPS[kernel]) for kernel, names in made.items() if kernel in TRIPS
        ),
        repetitions=30,
        launches=20,
        worked=worked,
        watch_seconds=5.0,
    )  # fmt: skip


def _made(
    kernels: Sequence[str], gpu: str, output: Path, failed: list[str]
) -> Iterator[tuple[str, list[str]]]:
    for kernel in kernels:
        try:
            names = list(make_kernel(kernel, gpu, output))
        except TwillError as refused:
            print(f"{kernel} for {gpu}: {str(refused).partition(chr(10))[0]}", flush=True)
            failed += [] if isinstance(refused, Unsupported) else [kernel]
            continue
        print(f"{kernel} for {gpu}: {', '.join(names)}", flush=True)
        yield kernel, names


def make_kernel(kernel: str, gpu: str, output: Path) -> Iterator[str]:
    """Names of the bundles of a kernel, each with its twin with marks beside it."""
    answer = read_with_texts(str(STORE / f"{kernel}@{gpu}.json"))
    variants = {"": False, ".persistent": True}
    for suffix, persistent in variants.items():
        if persistent and (gpu != "h100-sxm" or kernel not in PERSISTENT):
            continue
        name = f"{kernel}.{gpu}{suffix}"
        emitted = emitting.emit(answer, persistent=persistent)
        for fault in emitted.faults:
            print(f"{name}: {fault}", flush=True)
        emitting.write(emitted, output / name)
        emitting.write(emitting.with_clocks(emitted), output / f"{name}{CLOCKS}", compared=False)
        Bundle.load(output / name)
        yield name


def make_worked(source: Path, output: Path) -> str:
    """Compile the worked examples; returns the name of their folder."""
    for name in SOURCES:
        write_atomically(output / f"{name}.cubin", worked_cubin(source, name))
    return output.name


def pack_calibration(output: Path) -> None:
    """Pack the microbenchmarks where this version of twill has them."""
    twill = [sys.executable, "-m", "twill"]
    listed = subprocess.run([*twill, "calibrate", "--help"], capture_output=True, check=False)
    if listed.returncode:
        print("no twill calibrate: calibration is left out", flush=True)
        return
    for gpu, target in GPUS.items():
        folder = str(output / f"calibrate-{target}")
        command = [*twill, "calibrate", "--gpu", gpu, "--pack", folder, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        print(json.dumps({"calibrate": gpu, "exit_code": done.returncode}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
