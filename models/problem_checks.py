"""What a scheduling problem must satisfy before it is solved: names, capacities, storage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from .errors import InvalidGraph, Path, Problem
from .problem_names import name_faults
from .problem_reach import Reach
from .problem_symmetries import is_automorphism

if TYPE_CHECKING:
    from .problem import Dependence, RegisterFile, SchedulingProblem

MOST_FAULTS = 100
"""More contradictions than this are not listed."""


def check_problem(problem: SchedulingProblem) -> None:
    """Raise InvalidGraph with the contradictions of the problem; does nothing if there is none."""
    found = tuple(islice(faults(problem), MOST_FAULTS))
    if found:
        raise InvalidGraph(found[0].message, problems=found)


def faults(problem: SchedulingProblem) -> Iterator[Problem]:
    """Every contradiction, as one Problem each, with the path to it."""
    consistent = True
    for fault in name_faults(problem):
        consistent = False
        yield fault
    if not consistent:
        return  # what follows looks names up
    yield from _machine(problem)
    yield from _operations(problem)
    yield from _values(problem)
    for index, dependence in enumerate(problem.dependences):
        yield from _dependence(problem, dependence, ("dependences", index))
    yield from _buffers(problem)
    yield from _symmetries(problem)


def _fault(path: Path, message: str, cure: str) -> Problem:
    return Problem(message, cure=cure, path=path)


def _machine(problem: SchedulingProblem) -> Iterator[Problem]:
    machine = problem.machine
    for i, memory in enumerate(machine.memories):
        if memory.resident > memory.capacity:
            yield _fault(
                ("machine", "memories", i),
                f"{memory.name}: {memory.resident} {memory.unit} are resident before the loop, "
                f"{memory.capacity} exist",
                "make the resident tiles smaller",
            )
    if machine.registers is not None:
        yield from _registers(machine.registers)
    loads = [o.variable_latency for o in problem.operations]
    if machine.warp_groups < 2 and any(loads) and not all(loads):
        yield _fault(
            ("machine", "warp_groups"),
            "variable-latency operations sit alone in group 0, and there is no second warp group",
            "allow at least 2 warp groups",
        )


def _registers(registers: RegisterFile) -> Iterator[Problem]:
    path: Path = ("machine", "registers")
    if registers.least > registers.most:
        yield _fault(path, "least exceeds most", "write least <= most")
    if registers.least % registers.step or registers.most % registers.step:
        yield _fault(path, "least or most is not a multiple of step", "round them to step")


def _operations(problem: SchedulingProblem) -> Iterator[Problem]:
    capacity = {u.name: u.capacity for u in problem.machine.units}
    for i, operation in enumerate(problem.operations):
        for j, reservation in enumerate(operation.reservations):
            if reservation.quantity > capacity[reservation.unit]:
                yield _fault(
                    ("operations", i, "reservations", j, "quantity"),
                    f"{operation.name} holds {reservation.quantity} of {reservation.unit}, "
                    f"whose capacity is {capacity[reservation.unit]}",
                    "lower the quantity and lengthen the reservation",
                )


def _values(problem: SchedulingProblem) -> Iterator[Problem]:
    in_place = Counter(d.value for d in problem.dependences if d.release == "start")
    for i, value in enumerate(problem.values):
        if value.registers and problem.operation(value.source).warps == 1:
            yield _fault(
                ("values", i, "registers"),
                f"{value.name} is held in registers, "
                f"but {value.source} is an operation of one warp",
                "write warps: 4 on the operation, or keep the value in a buffer",
            )
        if in_place[value.name] > 1:
            yield _fault(
                ("values", i),
                f"{value.name} is taken over in place by {in_place[value.name]} operations",
                "let one dependence have release: start",
            )


def _dependence(
    problem: SchedulingProblem, dependence: Dependence, path: Path
) -> Iterator[Problem]:
    if dependence.value is None:
        if dependence.release == "start" or dependence.staged_bytes:
            message = "a dependence without a value holds nothing"
            yield _fault(path, message, "name the value, or drop the field")
    elif (producer := problem.value(dependence.value).source) != dependence.source:
        yield _fault(
            (*path, "value"),
            f"{dependence.value} is produced by {producer}, not by {dependence.source}",
            "name a value of the source",
        )
    if dependence.staged_bytes and problem.machine.staging_memory is None:
        yield _fault(
            (*path, "staged_bytes"),
            "the machine has no staging memory",
            "write machine.staging_memory: NAME",
        )
    if dependence.source == dependence.target and dependence.distance == 0:
        yield _fault(
            path,
            f"{dependence.source} depends on itself in the same iteration",
            "give it a distance",
        )


def _buffers(problem: SchedulingProblem) -> Iterator[Problem]:
    written = {value.buffer for value in problem.values}
    for i, buffer in enumerate(problem.buffers):
        if buffer.name not in written:
            yield _fault(
                ("buffers", i),
                f"no value is kept in {buffer.name}",
                "drop the buffer, or name it in a value",
            )
    opener = {buffer.name: buffer.opener for buffer in problem.buffers}
    reach = Reach(problem, frozenset(opener.values()))
    for i, value in enumerate(problem.values):
        if value.buffer is not None and not reach.leads(opener[value.buffer], value.source):
            yield _fault(
                ("values", i, "buffer"),
                f"{value.source} writes {value.buffer}, "
                "but does not depend on its opener within the iteration",
                "add a dependence at distance 0 from the opener",
            )


def _symmetries(problem: SchedulingProblem) -> Iterator[Problem]:
    for i, swap in enumerate(problem.symmetries):
        if not is_automorphism(problem, swap):
            yield _fault(
                ("symmetries", i),
                "exchanging these operations changes the problem",
                "list a swap under which operations, values and dependences stay the same",
            )
