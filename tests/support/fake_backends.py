"""Backends whose verdicts are written down, for tests of the search that need no engine."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from twill.models.certificate import Backend, ObjectiveValue
from twill.models.problem import Operation, SchedulingProblem
from twill.models.schedule import Partition, Schedule
from twill.models.solve_options import Objective
from twill.solver.backends import Backends
from twill.solver.complete import complete_schedule
from twill.solver.objective_values import OBJECTIVES
from twill.solver.question import Limit, Outcome, Question, Stop, Verdict

from .placing import machine, on, operation, problem

Rule = Callable[[int, int], Verdict]
"""The verdict on an initiation interval and a number of stages."""


def one_operation(cycles: int = 40, offset: int = 0) -> SchedulingProblem:
    """One operation that keeps the tensor core: MinII is `cycles`, one stage suffices."""
    reservations = on("tc", cycles, offset=offset)
    return problem([operation("mma", cycles, reservations=reservations)], on_machine=machine())


def from_interval(least: int, least_stages: int = 1) -> Rule:
    """Feasible from an initiation interval and a number of stages on."""

    def verdict(interval: int, stages: int) -> Verdict:
        reached = interval >= least and stages >= least_stages
        return Verdict.FEASIBLE if reached else Verdict.INFEASIBLE

    return verdict


def always(verdict: Verdict) -> Rule:
    """The same verdict on every question."""
    return lambda interval, stages: verdict


@dataclass
class FakeBackend:
    """Answers by its rule after a delay that a stop cuts short; remembers what it was asked."""

    name: Backend
    rule: Rule
    delay_seconds: float = 0.0
    error: Exception | None = None
    asked: list[tuple[int, int]] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    running: int = 0
    stopped: int = 0

    def __call__(self, question: Question, limit: Limit, stop: Stop) -> Outcome:
        self.asked.append((question.initiation_interval, question.stages))
        self.limits.append(limit)
        self.running += 1
        try:
            return self._answer(question, stop)
        finally:
            self.running -= 1

    def _answer(self, question: Question, stop: Stop) -> Outcome:
        cut = threading.Event()
        withdraw = stop.register(cut.set)
        interrupted = cut.wait(self.delay_seconds) if self.delay_seconds else cut.is_set()
        withdraw()
        if interrupted:
            self.stopped += 1
            return Outcome(Verdict.UNKNOWN, self.name)
        if self.error is not None:
            raise self.error
        verdict = self.rule(question.initiation_interval, question.stages)
        found = in_order(question) if verdict is Verdict.FEASIBLE else None
        return Outcome(verdict, self.name, found)


def in_order(question: Question) -> Schedule:
    """Every operation of constant latency in group 1, each at cycle 0."""
    names = [o.name for o in question.problem.operations]
    return complete_schedule(
        question.problem,
        question.initiation_interval,
        dict.fromkeys(names, 0),
        {o.name: _group(o) for o in question.problem.operations},
    )


def _group(of: Operation) -> int:
    return 0 if of.variable_latency else 1


@dataclass
class FakeMinimise:
    """Hands out written schedules, one for each call that does not forbid their partition."""

    schedules: Callable[[Question], list[Schedule]] = lambda question: [in_order(question)]
    asked: list[Question] = field(default_factory=list)

    def __call__(
        self,
        question: Question,
        objectives: tuple[Objective, ...],
        limit: Limit,
        stop: Stop,
        forbidden_partitions: tuple[Partition, ...] = (),
        on_incumbent: Callable[[Schedule], None] | None = None,
    ) -> tuple[Schedule | None, tuple[ObjectiveValue, ...]]:
        self.asked.append(question)
        for schedule in self.schedules(question):
            if _partition(schedule) not in forbidden_partitions:
                return schedule, tuple(
                    ObjectiveValue(
                        objective=name,
                        value=OBJECTIVES[name](question.problem, schedule),
                        proved=True,
                    )
                    for name in objectives
                )
        return None, ()


def _partition(schedule: Schedule) -> Partition:
    groups: Mapping[int, set[str]] = {group: set() for group in schedule.used_groups}
    for placement in schedule.placements:
        groups[placement.warp_group].add(placement.operation)
    return frozenset(frozenset(names) for names in groups.values())


def backends(*solvers: FakeBackend, minimise: FakeMinimise | None = None) -> Backends:
    """Those backends, in that order."""
    return Backends({solver.name: solver for solver in solvers}, minimise or FakeMinimise())
