"""C2: functional units."""

from __future__ import annotations

from itertools import combinations

from ortools.sat.python.cp_model import IntervalVar

from ...models.problem import FunctionalUnit, Reservation
from .variables import Variables, negated

Block = tuple[str, Reservation]
"""An operation and one of its reservations."""


def add_functional_unit_constraints(variables: Variables) -> None:
    """C2. At every slot the reservations that hold a unit fit its capacity.

    For every unit f and slot τ, summed over the reservations (v, q, o, ℓ) of f:
    Σ q · #{ c in [o, o+ℓ) : (t[v] + c) mod II = τ }  ≤  cap(f)

    Shifted copies: ℓ = a·II + ℓ' holds a·q at every slot, and q in [r + o − j·II, + ℓ') for the
    j at which that interval can reach into [0, II). Outside of it only some copies are laid out.
    """
    for unit in variables.problem.machine.units:
        blocks = [
            (operation.name, reservation)
            for operation in variables.problem.operations
            for reservation in operation.reservations
            if reservation.unit == unit.name
        ]
        _add_unit(variables, unit, blocks)


def _add_unit(variables: Variables, unit: FunctionalUnit, blocks: list[Block]) -> None:
    period = variables.initiation_interval
    always = sum(block.quantity * (block.cycles // period) for _, block in blocks)
    capacity = unit.capacity - always
    if capacity < 0:
        variables.model.add_bool_or()
        return
    partial = [(v, block) for v, block in blocks if block.cycles % period]
    intervals: list[IntervalVar] = []
    quantities: list[int] = []
    for v, block in partial:
        copies = _copies(variables, v, block)
        intervals += copies
        quantities += [block.quantity] * len(copies)
    if all(2 * quantity > capacity for quantity in quantities):
        if any(quantity > capacity for quantity in quantities):
            variables.model.add_bool_or()
        variables.model.add_no_overlap(intervals)
    else:
        variables.model.add_cumulative(intervals, quantities, capacity)
    _add_exclusive_pairs(variables, capacity, partial)


def _copies(variables: Variables, v: str, block: Reservation) -> list[IntervalVar]:
    period = variables.initiation_interval
    offset, cycles = block.offset % period, block.cycles % period
    last = (offset + period - 1 + cycles - 1) // period
    return [
        variables.model.new_fixed_size_interval_var(
            variables.slot[v] + (offset - j * period), cycles, f"{block.unit}[{v},{j}]"
        )
        for j in range(last + 1)
    ]


def _add_exclusive_pairs(variables: Variables, capacity: int, blocks: list[Block]) -> None:
    """Two reservations that do not fit together: one is over before the other begins."""
    model, r, period = variables.model, variables.slot, variables.initiation_interval
    for (u, left), (v, right) in combinations(blocks, 2):
        if left.quantity + right.quantity <= capacity or left.offset or right.offset or u == v:
            continue
        first = variables.first(u, v)
        for x, y, before, cycles_x, cycles_y in (
            (u, v, first, left.cycles % period, right.cycles % period),
            (v, u, negated(first), right.cycles % period, left.cycles % period),
        ):
            model.add(r[x] + cycles_x <= r[y]).only_enforce_if(before)
            model.add(r[y] + cycles_y <= r[x] + period).only_enforce_if(before)
