"""Raw samples of microbenchmarks: what a GPU box writes, and what figures are derived from."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from .document import Document, Name, Positive
from .kernel import Target

SAMPLES_FORMAT = "twill-samples/1"
LEAST_REPETITIONS = 5
MOST_REPETITIONS = 300  # the reader's limit on a document holds a few more
MOST_RUNS = 256
_LIMIT = 1 << 62

Line = Annotated[str, StringConstraints(pattern=r"^[ -~]{1,60}$")]
"""One short line of printable ASCII: it goes into a profile."""

Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
Cycles = Annotated[
    tuple[Annotated[int, Field(ge=-_LIMIT, le=_LIMIT)], ...],
    Field(min_length=LEAST_REPETITIONS, max_length=MOST_REPETITIONS),
]
"""Elapsed cycles, one for each repetition; a clock that jumps back gives negative ones."""


class Run(Document):
    """One microbenchmark: its elapsed cycles at two numbers of iterations, run in turns."""

    name: Name
    source: Digest  # of the family that it was compiled with
    lengths: tuple[Positive, Positive]
    short: Cycles
    long: Cycles

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.lengths[0] >= self.lengths[1]:
            raise ValueError("the first length is not below the second one")
        if len(self.short) != len(self.long):
            raise ValueError(f"{len(self.short)} short and {len(self.long)} long times")
        return self


class CalibrationSamples(Document):
    """Everything that one calibration run found out, before anything is derived."""

    format: Literal["twill-samples/1"]
    gpu: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    target: Target
    device: Line
    multiprocessors: Positive  # of the device
    driver: Line
    compiler: Line
    made_by: Line
    date: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    # MHz by nvidia-smi, before and after; null where it tells nothing.
    clock_before: Annotated[float, Field(gt=0, le=10_000)] | None
    clock_after: Annotated[float, Field(gt=0, le=10_000)] | None
    runs: Annotated[tuple[Run, ...], Field(min_length=1, max_length=MOST_RUNS)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        names = [run.name for run in self.runs]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"{', '.join(twice)} run twice")
        return self
