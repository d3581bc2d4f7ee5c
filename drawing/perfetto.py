"""A schedule as a trace in Chrome's JSON format, for Perfetto; one cycle is one nanosecond."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..models.problem import SchedulingProblem
from ..models.rows import group_names
from ..models.schedule import Schedule
from .expansion import Expansion, Instance, expand, lanes, unit_blocks

Event = dict[str, object]
TRACE_PERIODS = 4  # initiation intervals of the steady state in the trace
PHASES, WARP_GROUPS, UNITS = 1, 2, 3  # process ids
_PROCESSES = {PHASES: "loop", WARP_GROUPS: "warp groups", UNITS: "functional units"}


@dataclass(frozen=True, slots=True)
class _Slice:
    """One rectangle of the trace: cycles start .. end - 1."""

    name: str
    start: int
    end: int
    instance: Instance | None = None
    quantity: int | None = None


@dataclass(slots=True)
class _Trace:
    """Grows the events; each lane is a thread of its own, for Perfetto hides what overlaps."""

    events: list[Event] = field(default_factory=list)
    threads: int = 0
    # Where the slice of an instance lies that a dependence leaves from or arrives at.
    tails: dict[tuple[str, int], tuple[int, int, float]] = field(default_factory=dict)
    heads: dict[tuple[str, int], tuple[int, int, float]] = field(default_factory=dict)

    def add_lanes(self, process: int, name: str, slices: Iterable[_Slice]) -> None:
        for lane in lanes((s.start, s.end, s) for s in slices):
            self.threads += 1
            self.add_metadata(process, "thread_name", {"name": name})
            self.add_metadata(process, "thread_sort_index", {"sort_index": self.threads})
            for _, _, drawn in lane:
                self.add_slice(process, drawn)

    def add_slice(self, process: int, drawn: _Slice) -> None:
        event: Event = {
            "ph": "X",
            "pid": process,
            "tid": self.threads,
            "name": drawn.name,
            "ts": drawn.start / 1000,
            "dur": (drawn.end - drawn.start) / 1000,
        }
        if drawn.instance is not None:
            event["args"] = _arguments(drawn, drawn.instance)
            self.note_ends(process, drawn, drawn.instance)
        self.events.append(event)

    def note_ends(self, process: int, drawn: _Slice, instance: Instance) -> None:
        if process != WARP_GROUPS:
            return
        key = (instance.operation.name, instance.iteration)
        # Half a cycle inside the slice, so that the arrow binds to it and not to its neighbour.
        head = (process, self.threads, (drawn.start + 0.5) / 1000)
        tail = (process, self.threads, (drawn.end - 0.5) / 1000)
        if drawn.start == instance.issue_cycle:
            self.heads.setdefault(key, head)
        self.tails[key] = tail

    def add_flows(self, problem: SchedulingProblem, iterations: int) -> None:
        number = 0
        for dependence in problem.dependences:
            for iteration in range(iterations - dependence.distance):
                tail = self.tails[dependence.source, iteration]
                head = self.heads[dependence.target, iteration + dependence.distance]
                number += 1
                self.add_flow("s", number, tail, dependence.value)
                self.add_flow("f", number, head, dependence.value)

    def add_flow(
        self, kind: str, number: int, end: tuple[int, int, float], value: str | None
    ) -> None:
        process, thread, at = end
        event: Event = {"ph": kind, "id": number, "pid": process, "tid": thread, "ts": at}
        event |= {"cat": "dependence", "name": value or "order"}
        if kind == "f":
            event["bp"] = "e"
        self.events.append(event)

    def add_metadata(self, process: int, name: str, arguments: Event) -> None:
        thread = self.threads if name.startswith("thread") else 0
        self.events.append(
            {"ph": "M", "pid": process, "tid": thread, "name": name, "args": arguments}
        )


def build_trace(problem: SchedulingProblem, schedule: Schedule) -> dict[str, object]:
    """The trace: prologue, some periods of the steady state, epilogue.

    Warp groups have one thread for their issue stream and more for what is in flight; units have
    one for each reservation held at the same time. Flow events are the dependences.
    """
    expansion = expand(problem, schedule, steady_periods=TRACE_PERIODS)
    trace = _Trace()
    for process, name in _PROCESSES.items():
        trace.add_metadata(process, "process_name", {"name": name})
        trace.add_metadata(process, "process_sort_index", {"sort_index": process})
    trace.add_lanes(PHASES, "phase", _phases(expansion))
    for group, name in group_names(problem, schedule).items():
        mine = [i for i in expansion.instances if i.warp_group == group]
        trace.add_lanes(WARP_GROUPS, name, _issued(mine))
        trace.add_lanes(WARP_GROUPS, f"{name}, in flight", _in_flight(mine))
    for unit in problem.machine.units:
        trace.add_lanes(UNITS, unit.name, _held(unit.name, expansion.instances))
    trace.add_flows(problem, expansion.iterations)
    about = {"kernel": problem.name, "machine": problem.machine.name}
    about["initiation_interval"] = str(schedule.initiation_interval)
    return {"traceEvents": trace.events, "displayTimeUnit": "ns", "otherData": about}


def trace_text(problem: SchedulingProblem, schedule: Schedule) -> str:
    """The trace as JSON, one event on each line."""
    trace = build_trace(problem, schedule)
    events = trace["traceEvents"]
    assert isinstance(events, list)
    lines = ",\n".join(json.dumps(event, separators=(",", ":")) for event in events)
    rest = json.dumps({key: value for key, value in trace.items() if key != "traceEvents"})
    return f'{rest[:-1]},"traceEvents":[\n{lines}\n]}}\n'


def _phases(expansion: Expansion) -> Iterator[_Slice]:
    for phase, first, last in expansion.phases:
        yield _Slice(phase, first, last)


def _issued(instances: Iterable[Instance]) -> Iterator[_Slice]:
    for instance in instances:
        cycles = instance.operation.issue_cycles
        if cycles:
            end = instance.issue_cycle + cycles
            yield _Slice(instance.operation.name, instance.issue_cycle, end, instance)


def _in_flight(instances: Iterable[Instance]) -> Iterator[_Slice]:
    for instance in instances:
        if instance.end > instance.issue_cycle + instance.operation.issue_cycles:
            yield _Slice(instance.operation.name, instance.issue_cycle, instance.end, instance)


def _held(unit: str, instances: Iterable[Instance]) -> Iterator[_Slice]:
    for block in unit_blocks(instances):
        if block.unit == unit:
            name = block.instance.operation.name
            yield _Slice(name, block.start, block.end, block.instance, block.quantity)


def _arguments(drawn: _Slice, instance: Instance) -> Event:
    arguments: Event = {"iteration": instance.iteration, "issue_cycle": instance.issue_cycle}
    if drawn.quantity is not None:
        arguments["quantity"] = drawn.quantity
    if instance.operation.summary:
        arguments["summary"] = instance.operation.summary
    return arguments
