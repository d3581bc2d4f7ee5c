"""A tensor as the protocol sees it: who may still read or write it; signals, and who keeps up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .barriers import MBarrier
from .hazards import Hazard
from .knowledge import EXCHANGED, KINDS, MOVED, MULTIPLIED, Kind, Knowledge

Use = tuple[Kind, int, bool]
"""What was done, by which role, and whether that writes."""

_VERB = {False: "read", True: "write"}


@dataclass(slots=True)
class TensorState:
    """One tensor in Tensor Memory, or one row vector that crosses."""

    name: str
    uses: dict[Use, int] = field(default_factory=dict)  # to the number of the last of its kind

    def note(self, kind: Kind, role: int, number: int, *, writes: bool) -> None:
        """Remember a use; `number` counts what the role did of that kind."""
        self.uses[kind, role, writes] = number

    def check(
        self,
        known: Knowledge,
        roles: Sequence[str],
        missing: Callable[[int, int], str],
        *,
        writes: bool,
        but: Callable[[Use, int], bool],
    ) -> None:
        """Raise Hazard unless all uses in conflict are known to be over, except `but`.

        `missing` says what was not done after a move of a role, given the role and its number.
        """
        for use, number in self.uses.items():
            kind, role, wrote = use
            if not (writes or wrote) or but(use, number):
                continue
            if known[KINDS * role + kind] < number:
                reason = {
                    MULTIPLIED: "no wait for its commit",
                    MOVED: missing(role, number),
                    EXCHANGED: "no signal since",
                }[kind]
                who = f"a product of {roles[role]}" if kind == MULTIPLIED else roles[role]
                verb = "writes" if writes else "reads"
                raise Hazard(f"{verb} {self.name}, which {who} may still {_VERB[wrote]}: {reason}")


@dataclass(slots=True)
class SignalState:
    """A signal, and how often each role that waits for it has done so."""

    barrier: MBarrier
    waiters: tuple[str, ...]
    given: int = 0
    waited: dict[str, int] = field(default_factory=dict)

    def arrive(self, arrivals: int, knowledge: Knowledge) -> None:
        """Arrivals; Hazard if a role would miss a phase, as it can tell two of them apart only."""
        parity = self.barrier.parity
        self.barrier.arrive(arrivals, knowledge)
        if self.barrier.parity == parity:
            return
        self.given += 1
        for waiter in self.waiters:
            if self.waited.get(waiter, 0) < self.given - 1:
                name = self.barrier.name
                raise Hazard(f"{name} is given again before {waiter} has waited for the last one")
