"""What a caller may choose about a solve; nothing here changes what is true of a schedule."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from .certificate import Backend
from .document import Document, Positive

Objective = Literal["warp_groups", "crossings", "staged_bytes", "registers", "length", "stages"]

DEFAULT_OBJECTIVES: tuple[Objective, ...] = (
    "warp_groups",
    "crossings",
    "staged_bytes",
    "registers",
    "length",
)
BOTH: tuple[Backend, ...] = ("cp-sat", "z3")


class SolveOptions(Document):
    """Limits, backends, and which of the best schedules is wanted."""

    seconds: Annotated[float, Field(gt=0)] | None = None  # wall time of the whole solve
    # Effort for one question, in the backend's own units: the same on every machine.
    work: Annotated[float, Field(gt=0)] | None = None
    backends: Annotated[tuple[Backend, ...], Field(min_length=1)] = BOTH
    objectives: tuple[Objective, ...] = DEFAULT_OBJECTIVES  # minimised in this order at least II
    top: Annotated[int, Field(ge=1, le=100)] = 1  # how many different strategies
    prove: bool = False  # have every backend exclude II - 1 by itself
    prove_work: Annotated[float, Field(gt=0)] = 100.0  # effort of each such proof
    prove_seconds: Annotated[float, Field(gt=0)] | None = None  # wall time of each such proof
    blame_work: Annotated[float, Field(ge=0)] = 4.0  # effort to name what excludes II - 1; 0: none
    stages: Positive | None = None  # search no more stages than this; None: all that can help

    @model_validator(mode="after")
    def _has_no_repetition(self) -> Self:
        for named in (self.backends, self.objectives):
            if len(set(named)) != len(named):
                raise ValueError(f"named twice: {', '.join(named)}")
        return self
