"""How long the search takes until the least initiation interval is proved."""

from __future__ import annotations

from dataclasses import dataclass

from twill.benchmarks.timing import Clock, Seconds
from twill.models.problem import SchedulingProblem
from twill.models.progress import Progress
from twill.models.solve_options import SolveOptions
from twill.solver.search import find_schedule
from twill.solver.solution import Solution


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of one search; `second` is the rest, spent on the second objectives."""

    status: str
    initiation_interval: int | None
    minimum: int | None  # MinII
    lower_bound: int | None
    stages: int | None  # searched
    questions: int
    total: float  # wall seconds, second objectives included

    def rows(self) -> dict[str, object]:
        """What is stored."""
        return {
            "status": self.status,
            "initiation_interval": self.initiation_interval,
            "minimum": self.minimum,
            "lower_bound": self.lower_bound,
            "stages_searched": self.stages,
            "questions": self.questions,
            "total_wall_seconds": round(self.total, 3),
        }


def time_to_proof(problem: SchedulingProblem, limit: float) -> tuple[Proof, Seconds]:
    """Search for at most `limit` wall seconds; the time is that until the search is settled."""
    clock = Clock()
    settled: list[Seconds] = []

    def observe(event: Progress) -> None:
        # Choosing among the best schedules begins when there is nothing left to prove.
        if event.kind in ("objective", "done") and not settled:
            settled.append(clock.read())

    solution = find_schedule(problem, SolveOptions(seconds=limit), observe)
    return _proof(solution, clock.read().wall), settled[0]


def _proof(solution: Solution, total: float) -> Proof:
    schedule, certificate = solution.schedule, solution.certificate
    return Proof(
        status=solution.status,
        initiation_interval=None if schedule is None else schedule.initiation_interval,
        minimum=None if certificate is None else certificate.bounds.minimum,
        lower_bound=None if certificate is None else certificate.lower_bound,
        stages=None if certificate is None else certificate.stage_bound.stages,
        questions=len(solution.effort.probes),
        total=total,
    )
