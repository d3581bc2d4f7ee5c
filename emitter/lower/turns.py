"""Turns on the tensor core: named barriers that keep the schedule's order between warp groups.

Where one product of the steady state follows another of a different group, the first arrives at a
barrier of its own and the second waits there: a token that is priced in the issue of each product.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...models.barrier_step import Arrive, Sync
from ...models.errors import Unsupported
from ...models.warp_program import NamedBarrier
from .plan import Plan, PlannedOperation

MOST_TURNS = 12  # of 15 barriers; the rest is for staging
TURN_THREADS = 256


@dataclass(frozen=True, slots=True)
class Turn:
    """`after` waits for `before`, of the iteration `distance` earlier than its own."""

    barrier: str
    before: str
    after: str
    distance: int
    is_closed: bool = False
    """Whether its last arrival, for which no product waits, is taken behind the loop.

    To leave it out costs a condition in every iteration. Only of groups that do nothing but
    multiply: others would be late for the work that they have left.
    """


def find_turns(plan: Plan) -> tuple[Turn, ...]:
    """One for each change of warp group in the cyclic order of products."""
    multiplying = [r for r in plan.roles if any(o.kind == "matrix" for o in r.operations)]
    products = [
        (operation.slot, role.group, operation)
        for role in multiplying
        for operation in role.operations
        if operation.kind == "matrix"
    ]
    do_nothing_else = len(products) == sum(len(role.operations) for role in multiplying)
    products.sort(key=lambda entry: (entry[0], entry[1]))
    turns: list[Turn] = []
    for place, (_, group, before) in enumerate(products):
        wraps = place + 1 == len(products)
        _, next_group, after = products[0 if wraps else place + 1]
        if next_group != group:
            distance = before.stage - after.stage + (1 if wraps else 0)
            name = f"turn_{len(turns) + 1}"
            closed = do_nothing_else and distance == 1
            turns.append(Turn(name, before.name, after.name, distance, closed))
    if len(turns) > MOST_TURNS:
        raise Unsupported(f"{len(turns)} changes of warp group on the tensor core")
    return tuple(turns)


def barriers_of(turns: tuple[Turn, ...]) -> Iterator[NamedBarrier]:
    """The barriers of the turns, numbered from 1."""
    for number, turn in enumerate(turns, 1):
        yield NamedBarrier(name=turn.barrier, number=number, threads=TURN_THREADS)


def wait_for_turn(turns: tuple[Turn, ...], operation: PlannedOperation) -> Iterator[Sync]:
    """What stands before a product: left out where nothing precedes it."""
    for turn in turns:
        if turn.after == operation.name:
            yield Sync(
                barrier=turn.barrier, operation=operation.name, lag=operation.lag,
                skip_first=max(0, turn.distance), skip_last=max(0, -turn.distance),
            )  # fmt: skip


def pass_turn(
    turns: tuple[Turn, ...], operation: PlannedOperation, *, closed: bool = False
) -> Iterator[Arrive]:
    """What stands behind a product: left out where nothing follows it, or closes the turn."""
    for turn in turns:
        if turn.before == operation.name:
            last = 0 if closed and turn.is_closed else max(0, turn.distance)
            yield Arrive(
                barrier=turn.barrier, operation=operation.name, lag=operation.lag,
                skip_first=max(0, -turn.distance), skip_last=last,
            )  # fmt: skip


def close_turns(turns: tuple[Turn, ...], operation: PlannedOperation, lag: int) -> Iterator[Sync]:
    """What stands behind the last of a product: the arrival that nothing has waited for."""
    for turn in turns:
        if turn.after == operation.name and turn.is_closed:
            yield Sync(barrier=turn.barrier, operation=operation.name, lag=lag)
