"""Where a step stands while it runs: the registers, the iteration, the slots of its role."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...models.warp_expression import StoredElement
from .registers import Registers


@dataclass(frozen=True, slots=True)
class Here:
    """`registers` is None in a role that has none, `iteration` outside of the loop."""

    registers: Registers | None
    iteration: int | None
    slot_of: Callable[[StoredElement], int]

    @property
    def own(self) -> Registers:
        """The registers of a role that computes."""
        assert self.registers is not None, "the role computes"
        return self.registers
