"""Steps across the four threads of a quad, which hold the same rows."""

from __future__ import annotations

from typing import Literal

from .document import Name
from .step_base import StepBase


class SumQuads(StepBase):
    """target (rows fragment) := the sum of what the four threads of each quad hold."""

    step: Literal["sum_quads"] = "sum_quads"
    target: Name
