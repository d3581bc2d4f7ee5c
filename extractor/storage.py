"""Which values share storage in Tensor Memory, and who reads it first."""

from __future__ import annotations

from collections.abc import Mapping

from .order import IterationOrder
from .places import columns_of, place_for
from .reads import Reads


def accumulator_chains(reads: Reads) -> Mapping[str, str]:
    """Tile -> the first tile of the accumulator that it belongs to, for every tile of an accumulator.

    A product accumulates in place, so what it accumulates onto, and it, are one storage.
    """
    joined: dict[str, str] = {}

    def top(name: str) -> str:
        while joined.setdefault(name, name) != name:
            name = joined[name]
        return name

    place = {name: position for position, name in enumerate(reads.tiles)}
    for read in reads.all:
        if read.role == "accumulator" and reads.tiles[read.producer].kind != "load":
            first, second = sorted((top(read.producer), top(read.reader)), key=place.__getitem__)
            joined[second] = first
    return {name: top(name) for name in joined}


def forwarded_products(reads: Reads, order: IterationOrder) -> Mapping[str, str]:
    """Product -> the chain that loads it from Tensor Memory once and hands registers on to the other chains.

    That is the chain on which all other readers of the same iteration depend, if there is one.
    """
    found: dict[str, str] = {}
    for tile in reads.tiles.values():
        if tile.kind != "dot":
            continue
        vector = [r for r in reads.of(tile.name) if reads.is_vector(r.reader)]
        owners = sorted({reads.owner[r.reader] for r in vector})
        if len(owners) < 2 or any(r.distance for r in vector):
            continue
        for first in owners:
            if all(order.reaches(first, other) for other in owners):
                found[tile.name] = first
    return found


def overwritten_products(reads: Reads, order: IterationOrder, chains: Mapping[str, str]) -> Mapping[str, str]:
    """Left operand -> the product whose columns it overwrites, rule `overwrite-product/1` of docs/lowering.md.

    The product must be over for every reader: each is the chain that writes the operand, or stands before it.
    """
    found: dict[str, str] = {}
    for read in reads.all:
        operand = reads.tiles[read.producer]
        if read.role != "left" or operand.kind == "dot" or operand.name in found:
            continue
        if place_for(reads, read, "tcgen05") != "tensor_memory":
            continue
        writer = reads.owner[operand.name]
        for product in reads.tiles.values():
            if product.kind == "dot" and product.name not in chains and product.name not in found.values():
                if columns_of(operand) <= columns_of(product) and _is_over(reads, order, product.name, writer):
                    found[operand.name] = product.name
                    break
    return found


def _is_over(reads: Reads, order: IterationOrder, product: str, writer: str) -> bool:
    uses = reads.of(product)
    before = all(r.distance == 0 and order.reaches(reads.owner[r.reader], writer) for r in uses)
    return bool(uses) and before
