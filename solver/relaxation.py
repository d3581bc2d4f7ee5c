"""Why there is no schedule at all, outside the class in which feasibility is monotone in II."""

from __future__ import annotations

from ..models.problem import SchedulingProblem
from .bounds import compute_bounds
from .monotone import monotone_relaxation
from .question import Question
from .stage_bound import compute_stage_bound


def relaxed_question(problem: SchedulingProblem, interval: int) -> Question:
    """The question at `interval` without reservations at offsets, with all stages that help there.

    That relaxation is in the monotone class. Where it has no schedule it has none at a smaller II,
    and the problem, which asks for more, has none either (docs/constraints.md).
    """
    relaxation = monotone_relaxation(problem)
    stages = compute_stage_bound(relaxation, compute_bounds(relaxation).minimum).stages
    return Question(relaxation, interval, stages)
