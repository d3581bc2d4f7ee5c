"""What lies between the issue of a matrix product and the wait for it, in the finished code.

The assembler may move a wait above work that touches registers only. Nothing in its report shows
that, so the overlap that a schedule promises is counted in the machine code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .sass import Instruction, count

PRODUCTS = ("HGMMA", "QGMMA")
"""wgmma of 16-bit operands, and of 8-bit ones."""

_PENDING = re.compile(r"0x([0-9a-f]+)$")


@dataclass(frozen=True, slots=True)
class Segment:
    """The instructions between two boundaries: how many of each counted opcode."""

    after: str | None  # tag of the boundary that it follows; None at the start
    before: str | None  # tag of the boundary that ends it; None at the end
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Flight:
    """A batch of wgmma from its commit to the wait that retires it."""

    issued: int  # address of the last wgmma of the batch
    awaited: int | None  # address of the wait; None if none retires it
    counts: Mapping[str, int]  # what issues in between


def segments(
    instructions: Sequence[Instruction], boundaries: Mapping[str, str], counted: Sequence[str]
) -> tuple[Segment, ...]:
    """Cut a slice at its boundaries, given as opcode and tag, and count opcodes in each piece.

    Boundaries of one tag with none of the counted between them are one boundary, so that a batch
    of wgmma is not cut. The first piece follows nothing, the last one is followed by nothing.
    """
    found: list[Segment] = []
    begin, after = 0, None
    for index, tag in [*_tagged(instructions, boundaries), (len(instructions), None)]:
        counts = _counts(instructions[begin:index], counted)
        if tag is None or tag != after or any(counts.values()):
            found.append(Segment(after, tag, counts))
        begin, after = index + 1, tag
    return tuple(found)


def wait_regions(
    instructions: Sequence[Instruction], counted: Sequence[str], *, repeats: bool = False
) -> tuple[Flight, ...]:
    """For each batch of wgmma in a slice, in order of issue, what runs until it is waited for.

    A wait for at most n pending groups retires all but the newest n. With `repeats` the slice is
    the body of a loop, and a wait may belong to a batch of the iteration before.
    """
    rounds = 2 if repeats else 1
    stream = list(instructions) * rounds
    commits = [i for i, one in enumerate(stream) if _commits(one)]
    retired = _retirements(stream)
    flights = []
    for commit in commits[: len(commits) // rounds]:
        wait = retired.get(commit)
        between = stream[commit + 1 : wait]
        awaited = None if wait is None else stream[wait].address
        flights.append(Flight(stream[commit].address, awaited, _counts(between, counted)))
    return tuple(flights)


def _retirements(stream: Sequence[Instruction]) -> dict[int, int]:
    pending: list[int] = []
    retired: dict[int, int] = {}
    for index, instruction in enumerate(stream):
        if _commits(instruction):
            pending.append(index)
        elif (most := most_pending(instruction)) is not None:
            done, pending = pending[: len(pending) - most], pending[len(pending) - most :]
            retired.update(dict.fromkeys(done, index))
    return retired


def _commits(instruction: Instruction) -> bool:
    # The last wgmma of a committed group carries the scoreboard that its wait reads.
    return any(map(instruction.matches, PRODUCTS)) and "gsb0" in instruction.operands


def most_pending(instruction: Instruction) -> int | None:
    """How many batches of wgmma a wait leaves in flight; None for what is no such wait."""
    if not instruction.matches("WARPGROUP.DEPBAR"):
        return None
    number = _PENDING.search(instruction.operands[-1]) if instruction.operands else None
    return int(number[1], 16) if number else 0


def _tagged(
    instructions: Sequence[Instruction], boundaries: Mapping[str, str]
) -> Iterator[tuple[int, str]]:
    for index, instruction in enumerate(instructions):
        for opcode, tag in boundaries.items():
            if instruction.matches(opcode):
                yield index, tag
                break


def _counts(instructions: Sequence[Instruction], counted: Sequence[str]) -> dict[str, int]:
    return {opcode: count(instructions, opcode) for opcode in counted}
