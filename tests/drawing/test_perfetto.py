"""The trace: what Perfetto needs to show all of it."""

import itertools
import json
from collections import defaultdict
from typing import Any

from twill.drawing.perfetto import UNITS, WARP_GROUPS, build_trace, trace_text
from twill.models.problem import SchedulingProblem
from twill.models.schedule import Schedule

Event = dict[str, Any]


def events_of(problem: SchedulingProblem, schedule: Schedule) -> list[Event]:
    events: list[Event] = json.loads(trace_text(problem, schedule))["traceEvents"]
    return events


def cycles(microseconds: float) -> int:
    return round(microseconds * 1000)


def test_text_is_the_trace(problem: SchedulingProblem, schedule: Schedule) -> None:
    assert json.loads(trace_text(problem, schedule)) == build_trace(problem, schedule)


def test_slices_of_one_thread_never_overlap(problem: SchedulingProblem, schedule: Schedule) -> None:
    threads: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for event in events_of(problem, schedule):
        if event["ph"] == "X":
            start = cycles(event["ts"])
            threads[event["pid"], event["tid"]].append((start, start + cycles(event["dur"])))
    assert len(threads) > 6
    for slices in threads.values():
        slices.sort()
        assert all(start < end for start, end in slices)
        assert all(a[1] <= b[0] for a, b in itertools.pairwise(slices))


def test_every_thread_and_process_has_a_name(
    problem: SchedulingProblem, schedule: Schedule
) -> None:
    events = events_of(problem, schedule)
    named = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["name"] == "thread_name"}
    used = {(e["pid"], e["tid"]) for e in events if e["ph"] in "Xsf"}
    assert used <= set(named)
    assert {"producer", "compute-1", "compute-2", "tensor_core", "mufu"} <= set(named.values())
    assert {e["pid"] for e in events if e["name"] == "process_name"} == {e["pid"] for e in events}


def test_one_slice_for_each_reservation(problem: SchedulingProblem, schedule: Schedule) -> None:
    held = [e for e in events_of(problem, schedule) if e["ph"] == "X" and e["pid"] == UNITS]
    assert len(held) == 4 * 6  # 4 operations, 2 + 4 iterations
    first = next(e for e in held if e["name"] == "p")
    assert (cycles(first["ts"]), cycles(first["dur"])) == (15, 4)
    assert first["args"]["quantity"] == 12


def test_arrows_join_slices_of_dependent_operations(
    problem: SchedulingProblem, schedule: Schedule
) -> None:
    events = events_of(problem, schedule)
    slices = [e for e in events if e["ph"] == "X" and e["pid"] == WARP_GROUPS]

    def at(end: Event) -> str:
        inside = [
            e
            for e in slices
            if e["tid"] == end["tid"] and e["ts"] <= end["ts"] < e["ts"] + e["dur"]
        ]
        assert len(inside) == 1
        return f"{inside[0]['name']}@{inside[0]['args']['iteration']}"

    starts = {e["id"]: at(e) for e in events if e["ph"] == "s"}
    ends = {e["id"]: at(e) for e in events if e["ph"] == "f"}
    assert starts.keys() == ends.keys()
    arrows = {(starts[n], ends[n]) for n in starts}
    assert {("load@0", "s@0"), ("s@3", "p@3"), ("o@0", "o@1")} <= arrows
    assert len(arrows) == 3 * 6 + 5
