"""What a solve returns: status, schedule, certificate, other strategies, and the effort it took."""

from __future__ import annotations

from ..models.answer import Effort, Status
from ..models.certificate import Certificate, ObjectiveValue
from ..models.document import Document
from ..models.schedule import Schedule


class Strategy(Document):
    """A schedule with the same initiation interval and another partition or order."""

    schedule: Schedule
    objectives: tuple[ObjectiveValue, ...]


class Solution(Document):
    """The outcome of `find_schedule`.

    `optimal` and `feasible` carry a verified schedule. `infeasible` is proved; `unknown` is what is
    left when a limit was reached before any schedule was found. All but `effort` is the same in
    every run that no wall-clock limit and no stop cut short.
    """

    status: Status
    reason: str = ""
    schedule: Schedule | None = None
    certificate: Certificate | None = (
        None  # None if the rules or a circuit alone exclude every schedule
    )
    alternatives: tuple[Strategy, ...] = ()
    effort: Effort

    def canonical(self) -> Solution:
        """The part that does not depend on time or on which backend was quicker."""
        return self.model_copy(update={"effort": Effort(seconds=0.0)})
