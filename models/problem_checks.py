"""What a scheduling problem must satisfy before anything is solved: names, capacities, storage, class membership."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from .errors import InvalidGraph, Problem

if TYPE_CHECKING:
    from .problem import SchedulingProblem, Swap

Path = tuple[str | int, ...]


def check_problem(problem: SchedulingProblem) -> None:
    """Raise InvalidGraph with every contradiction of the problem; does nothing if there is none."""
    found = tuple(faults(problem))
    if found:
        raise InvalidGraph(found[0].message, problems=found)


def faults(problem: SchedulingProblem) -> Iterator[Problem]:
    """Every contradiction, as one Problem each, with the path to it."""
    names = list(_names(problem))
    yield from names
    if names:
        return  # what follows looks names up
    yield from _machine(problem)
    yield from _operations(problem)
    yield from _values(problem)
    yield from _dependences(problem)
    yield from _buffers(problem)
    yield from _symmetries(problem)


def _fault(path: Path, message: str, cure: str) -> Problem:
    return Problem(message, cure=cure, path=path)


def _duplicates(kind: str, names: Iterable[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield _fault((kind, index, "name"), f"{kind}: {name!r} is defined twice", "rename one of them")
        seen.add(name)


def _unknown(path: Path, what: str, name: str, known: set[str]) -> Iterator[Problem]:
    if name not in known:
        offer = ", ".join(sorted(known)[:8]) or "none"
        yield _fault(path, f"unknown {what} {name!r}", f"known: {offer}")


def _names(problem: SchedulingProblem) -> Iterator[Problem]:
    machine = problem.machine
    units, memories = {u.name for u in machine.units}, {m.name for m in machine.memories}
    operations, values = {o.name for o in problem.operations}, {v.name for v in problem.values}
    buffers = {b.name for b in problem.buffers}
    for kind, things in (("operations", problem.operations), ("values", problem.values),
                         ("buffers", problem.buffers)):  # fmt: skip
        yield from _duplicates(kind, (thing.name for thing in things))
    yield from _duplicates("units", (u.name for u in machine.units))
    yield from _duplicates("memories", (m.name for m in machine.memories))
    if machine.staging_memory is not None:
        yield from _unknown(("machine", "staging_memory"), "memory", machine.staging_memory, memories)
    for i, operation in enumerate(problem.operations):
        for j, block in enumerate(operation.reservations):
            yield from _unknown(("operations", i, "reservations", j, "unit"), "unit", block.unit, units)
    for i, value in enumerate(problem.values):
        yield from _unknown(("values", i, "source"), "operation", value.source, operations)
        if value.buffer is not None:
            yield from _unknown(("values", i, "buffer"), "buffer", value.buffer, buffers)
    for i, buffer in enumerate(problem.buffers):
        yield from _unknown(("buffers", i, "memory"), "memory", buffer.memory, memories)
        yield from _unknown(("buffers", i, "opener"), "operation", buffer.opener, operations)
    for i, dependence in enumerate(problem.dependences):
        yield from _unknown(("dependences", i, "source"), "operation", dependence.source, operations)
        yield from _unknown(("dependences", i, "target"), "operation", dependence.target, operations)
        if dependence.value is not None:
            yield from _unknown(("dependences", i, "value"), "value", dependence.value, values)
    for i, rule in enumerate(problem.rules):
        for j, name in enumerate(rule.operations):
            yield from _unknown(("rules", i, "operations", j), "operation", name, operations)
    for i, swap in enumerate(problem.symmetries):
        for j, pair in enumerate(swap):
            for name in pair:
                yield from _unknown(("symmetries", i, j), "operation", name, operations)


def _machine(problem: SchedulingProblem) -> Iterator[Problem]:
    machine = problem.machine
    for i, memory in enumerate(machine.memories):
        if memory.resident > memory.capacity:
            yield _fault(
                ("machine", "memories", i),
                f"{memory.name}: {memory.resident} {memory.unit} are resident before the loop, {memory.capacity} exist",
                "make the resident tiles smaller",
            )
    registers = machine.registers
    if registers is not None and not (registers.least <= registers.most):
        yield _fault(("machine", "registers"), "least exceeds most", "write least <= most")
    if registers is not None and (registers.least % registers.step or registers.most % registers.step):
        yield _fault(("machine", "registers"), "least or most is not a multiple of step", "round them to step")
    if all(o.variable_latency for o in problem.operations):
        return
    if machine.warp_groups < 2 and any(o.variable_latency for o in problem.operations):
        yield _fault(
            ("machine", "warp_groups"),
            "variable-latency operations sit alone in group 0, and there is no second warp group",
            "allow at least 2 warp groups",
        )


def _operations(problem: SchedulingProblem) -> Iterator[Problem]:
    capacity = {u.name: u.capacity for u in problem.machine.units}
    for i, operation in enumerate(problem.operations):
        for j, block in enumerate(operation.reservations):
            if block.quantity > capacity[block.unit]:
                yield _fault(
                    ("operations", i, "reservations", j, "quantity"),
                    f"{operation.name} holds {block.quantity} of {block.unit}, whose capacity is {capacity[block.unit]}",
                    "lower the quantity and lengthen the reservation",
                )


def _values(problem: SchedulingProblem) -> Iterator[Problem]:
    in_place = Counter(d.value for d in problem.dependences if d.value is not None and d.release == "start")
    for i, value in enumerate(problem.values):
        if value.registers and problem.operation(value.source).warps == 1:
            yield _fault(
                ("values", i, "registers"),
                f"{value.name} is held in registers, but {value.source} is an operation of one warp",
                "write warps: 4 on the operation, or keep the value in a buffer",
            )
        if in_place[value.name] > 1:
            yield _fault(
                ("values", i), f"{value.name} is taken over in place by {in_place[value.name]} operations",
                "let one dependence have release: start",
            )  # fmt: skip


def _dependences(problem: SchedulingProblem) -> Iterator[Problem]:
    for i, dependence in enumerate(problem.dependences):
        path: Path = ("dependences", i)
        if dependence.value is not None and problem.value(dependence.value).source != dependence.source:
            yield _fault(
                (*path, "value"),
                f"{dependence.value} is produced by {problem.value(dependence.value).source}, "
                f"not by {dependence.source}",
                "name a value of the source",
            )
        if dependence.value is None and (dependence.release == "start" or dependence.staged_bytes):
            yield _fault(path, "a dependence without a value holds nothing", "name the value, or drop the field")
        if dependence.staged_bytes and problem.machine.staging_memory is None:
            yield _fault(
                (*path, "staged_bytes"), "the machine has no staging memory",
                "write machine.staging_memory: NAME",
            )  # fmt: skip
        if dependence.source == dependence.target and dependence.distance == 0:
            yield _fault(path, f"{dependence.source} depends on itself in the same iteration", "give it a distance")


def _buffers(problem: SchedulingProblem) -> Iterator[Problem]:
    reached = {buffer.name: _reached(problem, buffer.opener) for buffer in problem.buffers}
    written = {value.buffer for value in problem.values}
    for i, buffer in enumerate(problem.buffers):
        if buffer.name not in written:
            yield _fault(("buffers", i), f"no value is kept in {buffer.name}", "drop the buffer, or name it in a value")
    for i, value in enumerate(problem.values):
        if value.buffer is not None and value.source not in reached[value.buffer]:
            yield _fault(
                ("values", i, "buffer"),
                f"{value.source} writes {value.buffer}, but does not depend on its opener within the iteration",
                "add a dependence at distance 0 from the opener",
            )


def _reached(problem: SchedulingProblem, start: str) -> set[str]:
    """Operations that depend on `start` through dependences of distance 0, itself included."""
    onward: dict[str, list[str]] = {}
    for dependence in problem.dependences:
        if dependence.distance == 0:
            onward.setdefault(dependence.source, []).append(dependence.target)
    seen, waiting = {start}, [start]
    while waiting:
        for target in onward.get(waiting.pop(), ()):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen


def _symmetries(problem: SchedulingProblem) -> Iterator[Problem]:
    for i, swap in enumerate(problem.symmetries):
        if not is_automorphism(problem, swap):
            yield _fault(
                ("symmetries", i), "exchanging these operations changes the problem",
                "list a swap under which operations, values and dependences stay the same",
            )  # fmt: skip


def is_automorphism(problem: SchedulingProblem, swap: Swap) -> bool:
    """Whether exchanging the operations of each pair maps the problem onto itself."""
    image = {name: name for name in (o.name for o in problem.operations)}
    for left, right in swap:
        image[left], image[right] = right, left
    if len({name for pair in swap for name in pair}) != 2 * len(swap):
        return False
    same = all(
        problem.operation(a).model_copy(update={"name": b, "line": 0, "summary": ""})
        == problem.operation(b).model_copy(update={"line": 0, "summary": ""})
        for a, b in image.items()
    )
    return same and _structure(problem, {n: n for n in image}) == _structure(problem, image)


def _structure(problem: SchedulingProblem, image: dict[str, str]) -> Counter[str]:
    """Dependences and rules with operations renamed and values described by what they are, as a multiset."""
    described: Counter[str] = Counter()
    buffers = {b.name: (b.memory, b.size, b.opener) for b in problem.buffers}
    for d in problem.dependences:
        held: object = None
        if d.value is not None:
            value = problem.value(d.value)
            memory, size, opener = buffers.get(value.buffer or "", (None, 0, None))
            held = (value.registers, memory, size, image[opener] if opener else None)
        rest = d.model_copy(update={"source": image[d.source], "target": image[d.target], "value": None})
        described[f"{rest.canonical_json()} {held}"] += 1
    for rule in problem.rules:
        described[f"{rule.rule} {rule.kind} {sorted(image[name] for name in rule.operations)}"] += 1
    for value in problem.values:
        described[f"value {image[value.source]} {value.registers} {value.buffer is None}"] += 1
    return described
