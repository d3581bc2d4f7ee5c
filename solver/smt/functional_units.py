"""C2: functional units."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...models.problem import FunctionalUnit
from .labelled import Labelled
from .terms import Formula, Sum, add_up, conjunction, count, disjunction
from .variables import Variables


@dataclass(frozen=True, slots=True)
class Block:
    """What is left of a reservation after whole turns of II: fewer cycles than II."""

    first: Sum  # the slot in which it begins
    cycles: int
    quantity: int


def functional_unit_constraints(variables: Variables) -> Iterator[Labelled]:
    """C2. At every slot the reservations that hold a unit fit its capacity.

    Σ over reservations (v, q, o, ℓ) of f:  q · #{ c in [o, o+ℓ) : (t[v] + c) mod II = τ } ≤ cap(f)

    Usage rises only where a block begins, so only those slots are looked at. ℓ = a·II + ℓ' holds
    a·q everywhere and q for ℓ' cycles.
    """
    for unit in variables.problem.machine.units:
        blocks, everywhere = _blocks(variables, unit)
        for formula in _fits(blocks, unit.capacity - everywhere, variables.interval):
            yield Labelled(unit.name, formula)


def _blocks(variables: Variables, unit: FunctionalUnit) -> tuple[list[Block], int]:
    blocks: list[Block] = []
    everywhere = 0
    for operation in variables.problem.operations:
        for reservation in operation.reservations:
            if reservation.unit == unit.name:
                turns, cycles = divmod(reservation.cycles, variables.interval)
                everywhere += turns * reservation.quantity
                if cycles:
                    first = variables.slot_after(operation.name, reservation.offset)
                    blocks.append(Block(first, cycles, reservation.quantity))
    return blocks, everywhere


def _fits(blocks: list[Block], capacity: int, interval: int) -> Iterator[Formula]:
    # Follows from the rest, but pigeons in holes are what such a solver counts worst.
    free = capacity * interval - sum(block.cycles * block.quantity for block in blocks)
    yield Sum(constant=min(capacity, free)).at_least(0)
    for index, block in enumerate(blocks):
        others = [other for place, other in enumerate(blocks) if place != index]
        fitting = [other for other in others if other.quantity + block.quantity <= capacity]
        for other in blocks[:index]:
            if other.quantity + block.quantity > capacity:
                yield disjunction(
                    (_precedes(other, block, interval), _precedes(block, other, interval))
                )
        used = add_up(count(_active(o, block, interval)) * o.quantity for o in fitting)
        if sum(other.quantity for other in fitting) > capacity - block.quantity:
            yield used.at_most(capacity - block.quantity)


def _precedes(one: Block, other: Block, interval: int) -> Formula:
    """Within one period the first block begins first, and neither meets the other."""
    gap = other.first - one.first
    return conjunction((gap.at_least(one.cycles), gap.at_most(interval - other.cycles)))


def _active(other: Block, block: Block, interval: int) -> Formula:
    """The other block holds the slot in which the block begins."""
    gap = block.first - other.first
    return disjunction(
        (
            conjunction((gap.at_least(0), gap.at_most(other.cycles - 1))),
            gap.at_most(other.cycles - 1 - interval),
        )
    )
