"""The expanded schedule: iterations laid out cycle by cycle, seen over one full period."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count

from ...models.problem import Dependence, SchedulingProblem
from ...models.schedule import Schedule

MOST_ITERATIONS = 20_000
"""More iterations in flight than this are not laid out: such a schedule is refused."""


@dataclass(frozen=True, slots=True)
class Span:
    """Iteration i holds `amount` in the cycles [start + i * II, stop + i * II)."""

    start: int
    stop: int
    amount: int
    holder: str


@dataclass(frozen=True, slots=True)
class Peak:
    """The first slot of the period at which most is held, how much, and by whom."""

    slot: int
    amount: int
    holders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """A schedule, and a period [first_cycle, first_cycle + II) in which the pipeline is full."""

    problem: SchedulingProblem
    schedule: Schedule
    iteration: int  # the one that starts the period

    @property
    def interval(self) -> int:
        """The initiation interval, cycles."""
        return self.schedule.initiation_interval

    @property
    def first_cycle(self) -> int:
        """Where the period begins."""
        return self.iteration * self.interval

    def issue(self, operation: str, iteration: int = 0) -> int:
        """The cycle at which that instance of the operation issues."""
        return iteration * self.interval + self.schedule.issue_cycle(operation)

    def done(self, operation: str, iteration: int = 0) -> int:
        """The cycle at which that instance of the operation is over."""
        return self.issue(operation, iteration) + self.problem.operation(operation).latency_cycles

    def crosses(self, dependence: Dependence) -> bool:
        """Whether its two operations sit in different warp groups."""
        schedule = self.schedule
        return schedule.warp_group(dependence.source) != schedule.warp_group(dependence.target)

    def end(self, value: str) -> int:
        """The cycle at which the last reader releases the value of iteration 0."""
        ends = [self.done(self.problem.value(value).source)]
        for reading in self.problem.readers(value):
            released = self.done if reading.release == "end" else self.issue
            ends.append(released(reading.target, reading.distance))
        return max(ends)

    def instances(self, span: Span) -> Iterator[Span]:
        """The copies of a span that touch the period, its two edges included."""
        for iteration in count():
            start, stop = (
                span.start + iteration * self.interval,
                span.stop + iteration * self.interval,
            )
            if start > self.first_cycle + self.interval:
                return
            if stop >= self.first_cycle:
                yield Span(start, stop, span.amount, span.holder)

    def peak(self, spans: Iterable[Span]) -> Peak:
        """Most that is held at once in the period; walks from change to change."""
        last_cycle = self.first_cycle + self.interval
        live = [copy for span in spans for copy in self.instances(span) if copy.start < copy.stop]
        change: dict[int, int] = {self.first_cycle: 0}
        for copy in live:
            start = max(copy.start, self.first_cycle)
            change[start] = change.get(start, 0) + copy.amount
            change[copy.stop] = change.get(copy.stop, 0) - copy.amount
        held = most = 0
        fullest = self.first_cycle
        for cycle in sorted(cycle for cycle in change if cycle < last_cycle):
            held += change[cycle]
            if held > most:
                most, fullest = held, cycle
        holders = {c.holder for c in live if c.amount and c.start <= fullest < c.stop}
        return Peak(fullest - self.first_cycle, most, tuple(sorted(holders)))


def lay_out(problem: SchedulingProblem, schedule: Schedule) -> Timeline | None:
    """The expanded schedule; None if more than MOST_ITERATIONS are in flight."""
    farthest = max((d.distance for d in problem.dependences), default=0)
    longest = 0
    for operation in problem.operations:
        held = [block.offset + block.cycles for block in operation.reservations]
        spread = max(operation.latency_cycles, operation.issue_cycles, *held, 0)
        longest = max(longest, schedule.issue_cycle(operation.name) + spread)
    sent = sum(dependence.send_cycles for dependence in problem.dependences)
    deep = farthest + (longest + sent) // schedule.initiation_interval + 2
    return Timeline(problem, schedule, deep) if deep <= MOST_ITERATIONS else None
