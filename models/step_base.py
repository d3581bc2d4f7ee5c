"""What every step of a warp program has."""

from __future__ import annotations

from .document import Count, Document


class StepBase(Document):
    """Whose step it is, and how many periods its iteration lags behind.

    `optional`: it is left out in the first periods, in which period - lag is no iteration yet.
    """

    operation: str = ""  # of the schedule; empty for what belongs to none
    lag: Count = 0
    optional: bool = False
