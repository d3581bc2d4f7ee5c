"""Generated loops of 10 to 200 operations, drawn by seed, for how the search scales."""

from __future__ import annotations

from random import Random

from twill.models.problem import (
    Dependence,
    FunctionalUnit,
    Machine,
    Operation,
    Reservation,
    SchedulingProblem,
)

UNITS = (
    FunctionalUnit(name="tc", capacity=1),
    FunctionalUnit(name="mufu", capacity=1),
    FunctionalUnit(name="fma", capacity=8),
)
WARP_GROUPS = 4


def random_graph(operations: int, seed: int) -> SchedulingProblem:
    """One in ten a load; of the rest 30 % on the tensor core, 20 % exponentials, 50 % elementwise.

    Every operation reads one or two earlier ones; one in eight closes a recurrence. Synchronous
    operations keep their warp group for as long as they run, others for 16 cycles. A dependence
    that crosses costs 60 cycles more.
    """
    draw = Random(f"{operations}/{seed}")
    names = [f"v{i}" for i in range(operations)]
    loads = max(1, operations // 10)
    made = [_load(name) if i < loads else _compute(name, draw) for i, name in enumerate(names)]
    return SchedulingProblem(
        name=f"random-{operations}-{seed}",
        machine=Machine(name="generated", units=UNITS, warp_groups=WARP_GROUPS),
        operations=tuple(made),
        dependences=tuple(_dependences(made, loads, draw)),
    )


def _load(name: str) -> Operation:
    return Operation(name=name, latency_cycles=600, issue_cycles=16, variable_latency=True)


def _compute(name: str, draw: Random) -> Operation:
    kind = draw.random()
    if kind < 0.3:
        cycles = draw.choice((128, 256, 512))
        busy, issue = {"tc": 1}, 16
    elif kind < 0.5:
        cycles = draw.randint(128, 512)
        busy, issue = {"mufu": 1, "fma": 1}, cycles
    else:
        cycles = draw.randint(32, 192)
        busy, issue = {"fma": 7}, cycles
    reservations = tuple(
        Reservation(unit=unit, quantity=quantity, cycles=cycles) for unit, quantity in busy.items()
    )
    return Operation(
        name=name, latency_cycles=cycles, issue_cycles=issue, reservations=reservations
    )


def _dependences(made: list[Operation], loads: int, draw: Random) -> list[Dependence]:
    found = []
    for i in range(loads, len(made)):
        window = range(max(0, i - 8), i)
        for source in sorted({draw.choice(window) for _ in range(draw.randint(1, 2))}):
            found.append(_dependence(made, source, i, 0))
    for _ in range(len(made) // 8):
        target = draw.randrange(loads, len(made))
        source = draw.randrange(target, min(len(made), target + 4))
        found.append(_dependence(made, source, target, 1))
    return found


def _dependence(made: list[Operation], source: int, target: int, distance: int) -> Dependence:
    return Dependence(
        source=made[source].name,
        target=made[target].name,
        latency_cycles=made[source].latency_cycles,
        distance=distance,
        handoff_cycles=60,
    )
