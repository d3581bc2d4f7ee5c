"""Symmetries of a scheduling problem: operations that can exchange places without changing it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .problem import Buffer, Dependence, SchedulingProblem, Swap, Value


def is_automorphism(problem: SchedulingProblem, swap: Swap) -> bool:
    """Whether exchanging the operations of each pair maps the problem onto itself."""
    moved = {name: other for pair in swap for name, other in (pair, pair[::-1])}
    if len(moved) != 2 * len(swap):
        return False
    return all(_is_alike(problem, *pair) for pair in swap) and (
        Counter(_Image(problem, {}, frozenset(moved)).parts())
        == Counter(_Image(problem, moved, frozenset(moved)).parts())
    )


def _is_alike(problem: SchedulingProblem, left: str, right: str) -> bool:
    nameless = {"name": "", "line": 0, "summary": ""}
    one, other = problem.operation(left), problem.operation(right)
    return one.model_copy(update=nameless) == other.model_copy(update=nameless)


class _Image:
    """The problem with operations renamed by `names`, as a multiset of descriptions.

    Names of values and buffers do not count, only what they hold and who reads them. What touches
    no operation of `moved` is left out: renaming leaves it as it is.
    """

    def __init__(
        self, problem: SchedulingProblem, names: dict[str, str], moved: frozenset[str]
    ) -> None:
        self._problem, self._names, self._moved = problem, names, moved
        self._kept: dict[str, list[Value]] = {}
        for value in problem.values:
            if value.buffer is not None:
                self._kept.setdefault(value.buffer, []).append(value)

    def parts(self) -> Iterator[Hashable]:
        """The parts of the problem that renaming may change."""
        for dependence in self._problem.dependences:
            if dependence.value is None and self._touches(dependence):
                yield self._dependence(dependence)
        for value in self._problem.values:
            if value.buffer is None and self._touches_value(value):
                yield self._value(value)
        for buffer in self._problem.buffers:
            values = self._kept.get(buffer.name, ())
            if buffer.opener in self._moved or any(map(self._touches_value, values)):
                yield self._buffer(buffer)
        for rule in self._problem.rules:
            renamed = frozenset(self._name(name) for name in rule.operations)
            yield rule.rule, rule.kind, renamed

    def _name(self, operation: str) -> str:
        return self._names.get(operation, operation)

    def _touches(self, dependence: Dependence) -> bool:
        return dependence.source in self._moved or dependence.target in self._moved

    def _touches_value(self, value: Value) -> bool:
        readers = self._problem.readers(value.name)
        return value.source in self._moved or any(map(self._touches, readers))

    def _dependence(self, dependence: Dependence) -> Hashable:
        source, target = self._name(dependence.source), self._name(dependence.target)
        return dependence.model_copy(update={"source": source, "target": target, "value": None})

    def _value(self, value: Value) -> Hashable:
        readers = Counter(self._dependence(d) for d in self._problem.readers(value.name))
        return self._name(value.source), value.registers, frozenset(readers.items())

    def _buffer(self, buffer: Buffer) -> Hashable:
        values = Counter(self._value(value) for value in self._kept.get(buffer.name, ()))
        opener = self._name(buffer.opener)
        return buffer.memory, buffer.size, opener, frozenset(values.items())
