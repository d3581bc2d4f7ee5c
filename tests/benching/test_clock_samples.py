"""Cycles of an iteration and of its steps, from clock samples that are known."""

from __future__ import annotations

import numpy as np
import pytest

from twill.benching.clock_samples import cycles_per_iteration, span_cycles, step_cycles
from twill.benching.model_error import sm_frequency
from twill.runtime.manifest import Mark, RoleMarks
from twill.runtime.timing import Clocks, Measurement, Timing

ROLE = RoleMarks(
    "compute-1",
    (
        Mark("setup", "", "work", 0, 0, 1),
        Mark("loop", "s", "acquire k", 0, 1, 16),
        Mark("loop", "acc", "product acc", 1, 17, 16),
    ),
)


def samples(periods: int, interval: int = 200, wait: int = 40) -> np.ndarray:
    clocks = np.zeros(33, np.uint64)
    clocks[0] = 10
    clocks[1 : 1 + periods] = 1000 + interval * np.arange(periods)
    clocks[17 : 17 + periods] = clocks[1 : 1 + periods] + wait
    return clocks


def test_an_iteration_is_the_distance_of_a_step_from_itself() -> None:
    assert cycles_per_iteration(samples(15), (ROLE,)) == 200
    slow = samples(15)
    slow[1:4] //= 2  # the first periods do not count
    assert cycles_per_iteration(slow, (ROLE,)) == 200


@pytest.mark.parametrize("periods", [0, 1, 7])
def test_too_few_samples_say_nothing(periods: int) -> None:
    assert cycles_per_iteration(samples(periods), (ROLE,)) is None
    assert step_cycles(samples(periods), (ROLE,), {}, 200) == []


def test_the_last_sample_is_shared_by_later_periods_and_left_out() -> None:
    clocks = samples(15)
    clocks[16] = 10**9
    assert cycles_per_iteration(clocks, (ROLE,)) == 200


def test_steps_beside_the_slots_of_the_schedule() -> None:
    first, second = step_cycles(samples(15), (ROLE,), {"s": 190, "acc": 20}, 200)
    assert (first.offset_cycles, first.cycles, first.model_offset) == (0, 40, 0)
    assert (second.offset_cycles, second.cycles, second.model_offset) == (40, 160, 30)
    unknown = step_cycles(samples(15), (ROLE,), {}, 200)[1]
    assert (unknown.slot, unknown.model_offset) == (None, None)


def test_an_unrolled_loop_has_several_iterations_in_a_period() -> None:
    role = RoleMarks(
        "compute-1",
        (
            Mark("loop", "s", "acquire k", 0, 1, 16, every=2),
            Mark("loop", "acc", "product acc", -1, 17, 16, every=2),
        ),
    )
    assert cycles_per_iteration(samples(15), (role,)) == 100
    later = step_cycles(samples(15, wait=140), (role,), {"s": 10, "acc": 50}, 100)[1]
    assert later.model_offset == 140


def measurement(short: float, long: float, after: Clocks | None) -> Measurement:
    timings = {
        "short": Timing(10, 10, 10, 3), "long": Timing(20, 20, 20, 3),
        "short.clocks": Timing(short, short, short, 3), "long.clocks": Timing(long, long, long, 3),
    }  # fmt: skip
    return Measurement(timings, None, after)


def test_the_sm_clock_is_what_the_kernel_itself_counts() -> None:
    spans = {"short": 10_000, "long": 30_000}
    told = Clocks(1980, 300, 40)
    assert sm_frequency(measurement(12, 24.5, told), spans) == (1600, "clocks of the kernel")
    assert sm_frequency(measurement(12, 12, told), spans) == (1980, "nvidia-smi")
    assert sm_frequency(measurement(12, 24, told), {}) == (1980, "nvidia-smi")
    assert sm_frequency(measurement(12, 12, None), spans) == (None, None)


def test_the_span_of_a_block() -> None:
    assert span_cycles(samples(3)) == 1000 + 400 + 40 - 10
    assert span_cycles(np.zeros(4, np.uint64)) == 0
