"""The modulo reservation table against a count slot by slot."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from twill.drawing.reservation_table import reservation_table
from twill.models.problem import (
    FunctionalUnit,
    Machine,
    Operation,
    Reservation,
    SchedulingProblem,
)
from twill.models.schedule import Placement, Schedule


@given(
    interval=st.integers(1, 12),
    issue=st.lists(
        st.tuples(st.integers(0, 30), st.integers(1, 30), st.integers(0, 5)), min_size=1, max_size=5
    ),
)
def test_every_slot_holds_what_a_count_gives(
    interval: int, issue: list[tuple[int, int, int]]
) -> None:
    operations = tuple(
        Operation(
            name=f"v{n}",
            latency_cycles=1,
            reservations=(Reservation(unit="u", quantity=n + 1, cycles=cycles, offset=offset),),
        )
        for n, (_, cycles, offset) in enumerate(issue)
    )
    machine = Machine(name="m", units=(FunctionalUnit(name="u", capacity=100),), warp_groups=2)
    problem = SchedulingProblem(name="p", machine=machine, operations=operations)
    schedule = Schedule(
        initiation_interval=interval,
        placements=tuple(
            Placement(operation=f"v{n}", issue_cycle=at, warp_group=1)
            for n, (at, _, _) in enumerate(issue)
        ),
    )
    counted = [0] * interval
    for n, (at, cycles, offset) in enumerate(issue):
        for cycle in range(cycles):
            counted[(at + offset + cycle) % interval] += n + 1
    segments = reservation_table(problem, schedule)
    found = [
        segment.used.get("u", (0, ()))[0]
        for segment in segments
        for _ in range(segment.first, segment.last + 1)
    ]
    assert found == counted
    assert all(a.used != b.used for a, b in itertools.pairwise(segments))
