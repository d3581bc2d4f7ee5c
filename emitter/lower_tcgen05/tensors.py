"""Columns of Tensor Memory: one tensor for each buffer of the schedule, one after the other."""

from __future__ import annotations

from ...models.warp_program import Tensor
from ..inputs import Emission
from .accesses import tensor_values

SUFFIX = ".tensor_memory"


def lay_out_tensors(emission: Emission) -> tuple[Tensor, ...]:
    """In the order of the schedule's rings."""
    used = set(tensor_values(emission).values())
    sizes = {b.name: b.size for b in emission.graph.buffers if b.name in used}
    tensors: list[Tensor] = []
    first = 0
    for name, columns in sizes.items():
        tensors.append(Tensor(name=name, first_column=first, columns=columns))
        first += columns
    return tuple(tensors)


def buffer_of(emission: Emission, tile: str) -> str | None:
    """The buffer that holds a tile in Tensor Memory; None if it is not there."""
    values = tensor_values(emission)
    return values.get(tile, values.get(tile + SUFFIX))


def loaded_tiles(emission: Emission, operation: str) -> tuple[str, ...]:
    """Tiles that an elementwise chain loads from Tensor Memory."""
    values = tensor_values(emission)
    found = dict.fromkeys(
        flow.value.removesuffix(SUFFIX)
        for flow in emission.graph.dependences
        if flow.kind == "flow" and flow.target == operation and flow.value in values
    )
    return tuple(found)


def stored_tiles(emission: Emission, operation: str) -> tuple[str, ...]:
    """Tiles that an elementwise chain stores to Tensor Memory."""
    values = tensor_values(emission)
    return tuple(
        value.name.removesuffix(SUFFIX)
        for value in emission.graph.values
        if value.source == operation and value.name in values
    )
