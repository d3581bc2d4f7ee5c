"""What the warp-group rules (C5) decide before any search: classes, and forced crossings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from ..models.errors import Infeasible
from ..models.problem import Dependence, LegalityRule, SchedulingProblem


@dataclass(frozen=True, slots=True)
class Legality:
    """Operations that must share a group form a class; classes that must not are `apart`."""

    class_of: dict[str, str]  # operation -> the first operation of its class
    variable: frozenset[str]  # classes that group 0, the producer, must issue
    apart: frozenset[frozenset[str]]  # pairs of classes

    def must_cross(self, source: str, target: str) -> bool:
        """Whether every schedule puts the two operations into different warp groups."""
        left, right = self.class_of[source], self.class_of[target]
        if (left in self.variable) != (right in self.variable):
            return True
        return frozenset((left, right)) in self.apart

    def forced_latency(self, dependence: Dependence) -> int:
        """Cycles from issue to issue at least: lat(e), and x(e) where the crossing is forced."""
        if self.must_cross(dependence.source, dependence.target):
            return dependence.latency_cycles + dependence.handoff_cycles
        return dependence.latency_cycles


def build_legality(problem: SchedulingProblem) -> Legality:
    """The classes of a problem; raises Infeasible where the rules contradict each other."""
    class_of = _classes(problem)
    variable = frozenset(class_of[o.name] for o in problem.operations if o.variable_latency)
    for operation in problem.operations:
        if operation.variable_latency:
            continue
        if problem.machine.warp_groups < 2:
            raise Infeasible(
                f"{operation.name} may not sit in the producer, and there is no other group (C5)"
            )
        if class_of[operation.name] in variable:
            raise Infeasible(_mixed(problem, class_of, operation.name))
    apart: set[frozenset[str]] = set()
    for rule in problem.rules:
        if rule.kind == "apart":
            apart.update(_separated(problem, rule, class_of, variable))
    return Legality(class_of, variable, frozenset(apart))


def _classes(problem: SchedulingProblem) -> dict[str, str]:
    class_of = {operation.name: operation.name for operation in problem.operations}
    members = {name: [name] for name in class_of}
    for rule in problem.rules:
        if rule.kind != "together":
            continue
        for name in rule.operations[1:]:
            kept, merged = class_of[rule.operations[0]], class_of[name]
            if kept != merged:
                members[kept] += members[merged]
                class_of.update(dict.fromkeys(members.pop(merged), kept))
    return class_of


def _mixed(problem: SchedulingProblem, class_of: dict[str, str], name: str) -> str:
    loads = (o.name for o in problem.operations if o.variable_latency)
    load = next(other for other in loads if class_of[other] == class_of[name])
    rules = _named(
        r for r in problem.rules if r.kind == "together" and {name, load} & {*r.operations}
    )
    return (
        f"{rules} puts {name} into the warp group of {load}, which has variable latency "
        "and must sit in the producer, where nothing else may (C5)"
    )


def _separated(
    problem: SchedulingProblem,
    rule: LegalityRule,
    class_of: dict[str, str],
    variable: frozenset[str],
) -> Iterable[frozenset[str]]:
    groups = problem.machine.warp_groups - 1
    others = [name for name in rule.operations if class_of[name] not in variable]
    if len({class_of[name] for name in others}) == len(others) > groups:
        raise Infeasible(
            f"{rule.rule} keeps {len(others)} operations apart ({', '.join(others[:8])}), "
            f"but there are {groups} warp groups besides the producer (C5)"
        )
    for left, right in combinations(rule.operations, 2):
        pair = frozenset((class_of[left], class_of[right]))
        if len(pair) == 1:
            raise Infeasible(
                f"{rule.rule} keeps {left} and {right} apart, another rule keeps them together (C5)"
            )
        if pair <= variable:
            raise Infeasible(
                f"{rule.rule} keeps {left} and {right} apart, but both have variable latency (C5)"
            )
        yield pair


def _named(rules: Iterable[LegalityRule]) -> str:
    return " and ".join(dict.fromkeys(rule.rule for rule in rules))
