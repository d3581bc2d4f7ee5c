"""A microbenchmark: a loop that is timed at two lengths, and what its machine code must hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Timed = Literal["loop", "bracket"]
"""What is timed: the whole loop, or what stands between two clock readings in each iteration."""

WARP = 32
ROW_BYTES = 128  # of the arrays that copies move: 64 columns of bf16, one span of the swizzle
ROW_COLUMNS = 64


@dataclass(frozen=True, slots=True)
class Expected:
    """So many instructions of one of these opcodes stand in the timed loop, or in the bracket."""

    opcodes: tuple[str, ...]
    count: int
    at_least: bool = False  # ptxas may write a wait twice: once before its loop


@dataclass(frozen=True, slots=True)
class Copied:
    """The array in global memory that tensor copies go through, and the box of one of them."""

    rows: int  # of the array, 64 columns of bf16 each
    box_rows: int

    @property
    def bytes(self) -> int:
        """Of one copy."""
        return self.box_rows * ROW_BYTES


@dataclass(frozen=True, slots=True)
class Microbenchmark:
    """One kernel of a family. The texts are C++; docs/calibration.md says what they may name."""

    name: str
    threads: int  # of a block
    body: str  # of the loop; the iteration is k
    operations: int  # under test in one iteration
    expected: tuple[Expected, ...]
    setup: str = ""
    finish: str = ""  # behind the second clock reading: keeps results alive
    leave: str = ""  # by all threads, at the end
    lengths: tuple[int, int] = (64, 256)  # iterations of the two runs
    shared_bytes: int = 0  # from a base that is aligned to 1,024
    timed: Timed = "loop"
    alone: bool = False  # the loop is run by one elected thread of the only warp
    everywhere: bool = False  # one block on each multiprocessor, else one block
    copied: Copied | None = None

    @property
    def warps(self) -> int:
        """Of a block; each notes when it began and when it ended."""
        return self.threads // WARP
