"""A slot of shared memory as the protocol sees it: which tile it holds, who may still use it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .hazards import Hazard
from .knowledge import (
    DRAINED,
    FETCHED,
    KINDS,
    MULTIPLIED,
    SETTLED,
    STAGED,
    WRITTEN,
    Kind,
    Knowledge,
)

Use = tuple[Kind, int, int, int]
"""What was done, by which role, from which row to which (exclusive)."""

_MAY_STILL: dict[Kind, str] = {
    SETTLED: "a product of {role} may still read",
    MULTIPLIED: "a product of {role} may still read",
    DRAINED: "a copy out of {role} may still read (no WaitCopies and barrier since)",
    STAGED: "{role} staged without a proxy fence and a barrier since",
    WRITTEN: "{role} wrote without a barrier since",
    FETCHED: "threads of {role} may still read (no barrier since)",
}


@dataclass(slots=True)
class Slot:
    """One slot of one buffer. Tiles are told apart by the number of their reservation."""

    buffer: str
    number: int
    rows: int
    holds: int = -1  # the reservation whose tile has landed
    iteration: int | None = None  # of the loop, in which that tile was copied
    filling: int = -1  # the reservation that copies go to
    landing: int = 0  # copies in flight
    uses: dict[Use, int] = field(default_factory=dict)  # to the number of the last of its kind

    def note(self, kind: Kind, role: int, rows: tuple[int, int], number: int) -> None:
        """Remember the use of rows; `number` counts what the role did of that kind."""
        self.uses[kind, role, *rows] = number

    def fill(self, reservation: int, iteration: int | None) -> None:
        """A copy in begins; what was there is gone."""
        if self.landing and self.filling != reservation:
            raise Hazard(f"copies into {self} while an earlier copy in is still in flight")
        self.uses.clear()
        self.filling, self.iteration = reservation, iteration
        self.landing += 1

    def stage_anew(self, reservation: int, iteration: int | None) -> None:
        """Threads begin to fill it; what was there is gone."""
        self.uses.clear()
        self.filling = self.holds = reservation
        self.iteration = iteration

    def land(self, reservation: int) -> None:
        """A copy in is over."""
        self.landing -= 1
        self.holds = reservation

    def check_known(
        self,
        what: str,
        kinds: Sequence[Kind],
        rows: tuple[int, int],
        known: Knowledge,
        roles: Sequence[str],
        but: int = -1,
    ) -> None:
        """Raise Hazard unless all uses of the rows of these kinds are known to be over.

        `but` is a role whose own staged writes do not count.
        """
        for (kind, role, first, end), number in self.uses.items():
            if kind not in kinds or first >= rows[1] or rows[0] >= end:
                continue
            if known[KINDS * role + kind] < number and not (kind == STAGED and role == but):
                raise Hazard(f"{what} {self}, which {_MAY_STILL[kind].format(role=roles[role])}")

    def staged_by(self, rows: tuple[int, int]) -> list[tuple[int, int]]:
        """The roles that wrote any of the rows, each with the number of its last write."""
        return [
            (role, number)
            for (kind, role, first, end), number in self.uses.items()
            if kind == STAGED and first < rows[1] and rows[0] < end
        ]

    def __str__(self) -> str:
        return f"slot {self.number} of {self.buffer}"
