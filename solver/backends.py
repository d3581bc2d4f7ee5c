"""The backends as the search sees them: two that decide questions, one that minimises."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol

from ..models.certificate import Backend, ObjectiveValue
from ..models.errors import ScheduleViolation
from ..models.schedule import Partition, Schedule
from ..models.solve_options import Objective
from .question import UNBLAMED, Core, Limit, Outcome, Question, Stop
from .verifier import verify_schedule

Solve = Callable[[Question, Limit, Stop], Outcome]
"""Answers one question within the limit, or soon after the stop."""

"""Operations by warp group, whatever the groups are called."""

Minimised = tuple[Schedule | None, tuple[ObjectiveValue, ...]]


class Minimise(Protocol):
    """Minimises the objectives in order; None if no schedule was found within the limit."""

    def __call__(
        self,
        question: Question,
        objectives: tuple[Objective, ...],
        limit: Limit,
        stop: Stop,
        forbidden_partitions: tuple[Partition, ...] = (),
        on_incumbent: Callable[[Schedule], None] | None = None,
    ) -> Minimised:
        """Raises KeyError for an unknown objective."""
        ...


Blame = Callable[[Question, Limit, Stop], Core]
"""Families that exclude a question together; none if not known."""


def blame_nobody(question: Question, limit: Limit, stop: Stop) -> Core:
    """What is said where no backend can tell."""
    del question, limit, stop
    return UNBLAMED


@dataclass(frozen=True, slots=True)
class Backends:
    """Who decides (in canonical order), who minimises, and who tells why there is no schedule."""

    solve: Mapping[Backend, Solve]
    minimise: Minimise
    blame: Blame = blame_nobody


def load_backends(names: Sequence[Backend]) -> Backends:
    """The real ones; each is imported when it is first asked, for that costs up to seconds."""
    every: dict[Backend, Solve] = {"cp-sat": _solve_cp_sat, "z3": _solve_z3}
    chosen = {name: every[name] for name in every if name in names}
    return Backends(chosen, _minimise, _blame_z3 if "z3" in chosen else blame_nobody)


def import_backends() -> None:
    """Pay the cost of importing all of them now, for a process that waits for its work."""
    for name in (".cp_sat.backend", ".smt.backend"):
        import_module(name, __package__)


def check_schedule(question: Question, schedule: Schedule) -> None:
    """Raise ScheduleViolation unless the schedule answers the question."""
    problem, interval = question.problem, question.initiation_interval
    if schedule.initiation_interval != interval:
        raise ScheduleViolation(
            (f"the initiation interval is {schedule.initiation_interval}, {interval} was asked",)
        )
    verify_schedule(problem, schedule)
    over = max(schedule.issue_cycle(o.name) + o.latency_cycles for o in problem.operations)
    if over > question.stages * interval:
        raise ScheduleViolation(
            (f"an iteration is over at {over}, after {question.stages} stages of {interval}",)
        )


def _solve_cp_sat(question: Question, limit: Limit, stop: Stop) -> Outcome:
    from .cp_sat.backend import solve  # pulls in ortools: seconds when cold

    return solve(question, limit, stop)


def _solve_z3(question: Question, limit: Limit, stop: Stop) -> Outcome:
    from .smt.backend import solve  # pulls in z3

    return solve(question, limit, stop)


def _blame_z3(question: Question, limit: Limit, stop: Stop) -> Core:
    from .smt.blame import core  # pulls in z3

    return core(question, limit=limit, stop=stop) or UNBLAMED


def _minimise(
    question: Question,
    objectives: tuple[Objective, ...],
    limit: Limit,
    stop: Stop,
    forbidden_partitions: tuple[Partition, ...] = (),
    on_incumbent: Callable[[Schedule], None] | None = None,
) -> Minimised:
    from .cp_sat.backend import minimise  # pulls in ortools: seconds when cold

    return minimise(
        question,
        objectives,
        limit,
        stop,
        forbidden_partitions=forbidden_partitions,
        on_incumbent=on_incumbent,
    )
