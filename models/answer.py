"""The answer of a solve: what `twill solve --json` prints and what a schedule file holds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from .certificate import Bounds, Certificate
from .document import Count, Document, Name, Positive
from .problem import SchedulingProblem
from .schedule import Schedule, StorageName

FORMAT: Literal["twill-schedule/2"] = "twill-schedule/2"
Place = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
Status = Literal["optimal", "feasible", "infeasible", "unknown"]


class OperationRow(Document):
    """One operation as people read it."""

    name: Name
    issue_cycle: Count
    stage: Count
    slot: Count
    warp_group: Name
    summary: str = ""
    line: int | None = None


class WarpGroupRow(Document):
    """One warp group as people read it."""

    name: Name
    index: Count
    warps: Positive
    registers_per_thread: Count
    operations: tuple[Name, ...]  # in issue order of the steady state


class RingRow(Document):
    """One ring as people read it."""

    buffer: StorageName
    memory: Name
    depth: Positive
    slot_size: Count
    total: Count


class Alternative(Document):
    """Another schedule with the same initiation interval and another strategy."""

    schedule: Schedule
    warp_groups: tuple[WarpGroupRow, ...]
    objectives: tuple[tuple[Name, int], ...]


class Probe(Document):
    """One question that was put to the backends, and which one answered first."""

    initiation_interval: Positive
    stages: Positive
    verdict: Literal["feasible", "infeasible", "unknown"]
    backend: Literal["cp-sat", "z3"] | None
    seconds: float


class Effort(Document):
    """What may differ between two runs of the same question; not part of the canonical answer."""

    seconds: float
    probes: tuple[Probe, ...] = ()


class Sources(Document):
    """The texts that the answer was made from, so that it stands alone."""

    kernel: str | None = None  # text of kernel.yaml
    kernel_digest: str | None = None
    graph: str | None = None  # text of a graph document
    profile: str | None = None  # text of the GPU profile
    profile_digest: str | None = None


class Origin(Document):
    """Where the texts lie, so that a stored schedule can be compared with what they say today.

    Paths are relative to the folder of the schedule file, with `/` on every system; what has no `/`
    and does not end in `.yaml` or `.yml` is a name that Twill knows.
    """

    document: Place  # of a kernel or a graph
    gpu: Place | None = None  # None: as the document says


class Answer(Document):
    """Status, schedule, bounds and certificate of one solve."""

    format: Literal["twill-schedule/2"] = FORMAT
    kernel: Name
    gpu: Name
    status: Status
    reason: str = ""  # one sentence: why infeasible, or which limit was reached
    initiation_interval: Positive | None = None
    bounds: Bounds | None = None
    schedule_length: Count | None = (
        None  # cycles from the first issue to the last completion of one iteration
    )
    stages: Count | None = None
    operations: tuple[OperationRow, ...] = ()
    warp_groups: tuple[WarpGroupRow, ...] = ()
    rings: tuple[RingRow, ...] = ()
    certificate: Certificate | None = None
    alternatives: tuple[Alternative, ...] = ()
    schedule: Schedule | None = None
    problem: SchedulingProblem
    sources: Sources = Sources()
    origin: Origin | None = None
    seconds: float = 0.0
    effort: Effort | None = None
    seal: str = ""  # digest of everything else, given when it is written (models/schedule_text.py)

    @property
    def stages_left_out(self) -> range:
        """Numbers of stages, left out by choice, that machine and argument do not rule out."""
        if self.certificate is None:
            return range(0)
        bound, rule = self.certificate.stage_bound, self.problem.machine.most_stages
        return range(bound.stages + 1, min(bound.argued, rule or bound.argued) + 1)

    def canonical(self) -> Answer:
        """The part that is the same in every run: without times and without who was quicker."""
        return self.model_copy(update={"seconds": 0.0, "effort": None, "seal": ""})

    def sealed(self) -> Answer:
        """The same with the digest of everything in it but the digest itself."""
        return self.model_copy(update={"seal": self.model_copy(update={"seal": ""}).digest()})
