"""mbarriers and named barriers, one event after the other."""

from __future__ import annotations

import pytest

from twill.emitter.machine.barriers import MBarrier, NamedBarrierState
from twill.emitter.machine.hazards import Hazard
from twill.emitter.machine.knowledge import joined, nothing


def mbarrier(count: int) -> MBarrier:
    return MBarrier("b", count, nothing(1), nothing(1))


def test_a_fresh_barrier_passes_parity_one_only() -> None:
    assert mbarrier(2).passed(1)
    assert not mbarrier(2).passed(0)


def test_a_phase_ends_with_its_last_arrival() -> None:
    barrier = mbarrier(2)
    barrier.arrive(1, nothing(1))
    assert not barrier.passed(0)
    barrier.arrive(1, nothing(1))
    assert barrier.passed(0)
    assert not barrier.passed(1)


def test_two_phases_on_it_looks_as_at_first() -> None:
    barrier = mbarrier(1)
    for _ in range(2):
        barrier.arrive(1, nothing(1))
    assert barrier.passed(1)
    assert not barrier.passed(0)


def test_a_phase_waits_for_its_bytes() -> None:
    barrier = mbarrier(1)
    barrier.arrive(1, nothing(1), 96)
    barrier.complete(64)
    assert not barrier.passed(0)
    barrier.complete(32)
    assert barrier.passed(0)


def test_bytes_may_land_before_they_are_expected() -> None:
    barrier = mbarrier(1)
    barrier.complete(64)
    assert not barrier.passed(0)
    barrier.arrive(1, nothing(1), 64)
    assert barrier.passed(0)


def test_more_arrivals_than_a_phase_expects_are_an_error() -> None:
    barrier = mbarrier(1)
    barrier.arrive(1, nothing(1), 64)
    with pytest.raises(Hazard, match="too many arrivals at b"):
        barrier.arrive(1, nothing(1))


def test_a_wait_teaches_what_the_complete_phase_knew() -> None:
    barrier = mbarrier(1)
    barrier.arrive(1, [3, 0, 5, 0, 0, 0, 2, 1], 8)
    assert barrier.published == nothing(1)
    barrier.complete(8)
    assert joined(barrier.published, [4, 1, 0, 2, 0, 0, 1, 2]) == [4, 1, 5, 2, 0, 0, 2, 2]


def test_a_named_barrier_begins_again() -> None:
    barrier = NamedBarrierState("n", 256, nothing(2), nothing(2))
    for turn in range(3):
        barrier.arrive("a", 128, nothing(2))
        assert barrier.turns == turn
        barrier.arrive("b", 128, nothing(2))
        assert (barrier.turns, barrier.count) == (turn + 1, 0)


def test_a_named_barrier_counts_threads() -> None:
    barrier = NamedBarrierState("n", 128, nothing(2), nothing(2))
    barrier.arrive("a", 32, nothing(2))
    with pytest.raises(Hazard, match="twice"):
        barrier.arrive("a", 32, nothing(2))
    with pytest.raises(Hazard, match="too many arrivals at barrier n"):
        barrier.arrive("b", 128, nothing(2))
