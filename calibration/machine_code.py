"""Whether machine code still holds what a microbenchmark times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from ..models.errors import DeviceFault
from ..runtime.sass import Instruction, SassFunction, count
from ..runtime.sass_loops import loops
from .microbenchmark import Expected, Microbenchmark

CLOCK = "SR_CLOCKLO"


def check_code(one: Microbenchmark, function: SassFunction) -> None:
    """Raise DeviceFault unless a loop, or a bracket in one, has the instructions under test.

    A compiler that finds that nobody needs a result leaves the work out, and what is timed then is
    an empty loop.
    """
    if function.local_memory:
        raise DeviceFault(f"{one.name}: machine code uses local memory, which is timed too")
    parts = tuple(_parts(one, function))
    if not any(_holds(one.expected, part) for part in parts):
        wanted = ", ".join(f"{e.count} {' or '.join(e.opcodes)}" for e in one.expected)
        what = "loop" if one.timed == "loop" else "bracket"
        found = "; ".join(_counted(one.expected, part) for part in parts) or "nothing"
        raise DeviceFault(
            f"{one.name}: no {what} of the machine code has {wanted or 'two clock readings'}; "
            f"found {found}"
        )


def _parts(one: Microbenchmark, function: SassFunction) -> Iterator[Sequence[Instruction]]:
    """What may be timed: each loop, or what each loop has between two clock readings."""
    for loop in loops(function):
        if one.timed == "loop":
            yield loop.instructions
            continue
        readings = [i for i, found in enumerate(loop.instructions) if CLOCK in found.operands]
        for first, last in pairwise(readings):
            yield loop.instructions[first + 1 : last]


def _holds(expected: Iterable[Expected], part: Sequence[Instruction]) -> bool:
    return all(
        _count(one, part) >= one.count if one.at_least else _count(one, part) == one.count
        for one in expected
    )


def _count(one: Expected, part: Sequence[Instruction]) -> int:
    return sum(count(part, opcode) for opcode in one.opcodes)


def _counted(expected: Iterable[Expected], part: Sequence[Instruction]) -> str:
    return ", ".join(f"{_count(one, part)} {' or '.join(one.opcodes)}" for one in expected)
