"""What moved between two scheduling problems: which cost, which operation, which capacity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..models.document import Document
from ..models.problem import Dependence, Operation, SchedulingProblem

MOST_NAMES = 6
NOT_A_COST = frozenset({"name", "line", "summary"})
Move = tuple[str, Any, Any]
"""What is meant, and its value before and after."""


def same_meaning(before: SchedulingProblem, after: SchedulingProblem) -> bool:
    """Whether the two differ in words and line numbers at most."""
    return _meaning(before) == _meaning(after)


def differences(before: SchedulingProblem, after: SchedulingProblem) -> tuple[str, ...]:
    """A sentence for each thing that moved, costs of operations first; equal moves are one."""
    return (
        *_appearances("operation", _by_name(before.operations), _by_name(after.operations)),
        *_operation_moves(before, after),
        *_machine_moves(before, after),
        *_appearances("dependence", _dependences(before), _dependences(after)),
        *_shared_moves("dependence", _dependences(before), _dependences(after)),
        *_shared_moves("value", _by_name(before.values), _by_name(after.values)),
        *_shared_moves("buffer", _by_name(before.buffers), _by_name(after.buffers)),
        *_rule_moves(before, after),
    )


def _meaning(problem: SchedulingProblem) -> SchedulingProblem:
    words = {"line": None, "summary": ""}
    operations = tuple(operation.model_copy(update=words) for operation in problem.operations)
    return problem.model_copy(update={"operations": operations})


def _by_name(items: Iterable[Any]) -> dict[str, Any]:
    return {item.name: item for item in items}


def _dependences(problem: SchedulingProblem) -> dict[str, Dependence]:
    found: dict[str, Dependence] = {}
    for dependence in problem.dependences:
        of = f" of {dependence.value}" if dependence.value not in (None, dependence.source) else ""
        ago = f" ({dependence.distance} before)" if dependence.distance else ""
        found[f"{dependence.source} -> {dependence.target}{of}{ago}"] = dependence
    return found


def _appearances(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for verb, names in (
        ("added", [name for name in after if name not in before]),
        ("removed", [name for name in before if name not in after]),
    ):
        if names:
            yield f"{_counted(kind, len(names))} {verb}: {_listed(names)}"


def _operation_moves(before: SchedulingProblem, after: SchedulingProblem) -> Iterator[str]:
    old, new = _by_name(before.operations), _by_name(after.operations)
    moves: dict[Move, list[str]] = {}
    for name in [name for name in new if name in old]:
        for move in (*_reservation_moves(old[name], new[name]), *_fields(old[name], new[name])):
            moves.setdefault(move, []).append(name)
    for (what, a, b), names in moves.items():
        yield f"{what} of {_listed(names)}: {_change(a, b)}"


def _reservation_moves(before: Operation, after: Operation) -> Iterator[Move]:
    for unit in dict.fromkeys(r.unit for r in (*before.reservations, *after.reservations)):
        old, new = (_held(operation, unit) for operation in (before, after))
        if old != new:
            work = [sum(quantity * cycles for quantity, cycles, _ in held) for held in (old, new)]
            if work[0] != work[1]:
                yield f"work on {unit}", work[0], work[1]
            else:
                yield f"reservation of {unit}", str(list(old)), str(list(new))


def _held(operation: Operation, unit: str) -> tuple[tuple[int, int, int], ...]:
    """Quantity, cycles and offset of every block."""
    blocks = (r for r in operation.reservations if r.unit == unit)
    return tuple((r.quantity, r.cycles, r.offset) for r in blocks)


def _machine_moves(before: SchedulingProblem, after: SchedulingProblem) -> Iterator[str]:
    old, new = before.machine, after.machine
    for kind, a, b in (
        ("functional unit", _by_name(old.units), _by_name(new.units)),
        ("memory", _by_name(old.memories), _by_name(new.memories)),
    ):
        yield from _appearances(kind, a, b)
        yield from _shared_moves(kind, a, b)
    for what, a, b in _fields(old, new, without=("units", "memories", "registers")):
        yield f"{what} of the machine: {_change(a, b)}"
    if old.name != new.name:
        yield f"name of the machine: {old.name} -> {new.name}"
    if old.registers is None or new.registers is None:
        if old.registers != new.registers:
            yield f"registers are {'no longer ' if new.registers is None else ''}limited"
        return
    for what, a, b in _fields(old.registers, new.registers):
        yield f"{what} of the registers: {_change(a, b)}"


def _shared_moves(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    moves: dict[Move, list[str]] = {}
    for name in [name for name in after if name in before]:
        for move in _fields(before[name], after[name]):
            moves.setdefault(move, []).append(name)
    for (what, a, b), names in moves.items():
        yield f"{what} of {_counted(kind, len(names))} {_listed(names)}: {_change(a, b)}"


def _fields(before: Document, after: Document, without: tuple[str, ...] = ()) -> Iterator[Move]:
    """Fields of two documents of one kind that differ; reservations are told apart elsewhere."""
    for field in type(before).model_fields:
        if field in NOT_A_COST or field in without or field == "reservations":
            continue
        old, new = getattr(before, field), getattr(after, field)
        if old != new:
            yield field.replace("_cycles", "").replace("_", " "), old, new


def _rule_moves(before: SchedulingProblem, after: SchedulingProblem) -> Iterator[str]:
    for verb, a, b in (("added", before, after), ("removed", after, before)):
        for rule in b.rules:
            if rule not in a.rules:
                yield f"rule {rule.rule} {verb}: {rule.kind} {_listed(rule.operations)}"
        for note in b.notes:
            if note not in a.notes:
                yield f"choice of the model {verb}: {note}"
    if before.name != after.name:
        yield f"name: {before.name} -> {after.name}"


def _change(before: Any, after: Any) -> str:
    if not _is_number(before) or not _is_number(after):
        return f"{_shown(before)} -> {_shown(after)}"
    share = f" ({100 * (after - before) / before:+.1f} %)" if before else ""
    return f"{before:,} -> {after:,}{share}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    shown = ", ".join(every[:MOST_NAMES])
    return shown if len(every) <= MOST_NAMES else f"{shown} and {len(every) - MOST_NAMES} more"


def _counted(kind: str, count: int) -> str:
    if count == 1:
        return kind
    return f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s"
