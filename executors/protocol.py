"""What the service and `twill sweep` ask of an executor, whichever it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ..models.progress import Progress
from ..models.work import Ending, Work

STOP_GRACE_SECONDS = 1.5
"""From the request to stop until the process is killed; the CPU is idle within two seconds."""


class Run(Protocol):
    """A piece of work that was started."""

    def stop(self) -> None:
        """Ask it to end with the best it has; killed after the grace. Returns at once, repeatable.

        A run that is killed ends with the last verified incumbent as a `feasible` answer where
        there is one, otherwise with an `unknown` one: neither is a proof.
        """

    def wait(self, seconds: float | None = None) -> Ending | None:
        """Wait for its end; None if it did not come in time."""


class Executor(Protocol):
    """Runs work in processes that it can kill.

    `observe` is called from a thread of the executor, once for each event, in order; `ended` once,
    after the last event. Neither is called after `close` returned.
    """

    @property
    def slots(self) -> int:
        """How many solves run at the same time."""

    def start(
        self, work: Work, observe: Callable[[Progress], None], ended: Callable[[Ending], None]
    ) -> Run:
        """Start at once, or as soon as a slot is free; returns at once."""

    def close(self, *, grace_seconds: float = 5.0) -> None:
        """Stop all that runs, wait for the grace, kill what is left; no process survives."""
