"""The one way in which a solve changes: fenced, counted, with its events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, insert, update

from ..models.job import FINAL
from .tables import events, jobs, solves

EventKind = Literal["queued", "started", "progress", "retried", "ended"]


@dataclass(frozen=True, slots=True)
class Said:
    """An event that is to be written."""

    kind: EventKind
    progress: str | None = None  # JSON
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of a solve; whoever holds an earlier one changes nothing any more."""

    solve: int
    number: int

    @property
    def fence(self) -> tuple[ColumnElement[bool], ...]:
        """True of the row as long as this is its run."""
        return (solves.c.attempts == self.number, solves.c.state == "running")


def advance(
    connection: Connection,
    solve: int,
    fence: Sequence[ColumnElement[bool]],
    at: int,
    said: Sequence[Said],
    **changes: Any,
) -> bool:
    """Change a solve and add events, where the fence holds; says whether it did."""
    changed = connection.execute(
        update(solves)
        .where(solves.c.number == solve, *fence)
        .values(events=solves.c.events + len(said), **changes)
        .returning(solves.c.events)
    ).first()
    if changed is None:
        return False
    if changes.get("state") in FINAL:
        connection.execute(
            update(jobs).where(jobs.c.solve == solve, jobs.c.live).values(live=False)
        )
    if said:
        first = changed.events - len(said) + 1
        rows = [
            {"solve": solve, "sequence": first + n, "kind": one.kind, "at": at,
             "progress": one.progress, "reason": one.reason}
            for n, one in enumerate(said)
        ]  # fmt: skip
        connection.execute(insert(events), rows)
    return True
