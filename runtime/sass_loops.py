"""Which instructions of a kernel repeat: its natural loops."""

from __future__ import annotations

from dataclasses import dataclass

from .sass import COPIES, Instruction, SassFunction, count
from .sass_blocks import Blocks

OVER_LANES = 16  # instructions of a loop over lanes, at most: one copy, and who does it


@dataclass(frozen=True, slots=True)
class Loop:
    """The instructions of one loop in the order of addresses, inner loops included."""

    instructions: tuple[Instruction, ...]

    def count(self, opcode: str) -> int:
        """How many instructions have the opcode, whatever its further modifiers."""
        return count(self.instructions, opcode)


def loops(function: SassFunction) -> tuple[Loop, ...]:
    """The natural loops of a kernel, shortest first.

    A backward branch alone makes no loop: a wait that was placed after the end of the kernel jumps
    back too. A branch closes a loop if its target comes before it on every path (dominates it).
    Nor does a copy that is done for one lane after the other: it is there once in the program.
    """
    if not function.instructions:
        return ()
    blocks = Blocks(function)
    bodies: dict[int, set[int]] = {}
    for source, dominators in blocks.dominators().items():
        for target in blocks.successors[source]:
            if target in dominators:
                bodies.setdefault(target, {target}).update(blocks.body(target, source))
    found = [Loop(blocks.instructions(body)) for body in bodies.values()]
    own = [loop for loop in found if not _is_over_lanes(loop)]
    return tuple(sorted(own, key=lambda loop: (len(loop.instructions), _first(loop))))


def _is_over_lanes(loop: Loop) -> bool:
    """Whether it does one copy for each lane that has other operands, as NVRTC 13.5 writes it."""
    copies = sum(map(loop.count, COPIES))
    short = len(loop.instructions) <= OVER_LANES and not loop.count("SYNCS")
    return short and copies == 1 and bool(loop.count("ELECT"))


def main_loops(function: SassFunction, *opcodes: str) -> tuple[Loop, ...]:
    """The innermost loops with an instruction of one of the opcodes, in the order of addresses."""
    having = [loop for loop in loops(function) if any(map(loop.count, opcodes))]
    innermost = [
        loop
        for loop in having
        if not any(set(o.instructions) < set(loop.instructions) for o in having)
    ]
    return tuple(sorted(innermost, key=_first))


def _first(loop: Loop) -> int:
    return loop.instructions[0].address
