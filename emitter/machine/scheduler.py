"""Who goes next: a seeded choice among the roles that can go on and what is in flight."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from ...models.errors import ProgramViolation
from . import (
    across_steps,
    memory_steps,
    product_steps,
    ring_steps,
    signal_steps,
    tensor_steps,
)
from .block import Block
from .knowledge import nothing
from .registers import Registers
from .role_run import Handler, RoleRun, TileRun
from .waits import Wait

HANDLERS: Mapping[str, Handler] = {
    "acquire": ring_steps.acquire,
    "release": ring_steps.release,
    "reserve": ring_steps.reserve,
    "copy_in": ring_steps.copy_in,
    "product": product_steps.product,
    "wait_products": product_steps.wait_products,
    "boundary": product_steps.boundary,
    "pin": product_steps.pin,
    "demand": product_steps.pin,
    "anchor": product_steps.pin,  # adds a zero
    "assign": product_steps.assign,
    "reduce_columns": product_steps.reduce_columns,
    "sum_quads": product_steps.sum_quads,
    "load_vector": memory_steps.load_vector,
    "store_rows": memory_steps.store_rows,
    "stage": memory_steps.stage,
    "proxy_fence": memory_steps.proxy_fence,
    "copy_out": memory_steps.copy_out,
    "wait_copies": memory_steps.wait_copies,
    "arrive": memory_steps.arrive,
    "sync": memory_steps.sync,
    "copy_element": ring_steps.copy_element,
    "publish": ring_steps.publish,
    "stage_vector": memory_steps.stage_vector,
    "stage_last_rows": across_steps.stage_last_rows,
    "reduce_rows": across_steps.reduce_rows,
    "scan_rows": across_steps.scan_rows,
    "reduce_lanes": across_steps.reduce_lanes,
    "scan_lanes": across_steps.scan_lanes,
    "notify": signal_steps.notify,
    "await_signal": signal_steps.await_signal,
    "commit_products": signal_steps.commit_products,
    "commit_release": signal_steps.commit_release,
    "write_rows": signal_steps.write_rows,
    "read_rows": signal_steps.read_rows,
    "tensor_product": tensor_steps.tensor_product,
    "tensor_fence": tensor_steps.tensor_fence,
    "load_tensor": tensor_steps.load_tensor,
    "wait_tensor_loads": tensor_steps.wait_tensor_loads,
    "store_tensor": tensor_steps.store_tensor,
    "wait_tensor_stores": tensor_steps.wait_tensor_stores,
    "free_tensors": tensor_steps.free_tensors,
}
_HASTE = 0.75  # how often a favoured choice is taken where it can be


@dataclass(slots=True)
class _Strand:
    """A role that has not ended, and its coroutine."""

    run: RoleRun
    coroutine: Iterator[Wait | None]

    def go_on(self) -> bool:
        """To its next step; False at its end."""
        try:
            self.run.waiting = next(self.coroutine)
        except StopIteration:
            return False
        return True


def run_block(block: Block, tiles: Sequence[TileRun], random: Random) -> None:
    """Run all roles through all tiles. Raises ProgramViolation for hazards and deadlocks."""
    roles = block.plan.program.roles
    width, has_data = len(roles), any(tile.data is not None for tile in tiles)
    runs = [
        RoleRun(
            role, index, block, tiles, nothing(width),
            Registers(role) if has_data else None,
        )
        for index, role in enumerate(roles)
    ]  # fmt: skip
    block.moves = [run.tensor for run in runs]
    live = [_Strand(run, run.run(HANDLERS)) for run in runs]
    favourite = random.randrange(width + 2)  # a role, what is in flight, or none of them
    while live:
        _choose(block, live, runs, random, favourite)
    for landing in block.copies:  # what is still in flight goes nowhere that anyone looks at
        landing()
    if block.plan.program.tensors and not block.is_freed:
        raise ProgramViolation(("ends with Tensor Memory allocated: a FreeTensors is missing",))


def _choose(
    block: Block, live: list[_Strand], runs: list[RoleRun], random: Random, favourite: int
) -> None:
    """One step of one role, or one completion."""
    ready = [s for s in live if s.run.waiting is None or s.run.waiting.ready()]
    queues = [run.ledger.queue for run in runs if run.ledger.queue]
    queues += [queue for run in runs for queue in run.tensor.queues.values() if queue]
    copies = block.copies
    flying = len(copies) + len(queues)
    if not ready and not flying:
        raise ProgramViolation(("deadlock", *(_blocked(strand) for strand in live)))
    if favourite <= len(runs) and random.random() < _HASTE:
        preferred = [s for s in ready if s.run.index == favourite]
        if preferred:
            ready, flying = preferred, 0
        elif favourite == len(runs) and flying:
            ready = []
    choice = int(random.random() * (len(ready) + flying))
    if choice < len(ready):
        if not ready[choice].go_on():
            live.remove(ready[choice])
        return
    choice -= len(ready)
    over: Callable[[], None]
    if choice < len(copies):
        copies[choice], copies[-1] = copies[-1], copies[choice]
        over = copies.pop()
    else:
        over = queues[choice - len(copies)].popleft()
    over()


def _blocked(strand: _Strand) -> str:
    return f"{strand.run.place()} waits for {strand.run.waiting}"
