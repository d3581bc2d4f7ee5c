"""A certificate names the families that keep the least II above MinII."""

from __future__ import annotations

from twill.models.problem import (
    Buffer,
    Dependence,
    FunctionalUnit,
    Machine,
    Memory,
    Operation,
    Reservation,
    SchedulingProblem,
    Value,
)
from twill.models.solve_options import SolveOptions
from twill.solver.search import find_schedule

# One slot of memory is held from the first issue to the end of the last: 2 + 3 + 2 cycles.
FULL_MEMORY = SchedulingProblem(
    name="full_memory",
    machine=Machine(
        name="m",
        units=(FunctionalUnit(name="tensor_core", capacity=1),),
        memories=(Memory(name="tensor_memory", capacity=128, unit="columns"),),
    ),
    operations=(
        Operation(
            name="scores",
            latency_cycles=2,
            reservations=(Reservation(unit="tensor_core", cycles=2),),
        ),
        Operation(name="softmax", latency_cycles=3),
        Operation(
            name="output",
            latency_cycles=2,
            reservations=(Reservation(unit="tensor_core", cycles=2),),
        ),
    ),
    values=(
        Value(name="scores", source="scores", buffer="columns"),
        Value(name="probabilities", source="softmax", buffer="columns"),
    ),
    buffers=(Buffer(name="columns", memory="tensor_memory", size=128, opener="scores"),),
    dependences=(
        Dependence(source="scores", target="softmax", latency_cycles=2, value="scores"),
        Dependence(source="softmax", target="output", latency_cycles=3, value="probabilities"),
    ),
)


def test_the_memory_that_excludes_the_bound_is_named() -> None:
    solution = find_schedule(FULL_MEMORY)
    assert solution.schedule is not None
    assert solution.schedule.initiation_interval == 7
    certificate = solution.certificate
    assert certificate is not None
    assert certificate.bounds.minimum == 4
    assert certificate.exclusions[-1].because == ("C1", "C7 tensor_memory")


def test_nobody_is_asked_whom_to_blame_without_effort() -> None:
    solution = find_schedule(FULL_MEMORY, SolveOptions(blame_work=0.0))
    assert solution.certificate is not None
    assert solution.certificate.exclusions[-1].because == ()
