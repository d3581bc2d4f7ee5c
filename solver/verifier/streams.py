"""C3, C4 and C6: what keeps a warp group busy, and how asynchronous queues retire."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...models.problem import Operation
from .timeline import Span, Timeline


@dataclass(frozen=True, slots=True)
class Busy:
    """Issue cycles of one operation: waiting and receiving before it, issuing and sending after."""

    wait: int
    receive: int
    issue: int
    send: int


def busy_streams(timeline: Timeline) -> Iterator[str]:
    """C3, C4a and C6. A warp group issues one operation, waits, or transfers, one at a time.

    An overlap is named after the first of these families under which it exists.
    """
    members: dict[int, list[str]] = {}
    for operation in timeline.problem.operations:
        members.setdefault(timeline.schedule.warp_group(operation.name), []).append(operation.name)
    busy = {o.name: _busy(timeline, o) for o in timeline.problem.operations}
    for group in sorted(members):
        seen: set[tuple[str, str]] = set()
        for family, what in (("C3", "issue"), ("C4", "wait or issue"), ("C6", "transfer or issue")):
            blocks = [_block(timeline, name, busy[name], family) for name in members[group]]
            for first, second, slot in _overlaps(timeline, blocks):
                if (first, second) not in seen:
                    seen.add((first, second))
                    who = f"{first} and {second}" if first != second else f"{first} and its next"
                    yield f"{family} {who} {what} at once in warp group {group} at slot {slot}"


def _busy(timeline: Timeline, operation: Operation) -> Busy:
    wait = receive = 0
    sent: dict[str | None, int] = {}
    for dependence in timeline.problem.dependences:
        crosses = timeline.crosses(dependence)
        if dependence.target == operation.name:
            wait = operation.wait_cycles if dependence.blocking else wait
            receive += dependence.receive_cycles if crosses else 0
        if dependence.source == operation.name and crosses:
            sent[dependence.value] = max(sent.get(dependence.value, 0), dependence.send_cycles)
    return Busy(wait, receive, operation.issue_cycles, sum(sent.values()))


def _block(timeline: Timeline, name: str, busy: Busy, family: str) -> Span:
    start = stop = timeline.issue(name)
    stop += busy.issue
    if family != "C3":
        start -= busy.wait
    if family == "C6":
        start -= busy.receive
        stop += busy.send
    return Span(start, stop, 1, name)


def _overlaps(timeline: Timeline, blocks: list[Span]) -> Iterator[tuple[str, str, int]]:
    """Pairs that meet, and the slot where they do; an empty block meets those it lies within."""
    copies = [copy for block in blocks for copy in timeline.instances(block)]
    copies.sort(key=lambda copy: copy.start)
    for index, one in enumerate(copies):
        for other in copies[index + 1 :]:
            if other.start >= one.stop:
                break
            if one.start < other.stop:
                first, second = sorted((one.holder, other.holder))
                yield first, second, (other.start - timeline.first_cycle) % timeline.interval


def unretired_queues(timeline: Timeline) -> Iterator[str]:
    """C4b. A wait for an operation also waits for all that its queue took before it."""
    problem, schedule = timeline.problem, timeline.schedule
    for waited in problem.dependences:
        queue = problem.operation(waited.source).queue
        if not waited.blocking or queue is None:
            continue
        asked = timeline.issue(waited.source, timeline.iteration)
        resumed = timeline.issue(waited.target, timeline.iteration + waited.distance)
        for older in problem.operations:
            if older.queue != queue or older.name == waited.source:
                continue
            if schedule.warp_group(older.name) != schedule.warp_group(waited.source):
                continue
            done = _last_done(timeline, older, asked)
            if resumed < done:
                yield (
                    f"C4 {waited.target} waits for {waited.source} until {resumed}, "
                    f"{older.name} before it in queue {queue} is done at {done}"
                )


def _last_done(timeline: Timeline, operation: Operation, by: int) -> int:
    """When the last instance that issues no later than cycle `by` is over."""
    issued = timeline.issue(operation.name)
    while issued + timeline.interval <= by:
        issued += timeline.interval
    return issued + operation.latency_cycles
