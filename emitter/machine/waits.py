"""What a role can wait for: when it goes on, what it learns by that, and how a report names it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from .barriers import MBarrier, NamedBarrierState
from .ledger import Ledger


class Wait(Protocol):
    """A condition that some event or other role makes true."""

    def ready(self) -> bool:
        """Whether the role can go on."""
        ...

    def passed(self) -> None:
        """Called once when the role goes on."""
        ...


@dataclass(frozen=True, slots=True)
class MBarrierWait:
    """Until the phase of that parity is complete."""

    barrier: MBarrier
    parity: int
    then: Callable[[], None]

    def ready(self) -> bool:
        """As try_wait.parity answers."""
        return self.barrier.parity != self.parity

    def passed(self) -> None:
        """What the step does after its wait."""
        self.then()

    def __str__(self) -> str:
        return f"parity {self.parity} of {self.barrier}"


@dataclass(frozen=True, slots=True)
class BarrierWait:
    """Until all threads of a named barrier have come."""

    barrier: NamedBarrierState
    turns: int  # that were complete when the role arrived
    then: Callable[[], None]

    def ready(self) -> bool:
        """Whether the turn that the role arrived for is complete."""
        return self.barrier.turns > self.turns

    def passed(self) -> None:
        """What the step does after its wait."""
        self.then()

    def __str__(self) -> str:
        return str(self.barrier)


@dataclass(frozen=True, slots=True)
class ProductsWait:
    """Until so few products are in flight."""

    ledger: Ledger
    pending: int
    then: Callable[[], None]

    def ready(self) -> bool:
        """Whether all but the last few are over."""
        return len(self.ledger.queue) <= self.pending

    def passed(self) -> None:
        """What the step does after its wait."""
        self.then()

    def __str__(self) -> str:
        return f"products: {len(self.ledger.queue)} in flight, {self.pending} may be"


@dataclass(frozen=True, slots=True)
class CopiesWait:
    """Until the copies out of a role are over."""

    in_flight: Callable[[], int]
    then: Callable[[], None]

    def ready(self) -> bool:
        """Whether none is in flight."""
        return self.in_flight() == 0

    def passed(self) -> None:
        """What the step does after its wait."""
        self.then()

    def __str__(self) -> str:
        return f"copies out: {self.in_flight()} in flight"
