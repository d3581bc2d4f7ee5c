"""What the page says of memories and registers is what the verifier counts."""

from pathlib import Path

import pytest

from twill.drawing.page.occupancy import Occupancy, memory_occupancies, register_occupancies
from twill.kernels import library
from twill.models.problem import SchedulingProblem
from twill.models.schedule import GroupBudget, Schedule
from twill.reader.schedules import read_schedule
from twill.solver.verifier import violations

STORED = sorted((Path(library.__file__).parent / "schedules").glob("*.json"))


def first_fullest(held: Occupancy) -> int:
    most = held.peak - held.base
    return next(slot for slot, amount in held.steps if amount == most)


def with_pool(problem: SchedulingProblem, name: str, capacity: int) -> SchedulingProblem:
    memories = tuple(
        m.model_copy(update={"allocation": "pooled", "capacity": capacity}) if m.name == name else m
        for m in problem.machine.memories
    )
    machine = problem.machine.model_copy(update={"memories": memories})
    return problem.model_copy(update={"machine": machine})


def with_budget(schedule: Schedule, group: int, registers: int) -> Schedule:
    others = tuple(b for b in schedule.budgets if b.warp_group != group)
    budget = GroupBudget(warp_group=group, registers_per_thread=registers)
    return schedule.model_copy(update={"budgets": (*others, budget)})


@pytest.mark.parametrize("file", STORED, ids=lambda file: file.stem)
def test_memories_are_as_full_as_the_verifier_finds(file: Path) -> None:
    answer = read_schedule(file)
    assert answer.schedule is not None
    for held in memory_occupancies(answer.problem, answer.schedule):
        enough = with_pool(answer.problem, held.name, held.peak)
        assert not list(violations(enough, answer.schedule))
        if held.peak > held.base:
            less = with_pool(answer.problem, held.name, held.peak - 1)
            said = [v for v in violations(less, answer.schedule) if v.startswith("C7")]
            taken = held.peak - held.base
            words = f"at slot {first_fullest(held)} ({taken} of {taken - 1})"
            assert len(said) == 1
            assert words in said[0]


@pytest.mark.parametrize("file", STORED, ids=lambda file: file.stem)
def test_registers_are_as_many_as_the_verifier_finds(file: Path) -> None:
    answer = read_schedule(file)
    assert answer.schedule is not None
    groups = {group.name: group.index for group in answer.warp_groups}
    for held in register_occupancies(answer.problem, answer.schedule):
        less = with_budget(answer.schedule, groups[held.name], held.peak - 1)
        said = [v for v in violations(answer.problem, less) if "over its budget" in v]
        assert len(said) == 1
        assert f"at slot {first_fullest(held)} ({held.peak} of {held.peak - 1})" in said[0]


def test_rings_are_told_as_a_whole() -> None:
    answer = read_schedule(STORED[0].parent / "flash_attention_forward@h100-sxm.json")
    assert answer.schedule is not None
    (shared,) = memory_occupancies(answer.problem, answer.schedule)
    assert (shared.limit, shared.base, shared.reserved) == (232_448, 34_816, 165_888)
    assert shared.reserved == shared.base + sum(ring.total for ring in answer.rings)
