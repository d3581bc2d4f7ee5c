"""The machine code of a cubin as a list of instructions per kernel."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..models.errors import DeviceFault
from .nvrtc import INSTALL

TIMEOUT_SECONDS = 120
COPIES = ("UTMALDG", "UTMASTG", "UTMAREDG")
"""Tensor copies: a tile in, a tile out, a tile added to what is there."""

_SECTION = re.compile(r"^\.text\.([^\s:]+):")
_LABEL = re.compile(r"^([.$\w]+):")
_INSTRUCTION = re.compile(r"/\*([0-9a-f]{4,})\*/\s+(?:(@!?U?P\w+)\s+)?([A-Z][\w.]*)\s*([^;]*?)\s*;")
_NOTE = re.compile(r"\s*\(\*.*\*\)")
_TARGET = re.compile(r"`\(([.$\w]+)\)")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One machine instruction, such as `@!P0 HGMMA.64x128x16.F32.BF16 R88, gdesc[UR24], R88`."""

    address: int  # bytes from the start of the kernel
    opcode: str  # with its modifiers
    operands: tuple[str, ...]
    guard: str | None = None  # the predicate, such as @!P0
    target: str | None = None  # the label that it names

    def matches(self, opcode: str) -> bool:
        """Whether the opcode is this one, with any further modifiers: MUFU matches MUFU.EX2."""
        return self.opcode == opcode or self.opcode.startswith(f"{opcode}.")


@dataclass(frozen=True, slots=True)
class SassFunction:
    """A kernel: its instructions in the order of addresses, and where its labels stand."""

    name: str
    instructions: tuple[Instruction, ...]
    labels: dict[str, int]  # label: index of the instruction that follows it

    def count(self, opcode: str) -> int:
        """How many instructions have the opcode, whatever its further modifiers."""
        return count(self.instructions, opcode)

    @property
    def local_memory(self) -> tuple[Instruction, ...]:
        """Loads and stores of local memory: spills, and arrays indexed at run time."""
        return tuple(i for i in self.instructions if i.matches("LDL") or i.matches("STL"))

    @property
    def divergent_loops(self) -> tuple[Instruction, ...]:
        """BRA.U.ANY: a loop over the lanes around an instruction that needs a uniform operand."""
        return tuple(i for i in self.instructions if i.matches("BRA.U.ANY"))


def count(instructions: Iterable[Instruction], opcode: str) -> int:
    """How many of the instructions have the opcode, whatever its further modifiers."""
    return sum(instruction.matches(opcode) for instruction in instructions)


def disassemble(cubin: bytes) -> dict[str, SassFunction]:
    """The kernels of a cubin by name. DeviceFault where nvdisasm is missing or refuses it."""
    with tempfile.TemporaryDirectory(prefix="twill-") as folder:
        path = Path(folder) / "kernel.cubin"
        path.write_bytes(cubin)
        try:
            run = subprocess.run(
                [_disassembler(), "-c", str(path)], capture_output=True, text=True,
                timeout=TIMEOUT_SECONDS, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as failure:
            raise DeviceFault(f"nvdisasm cannot run: {failure}") from failure
    if run.returncode:
        raise DeviceFault(f"nvdisasm refuses the cubin: {run.stderr.strip()[:500]}")
    return parse(run.stdout)


def parse(text: str) -> dict[str, SassFunction]:
    """The kernels in a listing of `nvdisasm -c`, by name."""
    sections: dict[str, list[str]] = {}
    lines: list[str] = []  # what stands before the first section is dropped
    for line in text.splitlines():
        if section := _SECTION.match(line):
            lines = sections.setdefault(section[1], [])
        else:
            lines.append(line)
    return {name: _function(name, lines) for name, lines in sections.items()}


def _function(name: str, lines: Iterable[str]) -> SassFunction:
    instructions: list[Instruction] = []
    labels: dict[str, int] = {}
    for line in lines:
        if label := _LABEL.match(line):
            labels[label[1]] = len(instructions)
        elif found := _INSTRUCTION.search(line):
            instructions.append(_instruction(found))
    return SassFunction(name, tuple(instructions), labels)


def _instruction(found: re.Match[str]) -> Instruction:
    address, guard, opcode, rest = found.groups()
    rest = _NOTE.sub("", rest)
    target = _TARGET.search(rest)
    return Instruction(
        address=int(address, 16),
        opcode=opcode,
        operands=tuple(part.strip() for part in rest.split(",")) if rest else (),
        guard=guard,
        target=target[1] if target else None,
    )


def _disassembler() -> str:
    try:
        # Imported here: a machine that only runs bundles has no disassembler.
        from cuda import pathfinder

        path = pathfinder.find_nvidia_binary_utility("nvdisasm")
    except ImportError:
        path = None
    if not path:
        raise DeviceFault(f"no nvdisasm\n    {INSTALL}")
    return str(path)
