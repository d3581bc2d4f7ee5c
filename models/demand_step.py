"""The step that asks for values where the machine code could put them off."""

from __future__ import annotations

from typing import Literal

from .document import Name
from .step_base import StepBase


class Demand(StepBase):
    """What was assigned to the fragments is there: ptxas, which pins do not bind, puts none off."""

    step: Literal["demand"] = "demand"
    fragments: tuple[Name, ...]
