"""Barriers of a block: mbarriers with phases, arrivals and transactions; named barriers."""

from __future__ import annotations

from dataclasses import dataclass, field

from .hazards import Hazard
from .knowledge import Knowledge, joined


@dataclass(slots=True)
class MBarrier:
    """An mbarrier: a phase is over when all arrivals and all expected bytes have come.

    `gathered` is what those know that arrived so far, `published` what a wait on the last complete
    phase teaches.
    """

    name: str
    count: int  # arrivals that a phase expects
    gathered: Knowledge
    published: Knowledge
    missing: int = field(init=False)  # arrivals that the current phase still expects
    transactions: int = 0  # bytes that the current phase still expects
    parity: int = 0  # of the current phase

    def __post_init__(self) -> None:
        self.missing = self.count

    def arrive(self, arrivals: int, knowledge: Knowledge, transactions: int = 0) -> None:
        """Expect so many bytes, then arrive so often."""
        if arrivals > self.missing:
            raise Hazard(
                f"too many arrivals at {self.name}: its phase expects {self.missing} more of "
                f"{self.count}, {arrivals} come"
            )
        self.gathered = joined(self.gathered, knowledge)
        self.transactions += transactions
        self.missing -= arrivals
        self._turn()

    def complete(self, transactions: int) -> None:
        """So many bytes have landed."""
        self.transactions -= transactions
        self._turn()

    def passed(self, parity: int) -> bool:
        """Whether the phase with that parity has completed, as try_wait.parity sees it."""
        return self.parity != parity

    def _turn(self) -> None:
        if self.missing == 0 and self.transactions == 0:
            self.parity ^= 1
            self.missing = self.count
            self.published = self.gathered

    def __str__(self) -> str:
        return (
            f"{self.name} (in a phase of parity {self.parity}, {self.missing} of {self.count} "
            f"arrivals and {self.transactions} bytes missing)"
        )


@dataclass(slots=True)
class NamedBarrierState:
    """A hardware barrier: it counts threads, whoever they are, and begins again when all came."""

    name: str
    threads: int
    gathered: Knowledge
    published: Knowledge
    arrived: list[str] = field(default_factory=list)
    count: int = 0
    turns: int = 0  # how often it was complete

    def arrive(self, role: str, threads: int, knowledge: Knowledge) -> None:
        """So many threads of a role arrive; a role cannot arrive twice in one turn."""
        if role in self.arrived:
            raise Hazard(f"arrives at barrier {self.name} twice before the others came once")
        if self.count + threads > self.threads:
            raise Hazard(
                f"too many arrivals at barrier {self.name}: {self.count} and {threads} threads, "
                f"it is for {self.threads}"
            )
        self.gathered = joined(self.gathered, knowledge)
        self.count += threads
        self.arrived.append(role)
        if self.count == self.threads:
            self.count = 0
            self.turns += 1
            self.arrived.clear()
            self.published = self.gathered

    def __str__(self) -> str:
        who = ", ".join(self.arrived) or "nobody"
        return f"barrier {self.name} ({self.count} of {self.threads} threads: {who})"
