"""Steps at named barriers."""

from __future__ import annotations

from typing import Literal

from .document import Count, Name
from .step_base import StepBase


class Arrive(StepBase):
    """Arrive at a named barrier without waiting; see Sync for the iterations that take part."""

    step: Literal["arrive"] = "arrive"
    barrier: Name
    skip_first: Count = 0
    skip_last: Count = 0


class Sync(StepBase):
    """Wait at a named barrier.

    Left out in the first `skip_first` and the last `skip_last` iterations of the loop.
    """

    step: Literal["sync"] = "sync"
    barrier: Name
    skip_first: Count = 0
    skip_last: Count = 0
