"""A role as one block: registers, ring cursors, setup, the loop in its three parts, finish."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import groupby

from ...models.index_expression import IndexConstant
from ...models.tensor_memory_step import AwaitSignal
from ...models.tile_order import NUMBER
from ...models.warp_program import Period, Role
from ...models.warp_program_checks import steps_of
from ...models.warp_step import Acquire, Reserve, Step
from . import stripes
from .fragments import declaration
from .grid_indices import over_tiles
from .iteration import Iteration, at_end, at_start, in_guarded_loop, in_short_run, in_steady_state
from .marks import choosing, choosing_tile
from .scope import Scope
from .steps import print_step
from .text import block, guarded, under_one_condition, words_in

Lag = Callable[[int], Iteration]
_CONSTANTS = {
    "lane_row": "const int lane_row = 16 * (warp & 3) + lane / 4;",
    "lane_column": "const int lane_column = 2 * (lane & 3);",
}
_CONSTANTS_BY_ROW = {
    "lane_row": "const int lane_row = 32 * (warp & 3) + lane;",
    "lane_column": "const int lane_column = 0;",
    "lanes": "const u32 lanes = (warp & 3) << 21;  // 32 lanes of Tensor Memory for each warp",
}


def print_role(scope: Scope) -> list[str]:
    """The declarations and the sections of a role."""
    role = scope.role
    for fragment in role.fragments:
        scope.names.give("fragment", fragment.name)
    cursors = _cursors(scope)
    declared = [declaration(f, scope.fragment(f.name)) for f in role.fragments]
    work = [
        *_section(role.setup, scope.at("setup")),
        *_loop(scope),
        *_section(role.finish, scope.at("finish")),
    ]
    used = words_in("\n".join(work))
    known = _CONSTANTS_BY_ROW if scope.by_row else _CONSTANTS
    if scope.row_threads > 1:
        known = stripes.constants(scope.row_threads)
    constants = [text for name, text in known.items() if name in used]
    work = [*(d for d in declared if words_in(d) & used), *work]
    if scope.program.persistent:
        # Fragments are declared within: none lives from one tile to the next.
        chosen = choosing_tile(scope.names.of("grid", NUMBER), scope.names) if scope.marks else []
        work = over_tiles([*chosen, *work], scope)
        last = _section(role.last, scope.at("last"))
        return [*constants, *_choosing(scope), *cursors, *work, *_after_tiles(last, scope)]
    return [*constants, *_choosing(scope), *cursors, *work, *scope.mark(None)]


def _choosing(scope: Scope) -> list[str]:
    return choosing(scope.role, scope.program, scope.names) if scope.marks else []


def _after_tiles(last: list[str], scope: Scope) -> list[str]:
    """Behind the loop over tiles nothing is the first tile's any more."""
    if not scope.marks:
        return last
    marking, anyway = (scope.names.of("marks", name) for name in ("marking", "marking_anyway"))
    return [f"const u32 {marking} = {anyway};", *last, *scope.mark(None)]


def _cursors(scope: Scope) -> list[str]:
    """Where the role stands in each ring: before slot 0, so that the first advance enters it.

    It stands in two places of a ring that it fills and reads as well.
    """
    steps = list(steps_of(scope.role))
    moves = (s for s in steps if isinstance(s, Acquire | Reserve))
    moved = dict.fromkeys((s.ring, isinstance(s, Reserve)) for s in moves)
    lines = []
    for ring, filling in moved:
        kind = "filled " if filling else ""
        apart = "_filled" if filling and (ring, False) in moved else ""
        phase = scope.names.give(f"{kind}phase", ring, f"{apart}_phase")
        depth = scope.program.ring(ring).depth
        if depth > 1:
            slot = scope.names.give(f"{kind}slot", ring, f"{apart}_slot")
            lines.append(f"int {slot} = {depth - 1};")
        lines.append(f"u32 {phase} = 1;")
    awaited = [s.signal for s in steps_of(scope.role) if isinstance(s, AwaitSignal)]
    for signal in dict.fromkeys(awaited):
        lines.append(f"u32 {scope.names.give('signal phase', signal, '_phase')} = 1;")
    return lines


# ---- the loop


def _loop(scope: Scope) -> list[str]:
    role = scope.role
    if role.guarded:
        return _guarded_loop(scope)
    runs = [
        (f"trips == {run.trips}", _short_run(run.periods, run.trips, scope)) for run in role.short
    ]
    general = _periods(role, scope)
    if not general:
        return _alternatives(runs)
    needs_condition = role.short or role.prologue or role.epilogue
    last = [(f"trips > {_fewest(role) - 1}", general)]
    return _alternatives([*runs, *last]) if needs_condition else general


def _fewest(role: Role) -> int:
    """The least trips of the general case: short runs cover 1, 2, ... without a gap."""
    short = {run.trips for run in role.short}
    return next(trips for trips in range(1, len(short) + 2) if trips not in short)


def _alternatives(branches: list[tuple[str, list[str]]]) -> list[str]:
    lines: list[str] = []
    for condition, body in branches:
        head = f"if ({condition})"
        if lines:
            lines.pop()
            head = f"}} else {head}"
        lines += block(head, body)
    return lines


