"""Short ways to write problems and schedules by hand."""

from collections.abc import Iterable, Mapping
from typing import Any

from twill.models.problem import (
    Dependence,
    FunctionalUnit,
    Machine,
    Memory,
    Operation,
    Reservation,
    SchedulingProblem,
)
from twill.models.schedule import GroupBudget, Placement, RingDepth, Schedule
from twill.solver.verifier import violations


def operation(name: str, latency: int = 1, issue: int = 1, **more: Any) -> Operation:
    return Operation(name=name, latency_cycles=latency, issue_cycles=issue, **more)


def on(unit: str, cycles: int, quantity: int = 1, offset: int = 0) -> tuple[Reservation, ...]:
    return (Reservation(unit=unit, cycles=cycles, quantity=quantity, offset=offset),)


def dependence(
    source: str, target: str, latency: int = 1, distance: int = 0, **more: Any
) -> Dependence:
    return Dependence(
        source=source, target=target, latency_cycles=latency, distance=distance, **more
    )


def machine(groups: int = 3, **more: Any) -> Machine:
    units = (FunctionalUnit(name="tc", capacity=1), FunctionalUnit(name="fma", capacity=4))
    return Machine(name="small", units=units, warp_groups=groups, **more)


def memory(capacity: int, allocation: Any = "ring", name: str = "smem") -> Memory:
    return Memory(name=name, capacity=capacity, allocation=allocation)


def problem(
    operations: Iterable[Operation],
    dependences: Iterable[Dependence] = (),
    on_machine: Machine | None = None,
    **more: Any,
) -> SchedulingProblem:
    return SchedulingProblem(
        name="by-hand",
        machine=on_machine or machine(),
        operations=tuple(operations),
        dependences=tuple(dependences),
        **more,
    )


def renewed(of: SchedulingProblem, **changes: Any) -> SchedulingProblem:
    """A changed copy without symmetries, checked as at its birth."""
    fields = {name: getattr(of, name) for name in SchedulingProblem.model_fields}
    return SchedulingProblem(**{**fields, "symmetries": (), **changes})


def schedule(
    interval: int,
    placed: Mapping[str, tuple[int, int]],
    rings: Mapping[str, int] | None = None,
    budgets: Mapping[int, int] | None = None,
) -> Schedule:
    """`placed`: operation -> (issue cycle, warp group); `rings`: depths; `budgets`: registers."""
    return Schedule(
        initiation_interval=interval,
        placements=tuple(
            Placement(operation=name, issue_cycle=cycle, warp_group=group)
            for name, (cycle, group) in placed.items()
        ),
        rings=tuple(RingDepth(buffer=name, depth=d) for name, d in (rings or {}).items()),
        budgets=tuple(
            GroupBudget(warp_group=g, registers_per_thread=r) for g, r in (budgets or {}).items()
        ),
    )


def families(of: SchedulingProblem, proposed: Schedule) -> list[str]:
    """The families that a schedule violates, one entry per violation."""
    return [sentence.split()[0] for sentence in violations(of, proposed)]
