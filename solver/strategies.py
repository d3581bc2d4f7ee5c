"""Which of the schedules with the least initiation interval is published, and which beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from ..models.certificate import ObjectiveValue
from ..models.schedule import Partition, Schedule
from ..models.solve_options import Objective
from .backends import check_schedule
from .greedy import place_greedily
from .interval_search import fewest_stages
from .objective_values import OBJECTIVES, stages
from .probing import Prober
from .question import Question, Verdict
from .solution import Strategy

STAGES_WORK = 2.0  # effort for one question about fewer stages
OBJECTIVE_WORK = 1.0  # effort for each second objective, and for finding a schedule again
ALONE_WORK = (4.0, 16.0, 64.0)  # effort of one backend, if the one that minimises finds nothing


def publish(prober: Prober, best: Schedule, most_stages: int) -> tuple[Question, Strategy]:
    """The schedule that the answer shows: the same whichever backend found what during the search.

    With the fewest stages that reach the initiation interval, one run of one backend minimises the
    objectives in order.
    """
    interval = best.initiation_interval
    prober.tell("objective", initiation_interval=interval, detail="stages")
    known = place_greedily(prober.problem, interval, most_stages)
    most = most_stages if known is None else stages(prober.problem, known)
    question = Question(prober.problem, interval, _fewest_that_reach(prober, interval, most))
    for work in (OBJECTIVE_WORK, 8 * OBJECTIVE_WORK):
        if not prober.exhausted:
            strategy = minimise(prober, question, prober.options.objectives, work)
            if strategy is not None:
                return question, strategy
    found = known or _found_alone(prober, question) or best
    return question, Strategy(schedule=found, objectives=tuple(_scores(prober, found)))


def _scores(prober: Prober, schedule: Schedule) -> Iterator[ObjectiveValue]:
    for name in prober.options.objectives:
        score = OBJECTIVES[name](prober.problem, schedule)
        yield ObjectiveValue(objective=name, value=score, proved=False)


def alternatives(prober: Prober, question: Question, first: Strategy) -> Iterator[Strategy]:
    """Other strategies with the same initiation interval: other partitions, then other orders."""
    taken = [first.schedule]
    candidates = _candidates(prober, question, taken)
    while len(taken) < prober.options.top and not prober.exhausted:
        strategy = next(candidates, None)
        if strategy is None:
            return
        taken.append(strategy.schedule)
        yield strategy


def minimise(
    prober: Prober,
    question: Question,
    objectives: Sequence[Objective],
    work: float,
    forbidden: Sequence[Partition] = (),
) -> Strategy | None:
    """The best verified schedule of that question, or None if none was found within the limit."""
    prober.tell(
        "objective",
        initiation_interval=question.initiation_interval,
        stages=question.stages,
        detail=", ".join(objectives),
    )
    schedule, values = prober.backends.minimise(
        question,
        tuple(objectives),
        prober.limit(work),
        prober.stop,
        forbidden_partitions=tuple(forbidden),
    )
    if schedule is None:
        return None
    check_schedule(question, schedule)
    return Strategy(schedule=schedule, objectives=values)


def steady_state_order(schedule: Schedule) -> frozenset[tuple[str, ...]]:
    """In which order each warp group issues in the steady state, from whichever slot on."""
    orders = []
    for group in schedule.partition:
        issued = sorted(group, key=lambda name: (schedule.slot(name), name))
        first = issued.index(min(issued))
        orders.append((*issued[first:], *issued[:first]))
    return frozenset(orders)


def _fewest_that_reach(prober: Prober, interval: int, most: int) -> int:
    for fewer in range(fewest_stages(prober.problem, interval), most):
        if prober.ask(interval, fewer, STAGES_WORK) is Verdict.FEASIBLE:
            return fewer
    return most


def _found_alone(prober: Prober, question: Question) -> Schedule | None:
    """A schedule found without a race, so that it does not depend on who is quicker."""
    interval = question.initiation_interval
    for work, backend in product(ALONE_WORK, prober.backends.solve):
        if prober.exhausted:
            return None
        limit = prober.limit(work)
        finding = prober.ask_alone(backend, interval, question.stages, limit)
        if finding.schedule is not None:
            return finding.schedule
    return None


def _candidates(
    prober: Prober, question: Question, taken: Sequence[Schedule]
) -> Iterator[Strategy]:
    objectives = prober.options.objectives
    while True:
        forbidden = [schedule.partition for schedule in taken]
        other = minimise(prober, question, objectives, OBJECTIVE_WORK, forbidden)
        if other is None:
            break
        yield other
    for shift in range(1, len(objectives)):
        orders = {steady_state_order(schedule) for schedule in taken}
        turned = (*objectives[shift:], *objectives[:shift])
        other = minimise(prober, question, turned, OBJECTIVE_WORK)
        if other is not None and steady_state_order(other.schedule) not in orders:
            yield other
