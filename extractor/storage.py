"""Which values share storage in Tensor Memory, and who reads it first."""

from __future__ import annotations

from collections.abc import Mapping

from ..models.dependence_graph import GraphDependence
from ..models.errors import InvalidKernel
from .order import IterationOrder
from .places import columns_of, place_for
from .reads import Reads


def check_accumulators(reads: Reads) -> None:
    """Raise InvalidKernel where two products accumulate in place onto the same value."""
    onto: dict[str, str] = {}
    for read in reads.all:
        if read.role != "accumulator":
            continue
        first = onto.setdefault(read.producer, read.reader)
        if first != read.reader:
            raise InvalidKernel(
                f"{first} and {read.reader} both accumulate onto {read.producer}",
                line=reads.tiles[read.reader].line,
                cure="products accumulate in place: write `value + dot(a, b)` for one of them",
            )


def accumulator_chains(reads: Reads) -> Mapping[str, str]:
    """Tile -> the first tile of its accumulator, for every tile of an accumulator.

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
    """Product -> the chain that loads it from Tensor Memory once and hands registers on.

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


def overwritten_products(
    reads: Reads, order: IterationOrder, chains: Mapping[str, str]
) -> Mapping[str, str]:
    """Left operand -> the product whose columns it overwrites.

    Rule `overwrite-product/1` of docs/lowering.md. The product must be over for every reader: each
    is the chain that writes the operand, or stands before it.
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
            if (
                product.kind == "dot"
                and product.name not in chains
                and product.name not in found.values()
                and columns_of(operand) <= columns_of(product)
                and _is_over(reads, order, product.name, writer)
            ):
                found[operand.name] = product.name
                break
    return found


def _is_over(reads: Reads, order: IterationOrder, product: str, writer: str) -> bool:
    uses = reads.of(product)
    before = all(r.distance == 0 and order.reaches(reads.owner[r.reader], writer) for r in uses)
    return bool(uses) and before


class Sharing:
    """Products that live in the columns of an earlier one, where Tensor Memory is too small else.

    A product takes the columns of the first earlier product of the iteration that fits and does not
    outlive it; every reader of those columns must then be over before it starts, which is an anti
    dependence of its own.
    """

    def __init__(
        self, reads: Reads, order: IterationOrder, accumulators: Mapping[str, str],
        overwrites: Mapping[str, str], columns: int | None,
    ) -> None:  # fmt: skip
        self._reads, self._order = reads, order
        self._accumulators, self._overwrites = accumulators, overwrites
        self.homes: dict[str, str] = {}
        products = [
            t.name for t in reads.tiles.values() if t.kind == "dot" and t.name not in accumulators
        ]
        heads = {*accumulators.values(), *products}
        needed = sum(columns_of(reads.tiles[name]) for name in heads)
        for name in reversed(products):
            if columns is None or needed <= columns:
                break
            home = self._home(name, products)
            if home is not None:
                self.homes[name] = home
                needed -= columns_of(reads.tiles[name])

    @property
    def dependences(self) -> tuple[GraphDependence, ...]:
        """Every reader of the old content before the product that replaces it."""
        return tuple(
            GraphDependence(source=user, target=name, kind="anti", reason="overwrite-product/1")
            for name, home in self.homes.items()
            for user in self._users(home)
        )

    def _home(self, name: str, products: list[str]) -> str | None:
        taken = {*self.homes, *self.homes.values()}
        for candidate in products[: products.index(name)]:
            tiles = self._reads.tiles
            fits = columns_of(tiles[name]) <= columns_of(tiles[candidate])
            free = candidate not in taken and self._order.reaches(candidate, name)
            if (
                fits
                and free
                and not any(self._order.reaches(name, user) for user in self._users(candidate))
            ):
                return candidate
        return None

    def _users(self, product: str) -> tuple[str, ...]:
        """Operations that read the product's columns, or what overwrote them."""
        contents = {
            product,
            *(operand for operand, home in self._overwrites.items() if home == product),
        }
        owners = {self._reads.owner[r.reader] for r in self._reads.all if r.producer in contents}
        return tuple(sorted(owners - {product}))
