"""Where results are staged: in a resident tile, apart, or over rings that the loop has drained."""

from __future__ import annotations

from collections.abc import Mapping

from ...models.errors import Unsupported
from ...models.warp_program import SharedBuffer
from ..inputs import Emission
from ..lower.plan import Plan
from ..lower.staging import lay_out_staging
from ..lower.storage import Storage

SLACK = 2048  # bytes, of the base's alignment and of mbarriers
SHARED = "shared_memory"


def lay_out_results(
    emission: Emission, plan: Plan, storage: Storage, stores: Mapping[str, str]
) -> dict[str, str]:
    """The buffer of each stored operation; `stores`: tile that is stored -> role that stores it."""
    known = set(storage.buffers)
    chosen = lay_out_staging(emission, plan, storage, stores)
    capacity = next(m.capacity for m in emission.problem.machine.memories if m.name == SHARED)
    if storage.end + SLACK > capacity:
        _move_over_rings(storage, [n for n in storage.buffers if n not in known])
    return chosen


def _move_over_rings(storage: Storage, names: list[str]) -> None:
    """Results over the rings, one after the other; the rings lie one behind the other as well."""
    moving = {name: storage.buffers.pop(name) for name in names}
    storage.place()
    rings = [storage.buffers[n] for ring in storage.rings.values() for n in ring.buffers]
    drained = [b for b in rings if storage.rings[storage.ring_of[b.name]].arrivals]
    place = min((b.offset for b in drained), default=0)
    end = max((_end(b) for b in drained), default=0)
    for name, buffer in moving.items():
        moved = buffer.model_copy(update={"offset": place})
        below = tuple(b.name for b in drained if b.offset < _end(moved) and place < _end(b))
        storage.buffers[name] = moved.model_copy(update={"over": below})
        place = _end(moved)
    if place > end:
        raise Unsupported(f"results of {place:,} bytes; the rings have {end:,}")


def _end(buffer: SharedBuffer) -> int:
    return buffer.offset + buffer.slots * buffer.slot_bytes
