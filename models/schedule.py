"""A schedule: when and where each operation of one iteration issues."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated

from pydantic import Field, StringConstraints

from .document import Count, Document, Name, Positive

StorageName = Annotated[
    str,
    StringConstraints(
        pattern=r"^([A-Za-z_][A-Za-z0-9_.\[\]'-]{0,95}"
        r"|staged\([A-Za-z_][A-Za-z0-9_.\[\]'-]{0,95}\))$"
    ),
]
"""A buffer of the problem, or `staged(VALUE)` for a value staged between warp groups."""

Partition = frozenset[frozenset[str]]
"""The operations of each warp group, whatever the groups are called."""


class Placement(Document):
    """Where one operation stands: its issue cycle in its own iteration, and its warp group."""

    operation: Name
    issue_cycle: Count  # [t(v)] cycles from the start of the iteration
    warp_group: Annotated[int, Field(ge=0, le=15)]  # [g(v)] 0 is the producer


class GroupBudget(Document):
    """Registers of one warp group that holds operations."""

    warp_group: Annotated[int, Field(ge=0, le=15)]
    registers_per_thread: Count  # [R(w)] its budget; 0 where the machine does not limit registers


class RingDepth(Document):
    """How many slots the ring of a buffer has.

    For a pooled memory: the largest number of live copies.
    """

    buffer: StorageName
    depth: Positive


class Schedule(Document):
    """Iteration i issues operation v at cycle i * initiation_interval + issue_cycle(v)."""

    initiation_interval: Positive  # [II] cycles between iteration starts
    placements: tuple[Placement, ...]  # in the order of the problem's operations
    budgets: tuple[GroupBudget, ...] = ()  # by warp group
    rings: tuple[RingDepth, ...] = ()

    @cached_property
    def _by_operation(self) -> dict[str, Placement]:
        return {placement.operation: placement for placement in self.placements}

    def issue_cycle(self, operation: str) -> int:
        """Cycles from the start of the iteration to the issue of the operation."""
        return self._by_operation[operation].issue_cycle

    def warp_group(self, operation: str) -> int:
        """The warp group that issues the operation."""
        return self._by_operation[operation].warp_group

    def stage(self, operation: str) -> int:
        """How many initiation intervals after its iteration began the operation issues."""
        return self.issue_cycle(operation) // self.initiation_interval

    def slot(self, operation: str) -> int:
        """The cycle of the steady state, 0 .. II - 1, at which the operation issues."""
        return self.issue_cycle(operation) % self.initiation_interval

    @property
    def slots(self) -> dict[str, int]:
        """The slot of every operation."""
        return {p.operation: self.slot(p.operation) for p in self.placements}

    @property
    def used_groups(self) -> tuple[int, ...]:
        """Warp groups that hold at least one operation, ascending."""
        return tuple(sorted({placement.warp_group for placement in self.placements}))

    @property
    def partition(self) -> Partition:
        """Which operations share a warp group."""
        return frozenset(
            frozenset(p.operation for p in self.placements if p.warp_group == group)
            for group in self.used_groups
        )

    def crosses(self, source: str, target: str) -> bool:
        """Whether two operations are in different warp groups."""
        return self.warp_group(source) != self.warp_group(target)
