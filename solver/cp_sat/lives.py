"""How long something is held, in whole initiation intervals and a rest, at no cost per stage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ortools.sat.python.cp_model import IntervalVar, IntVar, LinearExpr

from .storage import Use
from .variables import Literal, Variables


@dataclass(frozen=True, slots=True)
class Life:
    """From an issue cycle on, for turns·II + rest cycles: `turns` copies always, one more in rest.

    Only bounded from below: what is held longer than needed never helps.
    """

    turns: IntVar | int
    rest: IntVar | int  # 0 .. II - 1
    slot: IntVar  # r of the operation that begins it
    end: IntVar | LinearExpr  # slot + rest
    most_turns: int


def declare_life(
    variables: Variables,
    name: str,
    start: str,
    until: Iterable[Use],
    most_turns: int,
    presence: Literal = True,
) -> Life:
    """turns·II + rest ≥ t[v] + cycles − t[start], for every use (v, cycles), if it is present."""
    model, t, period = variables.model, variables.issue_cycle, variables.initiation_interval
    turns = model.new_int_var(0, most_turns, f"turns[{name}]")
    rest = model.new_int_var(0, period - 1, f"rest[{name}]")
    end = model.new_int_var(0, 2 * period - 2, f"end[{name}]")
    slot = variables.slot[start]
    model.add(end == slot + rest)
    for use in until:
        held = t[use.operation] + use.cycles - t[start]
        model.add(period * turns + rest >= held).only_enforce_if(presence)
    return Life(turns, rest, slot, end, most_turns)


def fixed_life(variables: Variables, start: str, cycles: int) -> Life:
    """A life of constant length."""
    turns, rest = divmod(cycles, variables.initiation_interval)
    slot = variables.slot[start]
    return Life(turns, rest, slot, slot + rest, turns)


def rest_intervals(
    variables: Variables, name: str, life: Life, presence: Literal
) -> list[IntervalVar]:
    """[slot, end) and its copy one II earlier: together exact at the slots 0 .. II − 1."""
    return [
        variables.model.new_optional_interval_var(
            life.slot - shift, life.rest, life.end - shift, presence, f"life[{name},-{shift}]"
        )
        for shift in (0, variables.initiation_interval)
    ]
