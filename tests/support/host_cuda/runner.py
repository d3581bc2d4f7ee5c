"""Printed CUDA text compiled with g++ and executed on the CPU, block by block."""

import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from twill.emitter.launch_description import MULTIPROCESSORS, launch_description
from twill.emitter.printer.printer import entry_point
from twill.extractor.language.numpy_operations import Array, numpy_dtype
from twill.extractor.sample_cases import SampleCase
from twill.models.tile_program import TensorParameter
from twill.models.warp_program import WarpProgram
from twill.runtime.expressions import evaluate, read_expression
from twill.tests.support.host_cuda.source import host_source, host_source_of_all

HERE = Path(__file__).parent
COMPILER = shutil.which("g++")
OPTIONS = ("-std=c++17", "-w", "-fno-strict-aliasing", "-U_FORTIFY_SOURCE",
           "-fsanitize=alignment,bounds", "-fno-sanitize-recover=all")  # fmt: skip
TIMEOUT_SECONDS = 240
on_host = pytest.mark.skipif(
    COMPILER is None or sys.platform != "linux" or platform.machine() != "x86_64",
    reason="needs g++ on Linux and x86-64",
)

Texts = tuple[tuple[str, str], ...]
"""Printed sources, each with its entry point."""


@dataclass
class MarkArrays:
    """Samples of the marked block, and words of all blocks, as the kernel leaves them."""

    clocks: Array
    progress: Array
    block: int = 0


class Failed(Exception):
    """The kernel met a fault, or all its threads wait for ever."""


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="twill-host-cuda-")


@cache
def compiled(text: str, entry: str) -> Path:
    """The executable of a printed source."""
    return _executable(host_source(text, entry), entry, "-O1")


@cache
def compiled_together(texts: Texts) -> Path:
    """One executable of many sources; its argument is the place of one.

    To optimize many takes longer than their runs.
    """
    return _executable(host_source_of_all(texts), "together", "-O0")


def _executable(text: str, name: str, optimization: str) -> Path:
    executable, errors = _built(text, name, optimization)
    assert not errors, errors
    return executable


@cache
def _built(text: str, name: str, optimization: str) -> tuple[Path, str]:
    """The executable, or what the compiler says; it is asked once."""
    assert COMPILER is not None
    folder = Path(_folder().name)
    stem = folder / f"{name}-{len(list(folder.glob('*.cpp')))}"
    source = stem.with_suffix(".cpp")
    source.write_text(text, encoding="utf-8")
    made = subprocess.run(
        [COMPILER, *OPTIONS, optimization, f"-I{HERE}", "-o", str(stem), str(source)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return stem, made.stderr[:4000] or "fails" if made.returncode else ""


def run_on_host(
    program: WarpProgram, text: str, case: SampleCase, *, seed: int = 0, multiprocessors: int = 2,
    marks: MarkArrays | None = None, among: Texts = (),
) -> dict[str, Array]:  # fmt: skip
    """What the text leaves in the outputs.

    Seed 0: copies and products are done at once. Others: as late as can be, in random order.
    Marks go to arrays that are changed in place. `among`: texts compiled together, of which this is
    one. Raises Failed where the kernel faults or hangs.
    """
    launch = launch_description(program, compiler="", made_by="")
    counts = {name: n for name, n in case.scalars.items() if isinstance(n, int)}
    sizes = {**case.extents, **counts, MULTIPROCESSORS: multiprocessors}
    command = _command(text, entry_point(program), among)
    with tempfile.TemporaryDirectory(prefix="twill-host-launch-") as name:
        arrays = _arrays(program, launch, case)
        files = {argument: Path(name) / f"{i}.bin" for i, argument in enumerate(arrays)}
        for argument, array in arrays.items():
            files[argument].write_bytes(np.ascontiguousarray(array).tobytes())
        lines = [
            f"block {program.threads} {program.shared_bytes} {seed}",
            "grid " + " ".join(str(evaluate(read_expression(e), sizes)) for e in launch["grid"]),
            *(f"array {path}" for path in files.values()),
            *(_parameter(one, program, arrays, case) for one in launch["parameters"]),
            *(_mark_lines(marks, Path(name), len(arrays)) if marks else ()),
        ]
        done = subprocess.run(
            command, input="\n".join(lines), capture_output=True, text=True,
            timeout=TIMEOUT_SECONDS, check=False,
        )  # fmt: skip
        if marks is not None:
            for which in ("clocks", "progress"):
                found = np.frombuffer((Path(name) / which).read_bytes(), np.uint64)
                getattr(marks, which)[:] = found
        if done.returncode:
            raise Failed(f"status {done.returncode}: {done.stderr[:4000]}")
        return {
            one["name"]: np.frombuffer(
                files[one["name"]].read_bytes(), arrays[one["name"]].dtype
            ).reshape(arrays[one["name"]].shape)
            for one in launch["arguments"]
            if one.get("role") == "output"
        }


def _command(text: str, entry: str, among: Texts) -> list[str]:
    if among:
        return [str(compiled_together(among)), str(among.index((text, entry)))]
    return [str(compiled(text, entry))]


def _mark_lines(marks: MarkArrays, folder: Path, arrays: int) -> list[str]:
    for which in ("clocks", "progress"):
        (folder / which).write_bytes(getattr(marks, which).tobytes())
    lines = [f"array {folder / 'clocks'}", f"array {folder / 'progress'}"]
    return [*lines, f"pointer {arrays}", f"pointer {arrays + 1}", f"word {marks.block}"]


def _arrays(program: WarpProgram, launch: Mapping[str, Any], case: SampleCase) -> dict[str, Array]:
    initial = {one["name"]: one.get("initial") for one in launch["arguments"]}
    found: dict[str, Array] = {}
    for parameter in program.parameters:
        if not isinstance(parameter, TensorParameter):
            continue
        if parameter.name in case.inputs:
            found[parameter.name] = case.inputs[parameter.name]
            continue
        shape = [case.extents[e] if isinstance(e, str) else e for e in parameter.shape]
        poison = 0 if initial[parameter.name] == "zeros" or parameter.dtype == "i32" else np.nan
        found[parameter.name] = np.full(shape, poison, numpy_dtype(parameter.dtype))
    return found


def _parameter(
    one: Mapping[str, Any], program: WarpProgram, arrays: Mapping[str, Array], case: SampleCase
) -> str:
    order = list(arrays)
    match one["kind"]:
        case "tensor_map":
            array = arrays[one["argument"]]
            is_f32 = int(array.dtype == np.float32)
            sizes = zip(reversed(array.shape), reversed(one["box"]), strict=True)
            walked = " ".join(f"{length} {box}" for length, box in sizes)
            number = order.index(one["argument"])
            head = f"map {number} {array.ndim} {array.dtype.itemsize} {is_f32}"
            return f"{head} {one['swizzle']} {walked}"
        case "pointer":
            return f"pointer {order.index(one['argument'])}"
        case "extent":
            return f"word {case.extents[one['name']]}"
    dtype = next(p.dtype for p in program.parameters if p.name == one["name"])
    value = np.array(case.scalars[one["name"]], numpy_dtype(dtype))
    return f"word {int(value.view(np.uint32))}"
