"""What a chain hands on through shared memory: reserved, staged, fenced, published."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ...models.shared_step import Publish, StageVector
from ...models.tiling import TileNode
from ...models.warp_expression import Expression
from ...models.warp_step import ProxyFence, Reserve, Stage, Step
from .formulas import AXES, At
from .places import Handover, Places
from .registers import Registers
from .storage import Storage

Value = Callable[[TileNode, At], Expression]
Common = Mapping[str, Any]


class HandingOn:
    """The hand-overs that one operation writes."""

    def __init__(self, places: Places | None, storage: Storage | None, operation: str) -> None:
        self._places, self._storage = places, storage
        self._own = places.written_by(operation) if places is not None else ()

    def of(self, name: str, value: Value, registers: Registers, common: Common) -> Iterator[Step]:
        """Reserve a slot of each buffer that a tile goes to, and stage the tile there."""
        for handover in self._own:
            if handover.tile == name:
                yield Reserve(ring=handover.buffer, **common)
                yield from self._staged(handover, value, registers, common)

    def left_over(self, members: Iterable[str]) -> tuple[str, ...]:
        """Tiles that the operation hands on without making them."""
        made = set(members)
        return tuple(one.tile for one in self._own if one.tile not in made)

    def published(self, common: Common) -> Iterator[Step]:
        """One fence, if products or copies read any of it; then the hand-overs."""
        if any(self._is_asynchronous(one) for one in self._own):
            yield ProxyFence(**common)
        for one in self._own:
            yield Publish(ring=one.buffer, **common)

    def _is_asynchronous(self, handover: Handover) -> bool:
        assert self._places is not None, handover.buffer
        return any(self._places.kind(reader) != "chain" for reader in handover.readers)

    def _staged(
        self, handover: Handover, value: Value, registers: Registers, common: Common
    ) -> Iterator[Step]:
        tile = registers.emission.tiled.tile(handover.tile)
        layout, ring = registers.layouts.of(tile), handover.buffer
        rows = registers.layouts.rows
        for block in range(registers.blocks(tile)):
            first, at = rows * block, At(block, AXES[layout])
            if layout == "matrix":
                yield Stage(
                    buffer=ring, ring=ring, first_row=first, columns=tile.shape[-1],
                    value=value(tile, at), **common,
                )  # fmt: skip
                continue
            extent = max(tile.shape, default=1)
            yield StageVector(
                buffer=ring, ring=ring, layout=layout, first=first,
                extent=min(extent, rows) if layout == "rows" else extent, value=value(tile, at),
                **common,
            )  # fmt: skip
