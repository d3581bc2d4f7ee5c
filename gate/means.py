"""What a check may do beside looking: solve, prove, write, and say what it is about to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ..models.answer import Answer
from ..models.solve_options import DEFAULT_OBJECTIVES, SolveOptions
from ..pipeline import Task, solve_task
from ..solver.question import Stop

PROOF_SECONDS = 300.0
Write = Callable[[Path, str], None]


@dataclass(frozen=True, slots=True)
class Means:
    """The choices of one run of `twill check`; a stop ends it after the schedule at hand."""

    write: Write
    solves: bool = True  # solve what has changed, to say what became of its interval
    proves: bool = False  # have every exclusion that needed a search proved again
    updates: bool = False  # write anew what is not as it should be
    seconds: float | None = None  # of each solve, and of each question of a proof
    stop: Stop = field(default_factory=Stop)
    say: Callable[[str], None] = lambda sentence: None  # before what takes long

    @property
    def proof_seconds(self) -> float:
        """The limit of one question of a proof."""
        return PROOF_SECONDS if self.seconds is None else self.seconds

    def solve(self, task: Task, like: Answer | None = None) -> Answer:
        """Solve with the choices of an answer, every exclusion proved by each backend."""
        self.say(f"solving {task.kernel} on {task.gpu}")
        return solve_task(task, _options(like, self.seconds), stop=self.stop)


def _options(like: Answer | None, seconds: float | None) -> SolveOptions:
    certificate = like.certificate if like is not None else None
    names = tuple(o.objective for o in certificate.objectives) if certificate is not None else ()
    return SolveOptions.model_validate(
        {
            "objectives": names or DEFAULT_OBJECTIVES,
            "top": 1 if like is None else 1 + len(like.alternatives),
            "prove": True,
            "seconds": seconds,
        }
    )
