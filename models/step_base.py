"""What every step of a warp program has."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .document import Document


class StepBase(Document):
    """Whose step it is, and how many periods its iteration lags behind.

    In later periods of an unrolled steady state the lag, counted from the first, may be below 0.

    `optional`: it is left out in the first periods, in which period - lag is no iteration yet.
    """

    operation: str = ""  # of the schedule; empty for what belongs to none
    lag: Annotated[int, Field(ge=-1_000, le=1_000_000)] = 0
    optional: bool = False
