"""What a problem may not say, told at birth."""

import time
from itertools import pairwise

import pytest

from twill.models.errors import InvalidGraph, Path
from twill.models.problem import (
    Buffer,
    Dependence,
    FunctionalUnit,
    Machine,
    Memory,
    Operation,
    RegisterFile,
    Reservation,
    SchedulingProblem,
    Value,
)

MACHINE = Machine(
    name="toy",
    units=(FunctionalUnit(name="TC", capacity=1),),
    memories=(Memory(name="shared", capacity=100),),
    warp_groups=2,
)
USUAL: dict[str, object] = {
    "name": "small",
    "machine": MACHINE,
    "operations": (
        Operation(name="A", latency_cycles=1),
        Operation(name="B", latency_cycles=1, warps=1),
    ),
    "values": (Value(name="a", source="A", registers=8),),
    "dependences": (Dependence(source="A", target="B", latency_cycles=1, value="a"),),
}


def faults_of(**fields: object) -> list[tuple[Path, str]]:
    with pytest.raises(InvalidGraph) as caught:
        SchedulingProblem.model_validate(USUAL | fields)
    assert all(problem.cure for problem in caught.value.problems)
    return [(problem.path, problem.message) for problem in caught.value.problems]


def machine(**fields: object) -> Machine:
    return MACHINE.model_copy(update=fields)


def test_names_are_defined_once() -> None:
    twice = Operation(name="A", latency_cycles=1)
    operations = (twice, twice, Operation(name="B", latency_cycles=1))
    assert faults_of(operations=operations) == [
        (("operations", 1, "name"), "operations: 'A' is defined twice")
    ]


@pytest.mark.parametrize(
    ("fields", "path", "message"),
    [
        ({"machine": machine(staging_memory="lost")}, ("machine", "staging_memory"), "memory"),
        ({"values": (Value(name="a", source="lost"),)}, ("values", 0, "source"), "operation"),
        (
            {"buffers": (Buffer(name="b", memory="shared", size=1, opener="lost"),)},
            ("buffers", 0, "opener"),
            "operation",
        ),
        ({"values": ()}, ("dependences", 0, "value"), "value"),
        ({"symmetries": ((("A", "lost"),),)}, ("symmetries", 0, 0), "operation"),
    ],
)
def test_names_lead_somewhere(fields: dict[str, object], path: Path, message: str) -> None:
    name = "a" if message == "value" else "lost"
    assert faults_of(**fields) == [(path, f"unknown {message} '{name}'")]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"machine": machine(registers=RegisterFile(least=24, most=16, pool=(504,)))},
            "least exceeds most",
        ),
        (
            {"machine": machine(registers=RegisterFile(least=20, most=240, pool=(504,)))},
            "least or most is not a multiple of step",
        ),
        (
            {
                "machine": machine(warp_groups=1),
                "operations": (
                    Operation(name="A", latency_cycles=1),
                    Operation(name="B", latency_cycles=1, variable_latency=True),
                ),
            },
            "variable-latency operations sit alone in group 0, and there is no second warp group",
        ),
        (
            {"values": (Value(name="a", source="B", registers=8),)},
            "a is held in registers, but B is an operation of one warp",
        ),
        (
            {
                "dependences": tuple(
                    Dependence(source="A", target="B", latency_cycles=1, value="a", release="start")
                    for _ in range(2)
                )
            },
            "a is taken over in place by 2 operations",
        ),
        (
            {
                "dependences": (
                    Dependence(source="A", target="B", latency_cycles=1, value="a", staged_bytes=8),
                )
            },
            "the machine has no staging memory",
        ),
        (
            {"buffers": (Buffer(name="b", memory="shared", size=1, opener="A"),)},
            "no value is kept in b",
        ),
        (
            {
                "buffers": (Buffer(name="b", memory="shared", size=1, opener="B"),),
                "values": (Value(name="a", source="A", buffer="b"),),
            },
            "A writes b, but does not depend on its opener within the iteration",
        ),
    ],
)
def test_contradictions(fields: dict[str, object], message: str) -> None:
    assert message in [found for _, found in faults_of(**fields)]


def test_all_variable_latency_needs_no_second_group() -> None:
    load = Operation(name="A", latency_cycles=1, variable_latency=True)
    one = {"machine": machine(warp_groups=1), "operations": (load,), "dependences": ()}
    assert SchedulingProblem.model_validate(USUAL | one).operations == (load,)


def test_an_opener_leads_to_writers_through_a_circuit_of_the_same_iteration() -> None:
    names = ("C", "B", "A", "D")
    chain = [("A", "B"), ("B", "C"), ("C", "B"), ("C", "D"), ("D", "C")]
    problem = SchedulingProblem(
        name="circuit",
        machine=MACHINE,
        operations=tuple(Operation(name=n, latency_cycles=0) for n in names),
        buffers=(Buffer(name="b", memory="shared", size=1, opener="A"),),
        values=tuple(Value(name=n.lower(), source=n, buffer="b") for n in names),
        dependences=tuple(Dependence(source=s, target=t, latency_cycles=0) for s, t in chain),
    )
    assert len(problem.values) == len(names)


def test_many_faults_are_not_all_listed() -> None:
    lost = tuple(Dependence(source="A", target=f"lost{i}", latency_cycles=1) for i in range(500))
    assert len(faults_of(dependences=lost)) == 100


def test_thousands_of_buffers_are_checked_at_once() -> None:
    names = [f"o{i}" for i in range(4000)]
    started = time.process_time()
    problem = SchedulingProblem(
        name="long",
        machine=MACHINE,
        operations=tuple(Operation(name=n, latency_cycles=1) for n in names),
        buffers=tuple(Buffer(name=n, memory="shared", size=1, opener=n) for n in names),
        values=tuple(
            Value(name=f"{n}.{kind}", source=writer, buffer=n)
            for n in names
            for kind, writer in (("first", n), ("last", names[-1]))
        ),
        dependences=tuple(
            Dependence(source=s, target=t, latency_cycles=1) for s, t in pairwise(names)
        ),
    )
    assert len(problem.buffers) == 4000
    assert time.process_time() - started < 20


def test_quantities_stay_within_the_capacity() -> None:
    greedy = Operation(
        name="A", latency_cycles=1, reservations=(Reservation(unit="TC", quantity=2, cycles=1),)
    )
    operations = (greedy, Operation(name="B", latency_cycles=1, warps=1))
    assert faults_of(operations=operations) == [
        (
            ("operations", 0, "reservations", 0, "quantity"),
            "A holds 2 of TC, whose capacity is 1",
        )
    ]
