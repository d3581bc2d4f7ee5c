"""Signals: arrivals of warps and of commits, waits; row vectors that cross with them."""

from __future__ import annotations

from collections.abc import Callable

from ...models.errors import ProgramViolation
from ...models.tensor_memory_step import (
    AwaitSignal,
    CommitProducts,
    CommitRelease,
    Notify,
    ReadRows,
    WriteRows,
)
from .hazards import Hazard
from .knowledge import EXCHANGED, KINDS, MULTIPLIED, Knowledge
from .ring_steps import held_slot
from .role_run import RoleRun
from .row_data import read_rows_data, write_rows_data
from .tensor_run import Commit
from .waits import MBarrierWait


def notify(run: RoleRun, step: Notify) -> None:
    """Each warp arrives once."""
    run.block.signals[step.signal].arrive(run.warps, run.outgoing())


def await_signal(run: RoleRun, step: AwaitSignal) -> MBarrierWait:
    """Wait for the phase after the last one that the role has waited for."""
    state = run.block.signals[step.signal]
    count = run.tensor.awaited.get(step.signal, 0)
    run.tensor.awaited[step.signal] = count + 1

    def then() -> None:
        run.learn(state.barrier.published)
        state.waited[run.role.name] = count + 1

    return MBarrierWait(state.barrier, count & 1, then)


def commit_products(run: RoleRun, step: CommitProducts) -> None:
    """One arrival once the products issued so far are over."""
    state = run.block.signals[step.signal]
    _commit(run, lambda known: state.arrive(1, known))


def commit_release(run: RoleRun, step: CommitRelease) -> None:
    """The same on the empty barrier of a slot."""
    state, slot = held_slot(run, step.ring, step.age)
    del state.holders[slot][run.role.name]
    _commit(run, lambda known: state.empty[slot].arrive(1, known))


def _commit(run: RoleRun, arrive: Callable[[Knowledge], None]) -> None:
    # it tells what its thread knew, and its own products; not what other threads have moved
    known = list(run.known)
    known[KINDS * run.index + MULTIPLIED] = run.tensor.products
    place = run.place()

    def over() -> None:
        try:
            arrive(known)
        except Hazard as hazard:
            raise ProgramViolation((f"{place}: {hazard}",)) from None

    if run.tensor.outstanding:
        run.tensor.commits.append(Commit(set(run.tensor.outstanding), over))
    else:
        run.block.copies.append(over)


def write_rows(run: RoleRun, step: WriteRows) -> None:
    """Write a row vector to shared memory, where nobody may still read the last one."""
    run.ledger.check_read(run.block.plan.reads_of(step.value).fragments)
    _exchange(run, step.buffer, writes=True)
    if run.block.data is not None:
        write_rows_data(run.block.data, step, run.here)


def read_rows(run: RoleRun, step: ReadRows) -> None:
    """Read it."""
    run.ledger.write(step.target)
    _exchange(run, step.buffer, writes=False)
    if run.block.data is not None:
        read_rows_data(run.block.data, step, run.here)


def _exchange(run: RoleRun, buffer: str, *, writes: bool) -> None:
    state = run.block.tensors[buffer]
    if not writes and not any(wrote for _, _, wrote in state.uses):
        raise Hazard(f"reads {state.name}, which nobody has written")
    # each thread has an element of its own
    state.check(
        run.known, run.block.plan.roles, lambda role, number: "", writes=writes,
        but=lambda use, number: use[1] == run.index,
    )  # fmt: skip
    run.tensor.exchanged += 1
    state.note(EXCHANGED, run.index, run.tensor.exchanged, writes=writes)
