"""The unknowns of one question, each declared once: issue cycles, warp groups, depths, budgets."""

from __future__ import annotations

from collections.abc import Mapping

from ortools.sat.python import cp_model
from ortools.sat.python.cp_model import BoolVarT, IntVar, LinearExpr

from ...models.problem import Dependence, Value
from ..question import Question
from .group_classes import PRODUCER, GroupClasses
from .storage import memory_named, most_copies, staged_size, staging_readers
from .windows import Window

Literal = BoolVarT | bool
Linear = LinearExpr | int


def negated(literal: Literal) -> Literal:
    """The opposite of a literal or of a constant."""
    return not literal if isinstance(literal, bool) else literal.negated()


class Variables:
    """What CP-SAT decides. Names are those of docs/constraints.md."""

    def __init__(
        self, question: Question, windows: Mapping[str, Window], classes: GroupClasses
    ) -> None:
        self.model = cp_model.CpModel()
        self.problem = question.problem
        self.initiation_interval = question.initiation_interval
        self.stages = question.stages
        self.windows = windows
        self.classes = classes
        self._same: dict[tuple[int, int], Literal] = {}
        self._first: dict[tuple[str, str], Literal] = {}
        self._declare_issue_cycles(windows)
        self._declare_groups()
        self._declare_crossing_costs()
        self._declare_depths()
        self._declare_budgets()

    def _declare_issue_cycles(self, windows: Mapping[str, Window]) -> None:
        period = self.initiation_interval
        integer = self.model.new_int_var
        # t[v] issue cycle, in the window of v; k[v] = t div II its stage; r[v] = t mod II its slot.
        self.issue_cycle = {v: integer(w.first, w.last, f"t[{v}]") for v, w in windows.items()}
        self.stage = {
            v: integer(w.first // period, w.last // period, f"k[{v}]") for v, w in windows.items()
        }
        self.slot = {v: integer(0, period - 1, f"r[{v}]") for v in windows}
        for v, cycle in self.issue_cycle.items():
            self.model.add(cycle == period * self.stage[v] + self.slot[v])

    def _declare_groups(self) -> None:
        boolean = self.model.new_bool_var
        classes, groups = self.classes, self.classes.groups
        # y[c,w]: class c of operations sits in warp group w; only w = 0 for the producer's class.
        self.in_group: dict[tuple[int, int], Literal] = {
            (c, w): boolean(f"y[{classes.members[c][0]},{w}]")
            for c in range(1, classes.count)
            for w in groups
        }
        has_producer = bool(classes.members[PRODUCER])
        self.group_indices = ((PRODUCER,) if has_producer else ()) + tuple(groups)
        if has_producer:
            self.in_group[PRODUCER, PRODUCER] = True
        # used[w]: some operation sits in w. wide[w]: one that takes 4 warps. narrow[w]: none does.
        self.used: dict[int, Literal] = {w: boolean(f"used[{w}]") for w in groups}
        self.wide: dict[int, Literal] = {w: boolean(f"wide[{w}]") for w in groups}
        self.narrow: dict[int, Literal] = {w: boolean(f"narrow[{w}]") for w in groups}
        if has_producer:
            self.used[PRODUCER] = True
            self.wide[PRODUCER] = self.takes_four_warps(PRODUCER)
            self.narrow[PRODUCER] = not self.takes_four_warps(PRODUCER)

    def takes_four_warps(self, index: int) -> bool:
        """Whether an operation of the class needs a group of 128 threads."""
        return any(self.problem.operation(v).warps == 4 for v in self.classes.members[index])

    def sits_in(self, operation: str, group: int) -> Literal:
        """[g[v] = w] A constant where C5 decides it."""
        return self.in_group.get((self.classes.of[operation], group), False)

    def same(self, u: str, v: str) -> Literal:
        """[g[u] = g[v]] A constant where C5 decides it; else one literal per pair of classes."""
        decided = self.classes.share(u, v)
        if decided is not None:
            return decided
        pair = tuple(sorted((self.classes.of[u], self.classes.of[v])))
        if pair not in self._same:
            self._same[pair[0], pair[1]] = self._declare_same(pair[0], pair[1])
        return self._same[pair[0], pair[1]]

    def _declare_same(self, first: int, second: int) -> Literal:
        names = (self.classes.members[first][0], self.classes.members[second][0])
        same = self.model.new_bool_var(f"same[{names[0]},{names[1]}]")
        for w in self.classes.groups:
            left, right = self.in_group[first, w], self.in_group[second, w]
            self.model.add_bool_or(negated(left), negated(right), same)
            self.model.add_bool_or(negated(left), right, negated(same))
            self.model.add_bool_or(left, negated(right), negated(same))
        return same

    def cross(self, dependence: Dependence) -> Literal:
        """[cross(e)] Whether source and target sit in different warp groups."""
        return negated(self.same(dependence.source, dependence.target))

    def first(self, u: str, v: str) -> Literal:
        """Whether u issues before v within one period, for two operations whose order matters.

        One literal serves C2, C3 and C4: where two of them speak of a pair, they want one order.
        """
        if (v, u) in self._first:
            return negated(self._first[v, u])
        if (u, v) not in self._first:
            self._first[u, v] = self.model.new_bool_var(f"first[{u},{v}]")
        return self._first[u, v]

    def _declare_crossing_costs(self) -> None:
        # wait(v): what a blocking wait before v takes; 0 if no dependence into v blocks.
        blocked = {d.target for d in self.problem.dependences if d.blocking}
        self.wait_cycles = {
            o.name: o.wait_cycles if o.name in blocked else 0 for o in self.problem.operations
        }
        # send[v], receive[v]: issue cycles after and before v for what crosses; 0 if nothing may.
        sends = {v: 0 for v in self.slot}
        receives = {v: 0 for v in self.slot}
        self.receive_most = receives
        for dependence in self.problem.dependences:
            if self.classes.share(dependence.source, dependence.target) is not True:
                sends[dependence.source] += dependence.send_cycles
                receives[dependence.target] += dependence.receive_cycles
        integer = self.model.new_int_var
        self.send: dict[str, Linear] = {
            v: integer(0, most, f"send[{v}]") if most else 0 for v, most in sends.items()
        }
        self.receive: dict[str, Linear] = {
            v: integer(0, most, f"receive[{v}]") if most else 0 for v, most in receives.items()
        }

    def tail(self, v: str) -> Linear:
        """[tail(v)] Cycles for which v keeps its issue stream, from its slot on."""
        return self.send[v] + self.problem.operation(v).issue_cycles

    def head(self, v: str) -> Linear:
        """[head(v)] Cycles for which its issue stream waits and receives before the slot of v."""
        return self.receive[v] + self.wait_cycles[v]

    def _declare_depths(self) -> None:
        # depth[b]: ring depth of a buffer, at least 1.
        self.depth: dict[str, IntVar] = {}
        for buffer in self.problem.buffers:
            memory = memory_named(self.problem, buffer.memory)
            most = max(1, most_copies(memory, buffer.size))
            self.depth[buffer.name] = self.model.new_int_var(1, most, f"depth[{buffer.name}]")
        # staged[x]: a reader with staged bytes crosses. staged_depth[x]: its ring depth, else 0.
        self.staged: dict[str, Literal] = {}
        self.staged_depth: dict[str, IntVar] = {}
        for value in self.problem.values:
            crossing = [self.cross(e) for e in staging_readers(self.problem, value)]
            if any(literal is not False for literal in crossing):
                self._declare_staged(value)

    def _declare_staged(self, value: Value) -> None:
        memory = memory_named(self.problem, self.problem.machine.staging_memory)
        most = max(1, most_copies(memory, staged_size(self.problem, value)))
        name = value.name
        self.staged[name] = self.model.new_bool_var(f"staged[{name}]")
        self.staged_depth[name] = self.model.new_int_var(0, most, f"depth[staged({name})]")

    def _declare_budgets(self) -> None:
        # budget[w]: R[w] / step; 0 for a group that is not wide.
        registers = self.problem.machine.registers
        self.budget: dict[int, IntVar] = {}
        if registers is None:
            return
        least, most = registers.least // registers.step, registers.most // registers.step
        domain = cp_model.Domain.from_intervals([[0, 0], [least, most]])
        for w in self.group_indices:
            self.budget[w] = self.model.new_int_var_from_domain(domain, f"budget[{w}]")