def _short_run(periods: Iterable[Period], trips: int, scope: Scope) -> list[str]:
    lines: list[str] = []
    for period in periods:
        number = period.offset + (trips if period.at == "last" else 0)
        iteration = partial(in_short_run, number, trips)
        lines += _period(period, scope, f"{number}", iteration)
    return lines


def _periods(role: Role, scope: Scope) -> list[str]:
    """Prologue, steady state, epilogue."""
    fewest = _fewest(role)

    def written(periods: Iterable[Period], left: int = 0) -> list[str]:
        return [line for p in periods for line in _one_period(p, fewest + left, scope)]

    ends = [
        (f"trips - {_variable(scope)} == {r.left}", written(r.periods, r.left))
        for r in role.remainders
    ]
    end = written(role.epilogue)
    if ends:
        end = [*_alternatives(ends)[:-1], *block("} else", end)]
    return [*written(role.prologue), *_steady(role, scope), *end]


def _one_period(period: Period, fewest: int, scope: Scope) -> list[str]:
    offset = period.offset
    if period.at == "first":
        return _period(period, scope, f"{offset}", lambda lag: at_start(offset, lag, fewest))
    label = f"trips + {offset}" if offset else "trips"
    return _period(period, scope, label, lambda lag: at_end(offset, lag, fewest))


def _period(period: Period, scope: Scope, label: str, iteration: Lag) -> list[str]:
    here = scope.at(f"period {label}")
    return [f"// ---- period {label}", *_steps(period.steps, here, iteration)]


def _steady(role: Role, scope: Scope) -> list[str]:
    if not role.steady:
        return []
    variable = _variable(scope)
    iteration = partial(in_steady_state, variable, role.stages, role.unroll)
    body = _steps(role.steady, scope.at("loop", variable), iteration, variable)
    first = f"int {variable} = {role.stages - 1};"
    if role.unroll == 1:
        head = f"for ({first} {variable} < trips; ++{variable})"
        return ["#pragma unroll 1", *block(head, body)]
    more, last = f"{variable} += {role.unroll}", f"{variable} + {role.unroll - 1}"
    head = f"for (; {last} < trips; {more})"
    return [first, "#pragma unroll 1", *block(head, body)]


def _guarded_loop(scope: Scope) -> list[str]:
    role, variable = scope.role, _variable(scope)
    body: list[str] = []
    for lag, group in groupby(role.steady, key=lambda step: step.lag):
        here = scope.at("loop", variable)
        lines = _steps(group, here, lambda lag: in_guarded_loop(variable, lag), variable)
        body += guarded(_exists(variable, lag, role.stages), lines)
    more = f" + {role.stages - 1}" if role.stages > 1 else ""
    head = f"for (int {variable} = 0; {variable} < trips{more}; ++{variable})"
    loop = ["#pragma unroll 1", *block(head, body)]
    return block("if (trips > 0)", loop) if role.stages > 1 else loop


def _exists(variable: str, lag: int, stages: int) -> str:
    """The condition that period - lag is an iteration, without what the bounds of the loop say."""
    after = f"{variable} >= {lag}" if lag else ""
    shifted = f"{variable} - {lag}" if lag else variable
    before = f"{shifted} < trips" if lag < stages - 1 else ""
    return " && ".join(filter(None, (after, before)))


def _variable(scope: Scope) -> str:
    """Periods count from 0: where the loop index does too, they share its name."""
    return scope.names.of("loop", scope.program.loop.index) if starts_at_0(scope) else "period"


def starts_at_0(scope: Scope) -> bool:
    """Whether the loop index is the number of the iteration."""
    return scope.program.loop.start == IndexConstant(kind="constant", value=0)


# ---- steps


def _section(steps: Iterable[Step], scope: Scope) -> list[str]:
    lines: list[str] = []
    for operation, group in groupby(steps, key=lambda step: step.operation):
        lines += [f"// {operation}"] if operation else []
        lines += _printed(group, scope)
    return lines


def _steps(
    steps: Iterable[Step], scope: Scope, iteration: Lag, variable: str = "iteration"
) -> list[str]:
    """The steps of one period; a comment names each operation and its iteration."""
    lines: list[str] = []
    for (operation, lag, optional), group in groupby(steps, key=_kept_together):
        within = scope.within(iteration(lag))
        number = iteration(lag).number.text
        which = "" if number == variable else f", iteration {number}"
        lines += [f"// {operation}{which}"] if operation else []
        printed = _printed(group, within)
        lines += guarded(iteration(lag).condition(0, 0), printed) if optional else printed
    return lines


def _kept_together(step: Step) -> tuple[str, int, bool]:
    return step.operation, step.lag, step.optional


def _printed(steps: Iterable[Step], scope: Scope) -> list[str]:
    """What one thread does step after step stands under one condition."""
    lines, before = list[str](), None
    for step in steps:
        lines += [*scope.mark(step, before), *print_step(step, scope)]
        before = step
    if not scope.program.tensors or not scope.leader:
        return lines
    return under_one_condition(scope.leader, lines)
