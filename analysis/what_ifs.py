"""Problems and profiles with one thing changed, each with the words for the change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..models.explanation import Kind
from ..models.problem import Machine, Memory, SchedulingProblem
from ..models.profile import Figure, GpuProfile
from .ablations import renewed

MOST_GROUPS = 16


@dataclass(frozen=True, slots=True)
class Change:
    """A changed problem; `words` follow `With`."""

    kind: Kind
    words: str
    problem: SchedulingProblem


def problem_changes(problem: SchedulingProblem) -> Iterator[Change]:
    """Changes of the machine and of what crossing costs; the operations stay as they are."""
    yield from _groups(problem)
    yield from _registers(problem)
    yield from _rings(problem)
    yield from _handoff(problem)


def unit_changes(problem: SchedulingProblem) -> Iterator[Change]:
    """Each unit that is used, with twice the capacity; for graphs, which have no profile."""
    machine = problem.machine
    for unit in machine.units:
        if _is_used(problem, unit.name):
            twice = tuple(
                u.model_copy(update={"capacity": 2 * u.capacity}) if u == unit else u
                for u in machine.units
            )
            changed = _on(problem, machine.model_copy(update={"units": twice}))
            yield Change("unit", f"twice the capacity of {unit.name}", changed)


def used_units(problem: SchedulingProblem) -> tuple[str, ...]:
    """Functional units that some operation reserves, in the order of the machine."""
    return tuple(u.name for u in problem.machine.units if _is_used(problem, u.name))


def with_unit_twice_as_fast(profile: GpuProfile, unit: str) -> GpuProfile:
    """The profile at twice the rate of one functional unit; its latencies stay."""
    if unit == "tensor_core":
        core = profile.tensor_core
        rates = {
            element: {rows: _twice(figure) for rows, figure in by_rows.items()}
            for element, by_rows in core.multiply_adds.items()
        }
        return _with(profile, tensor_core=core.model_copy(update={"multiply_adds": rates}))
    if unit in ("tma", "dram"):
        field = "link" if unit == "tma" else "dram"
        figure = _twice(getattr(profile.transfers, field))
        return _with(profile, transfers=profile.transfers.model_copy(update={field: figure}))
    if unit == "tensor_memory_port" and profile.tensor_memory is not None:
        memory = profile.tensor_memory
        rates_of = {f: _twice(getattr(memory, f)) for f in ("load_rate", "store_rate")}
        return _with(profile, tensor_memory=memory.model_copy(update=rates_of))
    known = profile.units[unit]
    faster = known.model_copy(update={"capacity": _twice(known.capacity)})
    changed = _with(profile, units={**profile.units, unit: faster})
    if unit != "shared_port":
        return changed
    memory_of = profile.shared_memory
    port = {"port": _twice(memory_of.port)}
    return _with(changed, shared_memory=memory_of.model_copy(update=port))


def _groups(problem: SchedulingProblem) -> Iterator[Change]:
    machine = problem.machine
    if machine.warp_groups < MOST_GROUPS:
        more = machine.model_copy(update={"warp_groups": machine.warp_groups + 1})
        yield Change("groups", "one more compute warp group", _on(problem, more))
    if machine.warp_groups > 1:
        fewer = machine.model_copy(update={"warp_groups": machine.warp_groups - 1})
        yield Change("groups", "one compute warp group fewer", _on(problem, fewer))


def _registers(problem: SchedulingProblem) -> Iterator[Change]:
    """What is set aside for each thread is a step less or a step more."""
    registers = problem.machine.registers
    if registers is None:
        return
    step = registers.step
    for words, base in (("more", registers.base - step), ("fewer", registers.base + step)):
        if base >= 0:
            file = registers.model_copy(update={"base": base})
            machine = problem.machine.model_copy(update={"registers": file})
            said = f"{step} registers {words} for values in each thread"
            yield Change("registers", said, _on(problem, machine))


def _rings(problem: SchedulingProblem) -> Iterator[Change]:
    """Room for the largest ring slot of each memory, more and less."""
    for memory in problem.machine.memories:
        kept = [buffer for buffer in problem.buffers if buffer.memory == memory.name]
        if not kept:
            continue
        largest = max(kept, key=lambda buffer: buffer.size)
        for words, size in (("more", largest.size), ("less", -largest.size)):
            if memory.capacity + size < 0:
                continue
            size_of = f"{largest.name} ({largest.size:,} {memory.unit})"
            said = f"room for one ring slot {words} of {size_of} in {memory.name}"
            changed = memory.model_copy(update={"capacity": memory.capacity + size})
            machine = _with_memory(problem.machine, changed)
            yield Change("ring", said, _on(problem, machine))


def _handoff(problem: SchedulingProblem) -> Iterator[Change]:
    fields = ("handoff_cycles", "send_cycles", "receive_cycles")
    if not any(getattr(d, field) for d in problem.dependences for field in fields):
        return
    cheaper = tuple(
        d.model_copy(update={field: getattr(d, field) // 2 for field in fields})
        for d in problem.dependences
    )
    changed = renewed(problem, dependences=cheaper)
    yield Change("hand-off", "hand-offs between warp groups at half their cost", changed)


def _with_memory(machine: Machine, changed: Memory) -> Machine:
    memories = tuple(changed if m.name == changed.name else m for m in machine.memories)
    return machine.model_copy(update={"memories": memories})


def _is_used(problem: SchedulingProblem, unit: str) -> bool:
    return any(r.unit == unit for operation in problem.operations for r in operation.reservations)


def _twice(figure: Figure) -> Figure:
    return figure.model_copy(update={"value": 2 * figure.value})


def _with(profile: GpuProfile, **changes: object) -> GpuProfile:
    return profile.model_copy(update=changes)


def _on(problem: SchedulingProblem, machine: Machine) -> SchedulingProblem:
    return renewed(problem, machine=machine)


def crowding(before: SchedulingProblem, after: SchedulingProblem) -> str:
    """What takes more of a unit at once after a change, as it is done sooner; empty if nothing.

    Chains are priced as fast as their slowest unit allows, and the model does not stretch them.
    """
    old = {
        (operation.name, block.unit): block.quantity
        for operation in before.operations
        for block in operation.reservations
    }
    capacity = {unit.name: unit.capacity for unit in after.machine.units}
    grown = [
        (block.quantity / capacity[block.unit], operation.name, block.unit, block.quantity)
        for operation in after.operations
        for block in operation.reservations
        if block.quantity > old.get((operation.name, block.unit), block.quantity)
    ]
    if not grown:
        return ""
    _, name, unit, quantity = max(grown, key=lambda found: found[0])
    return f"{name} is done sooner and takes {quantity} of {unit} at once, not {old[name, unit]}"
