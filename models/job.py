"""A request for a schedule and the job that answers it, as they go over the wire."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from .answer import Status
from .document import Count, Document, Name, Positive
from .progress import Progress
from .solve_options import DEFAULT_OBJECTIVES, Objective
from .work import Text

State = Literal["queued", "running", "done", "cancelled", "failed"]
FINAL: tuple[State, ...] = ("done", "cancelled", "failed")

JobId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
Moment = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]


class ScheduleRequest(Document):
    """What `POST /v1/schedules` takes: a document or the name of one, a GPU, and what is wanted."""

    document: Text | None = None  # YAML of a kernel or a graph
    kernel: Name | None = None  # or the name of one of the library
    gpu: Name | None = None  # a profile that `/v1/profiles` lists; None: as `twill solve` chooses
    profile: Text | None = None  # or the YAML of a profile
    top: Annotated[int, Field(ge=1, le=100)] = 1
    prove: bool = False
    objectives: tuple[Objective, ...] = DEFAULT_OBJECTIVES
    time_limit: Annotated[float, Field(gt=0, le=86_400)] | None = None  # seconds
    priority: Annotated[int, Field(ge=-10, le=10)] = 0  # higher runs first

    @model_validator(mode="after")
    def _names_one_of_each(self) -> Self:
        if (self.document is None) == (self.kernel is None):
            raise ValueError("give either `document` or `kernel`")
        if self.gpu is not None and self.profile is not None:
            raise ValueError("give `gpu` or `profile`, not both")
        return self


class Job(Document):
    """One accepted request, from the moment it is stored until long after its end."""

    id: JobId
    state: State
    status: Status | None = None  # with a result; a cancelled job may have one too
    kernel: Name
    gpu: Name
    priority: int = 0
    created_at: Moment  # UTC
    started_at: Moment | None = None
    finished_at: Moment | None = None
    attempts: Count = 0
    lower_bound: Positive | None = None  # no schedule has a smaller initiation interval
    initiation_interval: Positive | None = None  # the best so far
    reason: str = ""  # why it failed, was cancelled or has no proof: one sentence
    result: Digest | None = None  # address of the schedule document: `/v1/results/{digest}`


class JobEvent(Document):
    """One line of `GET /v1/schedules/{id}/events`, numbered from 1 without gaps."""

    sequence: Positive
    kind: Literal["queued", "started", "progress", "retried", "ended"]
    at: Moment
    progress: Progress | None = None  # with `progress`
    job: Job | None = None  # with `ended`: its final form; always the last event
    reason: str = ""
