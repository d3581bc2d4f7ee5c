"""CUDA source to a finished cubin with NVRTC; no GPU and no driver."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

from ..models.errors import DeviceFault, InvalidInput
from .report import PtxasReport

FLOORS = {"sm_90a": (12, 3), "sm_100a": (12, 8), "sm_103a": (12, 9)}
"""The first NVRTC that can make a cubin for each target; measured with NVRTC 12.3 to 13.5."""

FLAGS = ("-std=c++17", "--ptxas-options=-v")
LONGEST_LOG = 4000  # characters of a log that an error shows; the first messages explain the rest
INSTALL = 'pip install "twill-scheduler[compile]"'


@dataclass(frozen=True, slots=True)
class Compiled:
    """A cubin, what the assembler said about it, and who made it, such as `NVRTC 12.9`."""

    cubin: bytes
    report: PtxasReport
    compiler: str


def compile_source(source: str, target: str, name: str, defines: Sequence[str] = ()) -> Compiled:
    """Compile a source for a target such as `sm_90a`. `name` is what messages call the source.

    Each define is `NAME` or `NAME=VALUE`. The source must be self-contained: NVRTC has no headers.
    Raises DeviceFault with the log where it does not compile, and where NVRTC is missing or too old
    for the target; InvalidInput for a target that is not in FLOORS.
    """
    check_target(target)
    options = (f"-arch={target}", *FLAGS, *(f"-D{define}" for define in defines))
    library = _library()
    with _program(library, source, name) as program:
        encoded = [option.encode() for option in options]
        code = library.nvrtcCompileProgram(
            program, len(encoded), (ctypes.c_char_p * len(encoded))(*encoded)
        )
        log = _read(library, program, "ProgramLog").rstrip(b"\0").decode(errors="replace")
        if code:
            raise DeviceFault(f"{name} does not compile for {target}\n{_shortened(log)}")
        # All bytes are kept: without its last one the file is no ELF file to the disassembler.
        return Compiled(_read(library, program, "CUBIN"), PtxasReport.parse(log), compiler())


def compiler() -> str:
    """The compiler that would be used, such as `NVRTC 12.9`; DeviceFault where there is none."""
    major, minor = _version()
    return f"NVRTC {major}.{minor}"


def check_target(target: str) -> None:
    """Raise unless the installed NVRTC can compile for the target."""
    if target not in FLOORS:
        raise InvalidInput(
            f"no target {target!r}", cure=f"take one of {', '.join(FLOORS)}"
        )  # fmt: skip
    if _version() < FLOORS[target]:
        floor = ".".join(map(str, FLOORS[target]))
        raise DeviceFault(
            f"{compiler()} cannot compile for {target}\n"
            f"    install NVRTC {floor} or newer: {INSTALL}"
        )


@cache
def _library() -> ctypes.CDLL:
    # Imported here: a machine that only runs bundles has no compiler.
    try:
        from cuda import pathfinder

        # Through pathfinder, since some wheels of NVRTC cannot find their own second library.
        path = pathfinder.load_nvidia_dynamic_lib("nvrtc").abs_path
        return ctypes.CDLL(path)
    except (ImportError, OSError, RuntimeError) as missing:
        raise DeviceFault(f"no NVRTC: {_first_line(missing)}\n    {INSTALL}") from missing


@cache
def _version() -> tuple[int, int]:
    major, minor = ctypes.c_int(), ctypes.c_int()
    _library().nvrtcVersion(ctypes.byref(major), ctypes.byref(minor))
    return major.value, minor.value


@contextmanager
def _program(library: ctypes.CDLL, source: str, name: str) -> Iterator[ctypes.c_void_p]:
    program = ctypes.c_void_p()
    code = library.nvrtcCreateProgram(
        ctypes.byref(program), source.encode(), name.encode(), 0, None, None
    )
    if code:
        raise DeviceFault(f"NVRTC cannot begin with {name}: error {code}")
    try:
        yield program
    finally:
        library.nvrtcDestroyProgram(ctypes.byref(program))


def _read(library: ctypes.CDLL, program: ctypes.c_void_p, what: str) -> bytes:
    size = ctypes.c_size_t()
    library[f"nvrtcGet{what}Size"](program, ctypes.byref(size))
    buffer = ctypes.create_string_buffer(size.value)
    library[f"nvrtcGet{what}"](program, buffer)
    return buffer.raw


def _shortened(log: str) -> str:
    if len(log) <= LONGEST_LOG:
        return log
    return f"{log[:LONGEST_LOG]}\n... {len(log) - LONGEST_LOG} more characters"


def _first_line(failure: Exception) -> str:
    return str(failure).partition("\n")[0] or type(failure).__name__
