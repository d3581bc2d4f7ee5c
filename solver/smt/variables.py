"""The unknowns of one question, each with its meaning and domain."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ...models.problem import Dependence, SchedulingProblem
from ..anchor import anchor_of
from ..question import Question
from .group_domains import GroupDomains
from .longest_paths import LongestPaths
from .terms import FALSE, TRUE, Formula, Sum, disjunction, negation, reaches


@dataclass(slots=True)
class Script:
    """Declarations, and definitions of unknowns through others, which no question leaves out."""

    sorts: dict[str, str] = field(default_factory=dict)
    definitions: list[Formula] = field(default_factory=list)

    def integer(self, name: str, least: int, most: int | None = None) -> Sum:
        """A new integer unknown from `least` to `most`."""
        unknown = Sum({self._declare(name, "Int"): 1})
        self.define(unknown.at_least(least))
        if most is not None:
            self.define(unknown.at_most(most))
        return unknown

    def boolean(self, name: str) -> Formula:
        """A new Boolean unknown."""
        return self._declare(name, "Bool")

    def define(self, *formulas: Formula) -> None:
        """State what an unknown is."""
        self.definitions += [formula for formula in formulas if formula != TRUE]

    def _declare(self, name: str, sort: str) -> str:
        symbol = f"|{name}|"
        assert symbol not in self.sorts, f"{symbol} is declared twice"
        self.sorts[symbol] = sort
        return symbol


class Variables:
    """Unknowns of a question (docs/constraints.md), declared when they are first used.

    begin     where the iteration begins: 0 .. II - 1. No constraint knows which slot is 0, so the
              anchor may be said to stand there, and windows and stages count from `begin`
    k[v]      stage of operation v: 0 .. stages
    r[v]      slot of operation v: 0 .. II - 1; its issue cycle t[v] is II·k[v] + r[v]
    g[v,w]    whether operation v sits in warp group w
    send[v], receive[v]   issue cycles of what crosses out of and into v; above it never helps
    """

    def __init__(self, question: Question, families: frozenset[str], paths: LongestPaths) -> None:
        self.problem: SchedulingProblem = question.problem
        self.interval = question.initiation_interval
        self.stages = question.stages
        self.families = families
        self.paths = paths
        self.script = Script()
        self.into: dict[str, list[Dependence]] = {}
        self.out_of: dict[str, list[Dependence]] = {}
        for dependence in self.problem.dependences:
            self.into.setdefault(dependence.target, []).append(dependence)
            self.out_of.setdefault(dependence.source, []).append(dependence)
        self.domains = GroupDomains.of(self.problem, legal="C5" in families)
        self.stage: dict[str, Sum] = {}
        self.slot: dict[str, Sum] = {}
        self.begin = self.script.integer("begin", 0, self.interval - 1)
        self.anchor = anchor_of(self.problem)
        for operation in self.problem.operations:
            self._declare_issue_cycle(operation.name)
        self._sits: dict[tuple[str, int], Formula] = {}
        for representative in self.domains.representatives:
            self._declare_group(representative)
        self._same: dict[tuple[str, str], Formula] = {}
        self._transfer: dict[tuple[str, str], Sum] = {}
        self.holds: dict[tuple[int, int], Formula] = {}
        self._later_slot: dict[tuple[str, int], Sum] = {}

    def _declare_issue_cycle(self, name: str) -> None:
        first, last = self.paths.earliest(name), self.paths.latest(name)
        stages = first // self.interval, (last + self.interval - 1) // self.interval
        slots = self.interval - 1 if name != self.anchor else 0
        self.stage[name] = self.script.integer(f"k[{name}]", *stages)
        self.slot[name] = self.script.integer(f"r[{name}]", 0, slots)
        since = self.slot[name] - self.begin
        self.script.define(
            self.reached(self.stage[name], since, first),
            self.reached(self.stage[name] * -1, since * -1, -last),
        )

    def _declare_group(self, name: str) -> None:
        groups = self.domains.groups(name)
        if len(groups) == 1:
            self._sits[name, groups[0]] = TRUE
            return
        for group in groups:
            self._sits[name, group] = self.script.boolean(f"g[{name},{group}]")
        sits = [self._sits[name, group] for group in groups]
        self.script.define(disjunction(sits))
        for index, one in enumerate(sits):
            for other in sits[:index]:
                self.script.define(disjunction((negation(one), negation(other))))

    def reached(self, stages: Sum, slots: Sum, cycles: int) -> Formula:
        """II·stages + slots ≥ cycles, where `slots` is a slot or a difference of two."""
        return reaches(stages, slots, cycles, self.interval)

    def follows(self, source: str, target: str, cycles: int) -> Formula:
        """t[target] - t[source] ≥ cycles."""
        stages = self.stage[target] - self.stage[source]
        return self.reached(stages, self.slot[target] - self.slot[source], cycles)

    def sits(self, operation: str, group: int) -> Formula:
        """[g(v) = w] as a formula."""
        return self._sits.get((self.domains.representative(operation), group), FALSE)

    def same(self, left: str, right: str) -> Formula:
        """[g(u) = g(v)] as a formula."""
        left, right = self.domains.representative(left), self.domains.representative(right)
        pair = (left, right) if left <= right else (right, left)
        known = self.domains.share(*pair)
        if known is not None:
            return TRUE if known else FALSE
        if pair not in self._same:
            self._same[pair] = self._declare_same(*pair)
        return self._same[pair]

    def _declare_same(self, left: str, right: str) -> Formula:
        same = self.script.boolean(f"same[{left},{right}]")
        for group in sorted({*self.domains.groups(left), *self.domains.groups(right)}):
            one, other = self.sits(left, group), self.sits(right, group)
            self.script.define(
                disjunction((negation(one), negation(other), same)),
                disjunction((negation(one), other, negation(same))),
                disjunction((one, negation(other), negation(same))),
            )
        return same

    def crosses(self, dependence: Dependence) -> Formula:
        """[cross(e)] as a formula."""
        return negation(self.same(dependence.source, dependence.target))

    def may_cross(self, dependence: Dependence) -> bool:
        """Whether some schedule has source and target in different warp groups."""
        return self.crosses(dependence) != FALSE

    def tail(self, name: str) -> Sum:
        """[tail(v)] Issue cycles from the issue on."""
        return self.send(name) + self.problem.operation(name).issue_cycles

    def head(self, name: str) -> Sum:
        """[head(v)] Issue cycles before the issue."""
        waits = any(e.blocking for e in self.into.get(name, ()))
        wait = self.problem.operation(name).wait_cycles if waits else 0
        return self.receive(name) + wait

    def send(self, name: str) -> Sum:
        """[send(v)] Nothing where nothing that crosses has to be sent."""
        readers = self.out_of.get(name, ())
        return self._transferred("send", name, (e for e in readers if e.send_cycles))

    def receive(self, name: str) -> Sum:
        """[receive(v)] Nothing where nothing that crosses has to be received."""
        sources = self.into.get(name, ())
        return self._transferred("receive", name, (e for e in sources if e.receive_cycles))

    def _transferred(self, what: str, name: str, dearly: Iterable[Dependence]) -> Sum:
        if (what, name) not in self._transfer:
            possible = any(self.may_cross(e) for e in dearly)
            unknown = self.script.integer(f"{what}[{name}]", 0) if possible else Sum()
            self._transfer[what, name] = unknown
        return self._transfer[what, name]

    def slot_after(self, name: str, cycles: int) -> Sum:
        """(t[v] + cycles) mod II."""
        rest = cycles % self.interval
        if not rest:
            return self.slot[name]
        if (name, rest) not in self._later_slot:
            later = self.script.integer(f"r[{name}+{rest}]", 0, self.interval - 1)
            gap = later - self.slot[name]
            self.script.define(disjunction((gap.equals(rest), gap.equals(rest - self.interval))))
            self._later_slot[name, rest] = later
        return self._later_slot[name, rest]
