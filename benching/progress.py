"""Which step each role has reached, by the words that a kernel with marks keeps on the host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import prod
from typing import Any

from ..models.errors import InvalidInput
from ..runtime.dtypes import Array
from ..runtime.launch import Kernel, Launch, MarkMemory
from ..runtime.manifest import Mark, RoleMarks

MOST_BLOCKS = 1 << 20


@dataclass(frozen=True, slots=True)
class Reached:
    """Where a role stands: the last mark that it passed."""

    role: str
    step: str
    operation: str
    section: str
    iteration: int | None  # None before and after the loop

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    def __str__(self) -> str:
        which = f" of {self.operation}" if self.operation else ""
        when = f", iteration {self.iteration}" if self.iteration is not None else ""
        return f"{self.role}: {self.step}{which} ({self.section}{when})"


@dataclass(frozen=True, slots=True)
class Stuck:
    """A block that has not ended."""

    block: int
    blocks_stuck: int
    blocks_not_begun: int
    roles: tuple[Reached, ...]


def bind_progress(kernel: Kernel, bound: Launch) -> Array:
    """Memory for the progress of all blocks of a launch; the launch bound next writes to it.

    Raises InvalidInput for too many blocks.
    """
    blocks = prod(bound.grid)
    if blocks > MOST_BLOCKS:
        raise InvalidInput(f"{blocks:,} blocks; the progress of {MOST_BLOCKS:,} is kept")
    address, words = kernel.driver.host_words(blocks * len(kernel.manifest.marks))
    kernel.mark_memory = MarkMemory(progress=address)
    return words


def find_stuck(words: Array, roles: Sequence[RoleMarks]) -> Stuck | None:
    """The first block that began and has not ended; None where there is none."""
    numbers = (words & 0xFFFFFFFF).astype(int).reshape(-1, len(roles))
    periods = (words >> 32).astype(int).reshape(-1, len(roles))
    begun = numbers.any(axis=1)
    ended = (numbers == [len(role.marks) for role in roles]).all(axis=1)
    stuck = begun & ~ended
    if not stuck.any():
        return None
    block = int(stuck.argmax())
    reached = tuple(
        _reached(role, int(number), int(period))
        for role, number, period in zip(roles, numbers[block], periods[block], strict=True)
    )
    return Stuck(block, int(stuck.sum()), int((~begun).sum()), reached)


def _reached(role: RoleMarks, number: int, period: int) -> Reached:
    if not 0 < number <= len(role.marks):
        return Reached(role.role, "not begun", "", "before its first step", None)
    mark: Mark = role.marks[number - 1]
    iteration = period - mark.lag if mark.section == "loop" else None
    return Reached(role.role, mark.step, mark.operation, mark.section, iteration)
