"""How long something is held, laid out as intervals in shifted copies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ortools.sat.python.cp_model import IntervalVar, LinearExpr

from .storage import Use
from .variables import Linear, Literal, Variables


@dataclass(frozen=True, slots=True)
class Life:
    """From an issue cycle on, for so many cycles; `copies` of it can reach the slots 0 … II − 1."""

    start: LinearExpr
    cycles: Linear
    end: LinearExpr
    copies: range


def declare_life(
    variables: Variables,
    name: str,
    start: str,
    until: Iterable[Use],
    most_copies: int,
    presence: Literal = True,
) -> Life:
    """If the life is present, end = max of t[v] + cycles over its uses."""
    model, t, period = variables.model, variables.issue_cycle, variables.initiation_interval
    uses, windows = tuple(until), variables.windows
    first, most = windows[start].first, most_copies * period
    last = min(
        windows[start].last + most, max(windows[use.operation].last + use.cycles for use in uses)
    )
    last = max(first, last)
    end = model.new_int_var(first, last, f"end[{name}]")
    cycles = model.new_int_var(0, min(most, last - first), f"life[{name}]")
    model.add(end == t[start] + cycles)
    terms = [t[use.operation] + use.cycles for use in uses]
    if presence is True:
        model.add_max_equality(end, terms)
    else:
        for term in terms:
            model.add(end >= term).only_enforce_if(presence)
    return Life(t[start], cycles, end, range(first // period, (last - 1) // period + 1))


def fixed_life(variables: Variables, start: str, cycles: int) -> Life:
    """A life of constant length."""
    t, period, window = (
        variables.issue_cycle[start],
        variables.initiation_interval,
        variables.windows[start],
    )
    last = (window.last + cycles - 1) // period
    return Life(t, cycles, t + cycles, range(window.first // period, last + 1))


def intervals(variables: Variables, name: str, life: Life, presence: Literal) -> list[IntervalVar]:
    """[start − j·II, end − j·II) for the j at which it can reach into [0, II).

    There the copies are all there are; elsewhere some of them, so nothing is asked too much.
    """
    period = variables.initiation_interval
    return [
        variables.model.new_optional_interval_var(
            life.start - j * period, life.cycles, life.end - j * period, presence, f"{name}-{j}"
        )
        for j in life.copies
    ]
