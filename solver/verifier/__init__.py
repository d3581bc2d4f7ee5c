"""Whether a schedule keeps every constraint: plain loops over the expanded schedule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from ...models.errors import ScheduleViolation
from ...models.problem import SchedulingProblem
from ...models.schedule import Schedule
from .dependences import early_overwrites, late_results
from .groups import illegal_groups
from .registers import overfull_registers
from .storage import overfull_memories
from .streams import busy_streams, unretired_queues
from .timeline import MOST_ITERATIONS, Timeline, lay_out
from .units import overfull_units

__all__ = ["FAMILIES", "verify_schedule", "violations"]

FAMILIES: Mapping[str, str] = {
    "form": "every operation is placed once",
    "window": "an iteration is over in time",
    "C1": "dependence",
    "C2": "functional units",
    "C3": "issue streams",
    "C4": "blocking waits",
    "C5": "warp-group legality",
    "C6": "crossing",
    "C7": "memories",
    "C8": "registers",
    "C9": "write-after-read",
}
"""The first word of every violation, and what it is about (docs/constraints.md)."""


def violations(problem: SchedulingProblem, schedule: Schedule) -> tuple[str, ...]:
    """Everything that is wrong with a schedule: one sentence each, its family first.

    A schedule that does not place every operation once is checked no further.
    """
    malformed = tuple(_malformed(problem, schedule))
    if malformed:
        return malformed
    timeline = lay_out(problem, schedule)
    if timeline is None:
        return (f"form more than {MOST_ITERATIONS} iterations are in flight",)
    found = [sentence for check in CHECKS for sentence in check(timeline)]
    order = list(FAMILIES)
    return tuple(sorted(found, key=lambda sentence: order.index(sentence.split()[0])))


def verify_schedule(problem: SchedulingProblem, schedule: Schedule) -> None:
    """Raise ScheduleViolation, with every violation, unless the schedule keeps all constraints."""
    found = violations(problem, schedule)
    if found:
        raise ScheduleViolation(found)


def _malformed(problem: SchedulingProblem, schedule: Schedule) -> Iterator[str]:
    placed = Counter(placement.operation for placement in schedule.placements)
    for operation in problem.operations:
        times = placed.pop(operation.name, 0)
        if times != 1:
            yield f"form {operation.name} is placed {times} times"
    for name in placed:
        yield f"form {name} is placed, and is no operation of the problem"


def _late_iterations(timeline: Timeline) -> Iterator[str]:
    """Window. Where the machine limits the stages, an iteration is over in that many intervals."""
    stages = timeline.problem.machine.most_stages
    for operation in timeline.problem.operations:
        done = timeline.done(operation.name)
        if stages is not None and done > stages * timeline.interval:
            over = stages * timeline.interval
            yield f"window {operation.name} is done at {done}, {stages} stages are over at {over}"


CHECKS: tuple[Callable[[Timeline], Iterator[str]], ...] = (
    _late_iterations,
    late_results,
    overfull_units,
    busy_streams,
    unretired_queues,
    illegal_groups,
    overfull_memories,
    overfull_registers,
    early_overwrites,
)
