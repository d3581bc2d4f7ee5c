"""Each change changes what it says, and nothing else."""

import pytest

from twill.analysis.problem_difference import differences
from twill.analysis.what_ifs import (
    crowding,
    problem_changes,
    unit_changes,
    used_units,
    with_unit_twice_as_fast,
)
from twill.gpu_profiles.library import load_profile, profile_names
from twill.models.problem import Buffer, Dependence, RegisterFile, SchedulingProblem, Value
from twill.tests.support.placing import machine, memory, on, operation, problem


def example() -> SchedulingProblem:
    return problem(
        [operation("a", 8, reservations=on("tc", 8)), operation("b", 4)],
        [
            Dependence(
                source="a",
                target="b",
                latency_cycles=8,
                value="x",
                handoff_cycles=9,
                send_cycles=4,
                receive_cycles=2,
            )
        ],
        machine(memories=(memory(1024),), registers=RegisterFile(base=24, pool=(240, 480))),
        values=(Value(name="x", source="a", registers=8, buffer="ring"),),
        buffers=(Buffer(name="ring", memory="smem", size=64, opener="a"),),
    )


def test_changes_of_the_problem() -> None:
    moved = {c.words: list(differences(example(), c.problem)) for c in problem_changes(example())}
    assert moved == {
        "one more compute warp group": ["warp groups of the machine: 3 -> 4 (+33.3 %)"],
        "one compute warp group fewer": ["warp groups of the machine: 3 -> 2 (-33.3 %)"],
        "8 registers more for values in each thread": ["base of the registers: 24 -> 16 (-33.3 %)"],
        "8 registers fewer for values in each thread": [
            "base of the registers: 24 -> 32 (+33.3 %)"
        ],
        "room for one ring slot more of ring (64 bytes) in smem": [
            "capacity of memory smem: 1,024 -> 1,088 (+6.2 %)"
        ],
        "room for one ring slot less of ring (64 bytes) in smem": [
            "capacity of memory smem: 1,024 -> 960 (-6.2 %)"
        ],
        "hand-offs between warp groups at half their cost": [
            "handoff of dependence a -> b of x: 9 -> 4 (-55.6 %)",
            "send of dependence a -> b of x: 4 -> 2 (-50.0 %)",
            "receive of dependence a -> b of x: 2 -> 1 (-50.0 %)",
        ],
    }


def test_what_is_not_there_is_not_changed() -> None:
    bare = problem([operation("a")], on_machine=machine(1))
    assert [c.words for c in problem_changes(bare)] == ["one more compute warp group"]


def test_units_that_nobody_uses_are_left_alone() -> None:
    assert used_units(example()) == ("tc",)
    (only,) = unit_changes(example())
    assert list(differences(example(), only.problem)) == [
        "capacity of functional unit tc: 1 -> 2 (+100.0 %)"
    ]


@pytest.mark.parametrize("gpu", profile_names())
def test_each_unit_of_each_gpu_can_be_made_faster(gpu: str) -> None:
    profile = load_profile(gpu).value
    for unit in profile.units:
        faster = with_unit_twice_as_fast(profile, unit)
        assert faster != profile
        parts = [f for f in type(profile).model_fields if getattr(faster, f) != getattr(profile, f)]
        expected = {
            "tensor_core": ["tensor_core"],
            "tma": ["transfers"],
            "dram": ["transfers"],
            "tensor_memory_port": ["tensor_memory"],
            "shared_port": ["units", "shared_memory"],
        }
        assert parts == expected.get(unit, ["units"])


def test_crowding_names_what_takes_more_at_once() -> None:
    before = problem([operation("a", 8, reservations=on("fma", 8, quantity=1))])
    after = problem([operation("a", 4, reservations=on("fma", 4, quantity=2))])
    assert crowding(before, after) == "a is done sooner and takes 2 of fma at once, not 1"
    assert crowding(after, before) == ""
