"""Values and buffers of one loop: what lies in registers, in shared memory and in Tensor Memory."""

from __future__ import annotations

from collections.abc import Iterable

from ..models.dependence_graph import GraphBuffer, GraphDependence, GraphValue, Place
from ..models.kernel import ELEMENT_BYTES
from ..models.profile import GpuProfile
from .in_place import InPlace
from .order import IterationOrder
from .places import align, columns_of, place_for, registers_of
from .reads import Read, Reads
from .storage import (
    Sharing,
    accumulator_chains,
    check_accumulators,
    forwarded_products,
    overwritten_products,
)
from .tiles import Tile

SMALL_ALIGNMENT = 128  # bytes, of row vectors in shared memory


class Placement:
    """Places every result for its readers.

    A result that two kinds of readers need has a value in each place.
    """

    def __init__(self, reads: Reads, profile: GpuProfile) -> None:
        self._reads, self._profile = reads, profile
        check_accumulators(reads)
        self._order = IterationOrder(reads)
        in_columns = profile.lowering == "tcgen05"
        self._accumulators = accumulator_chains(reads) if in_columns else {}
        self._forwarded = forwarded_products(reads, self._order) if in_columns else {}
        self._overwrites = (
            overwritten_products(reads, self._order, self._accumulators) if in_columns else {}
        )
        self._sharing = Sharing(
            reads, self._order, self._accumulators, self._overwrites,
            profile.tensor_memory.columns.whole if profile.tensor_memory else None,
        )  # fmt: skip
        self.copied = frozenset(r.producer for r in reads.all if self._needs_copy(r))
        self._values: dict[str, GraphValue] = {}
        self._matrices: set[str] = set()
        self._buffers: dict[str, GraphBuffer] = {}
        for read in reads.all:
            self._add_values(read)
        self._in_place = InPlace(
            reads,
            self._order,
            tuple(self._values.values()),
            tuple(self._all_flows()),
            frozenset(self._matrices),
        )

    @property
    def values(self) -> tuple[GraphValue, ...]:
        """Every value that some other operation, or a later iteration, reads."""
        return self._in_place.values

    @property
    def buffers(self) -> tuple[GraphBuffer, ...]:
        """Every buffer."""
        return tuple(self._buffers.values())

    @property
    def flows(self) -> tuple[GraphDependence, ...]:
        """A flow dependence for every value that an operation reads."""
        return self._in_place.flows

    @property
    def notes(self) -> tuple[str, ...]:
        """Storage that two values share."""
        pairs = (*self._overwrites.items(), *self._sharing.homes.items())
        return tuple(f"overwrite-product/1: {a} overwrites {b}" for a, b in pairs)

    @property
    def shared_storage(self) -> tuple[GraphDependence, ...]:
        """What must be over before a product overwrites storage that it does not read."""
        return self._sharing.dependences

    def left_place(self, product: str) -> Place:
        """Where a product reads its left operand."""
        for read in self._reads.all:
            if read.reader == product and read.role == "left":
                return place_for(self._reads, read, self._profile.lowering)
        return "shared"  # invariant: a tile that stays in shared memory

    def shared_bytes(self, chain: str) -> int:
        """Bytes that a chain moves to and from shared memory."""
        reads = self._reads
        written = sum(
            v.bytes for v in self._values.values() if v.source == chain and v.place == "shared"
        )
        loads = {r.producer for r in reads.all if reads.owner[r.reader] == chain}
        read = sum(
            reads.tiles[name].size_bytes for name in loads if reads.tiles[name].kind == "load"
        )
        return written + read

    def loaded_elements(self, chain: str) -> int:
        """Elements that a chain loads from Tensor Memory."""
        reads = self._reads
        products = {
            r.producer
            for r in reads.all
            if self._profile.lowering == "tcgen05"
            and reads.owner[r.reader] == chain
            and reads.tiles[r.producer].kind == "dot"
            and self._forwarded.get(r.producer, chain) == chain
        }
        return sum(reads.tiles[name].elements for name in products)

    def stored_words(self, chain: str) -> int:
        """32-bit words that a chain stores to Tensor Memory."""
        values = [
            v for v in self._values.values() if v.source == chain and v.place == "tensor_memory"
        ]
        return sum(-(-v.bytes // 4) for v in values)

    def _needs_copy(self, read: Read) -> bool:
        stores = self._reads.tiles[read.reader].kind in ("store", "reduce_add")
        return stores and self._reads.tiles[read.producer].kind == "dot"

    def _is_inside(self, read: Read) -> bool:
        return (
            read.distance == 0
            and self._reads.owner[read.producer] == self._reads.owner[read.reader]
        )

    def _add_values(self, read: Read) -> None:
        if self._is_inside(read):
            return
        tile = self._reads.tiles[read.producer]
        place = place_for(self._reads, read, self._profile.lowering)
        self._add(tile, place)
        if self._forwards(read):
            registers = registers_of(tile, 1)
            name = f"{tile.name}.registers"
            self._matrices.add(name)
            self._values[name] = GraphValue(
                name=name, source=self._forwarded[tile.name], place="registers",
                registers=registers, bytes=tile.size_bytes,
            )  # fmt: skip
        if self._needs_copy(read):
            self._add(tile, "shared", source=f"{tile.name}.copy")

    def _forwards(self, read: Read) -> bool:
        """Whether the reader takes a product from the registers of the chain that loaded it."""
        first = self._forwarded.get(read.producer)
        return (
            first is not None
            and self._reads.owner[read.reader] != first
            and self._reads.is_vector(read.reader)
        )

    def _add(self, tile: Tile, place: Place, source: str | None = None) -> None:
        name = self._value_name(tile, place)
        if name in self._values:
            return
        if tile.is_matrix:
            self._matrices.add(name)
        made_by = source or self._reads.owner[tile.name]
        replication = self._profile.vector.row_replication.whole
        self._values[name] = GraphValue(
            name=name, source=made_by, place=place, bytes=tile.size_bytes,
            registers=registers_of(tile, replication) if place == "registers" else 0,
            buffer=self._buffer(tile, place, name, made_by),
        )  # fmt: skip

    def _value_name(self, tile: Tile, place: Place) -> str:
        native = {"load": "shared", "dot": "registers"}.get(tile.kind, "registers")
        if tile.kind == "dot" and self._profile.lowering == "tcgen05":
            native = "tensor_memory"
        return tile.name if place == native else f"{tile.name}.{place}"

    def _buffer(self, tile: Tile, place: Place, name: str, opener: str) -> str | None:
        if place == "registers":
            return None
        if place == "tensor_memory":
            return self._columns(tile)
        to = self._profile.transfers.alignment.whole if tile.is_matrix else SMALL_ALIGNMENT
        size = align(tile.elements * ELEMENT_BYTES[tile.dtype], to)
        self._buffers[name] = GraphBuffer(name=name, place="shared", size=size, opener=opener)
        return name

    def _columns(self, tile: Tile) -> str:
        """The buffer in Tensor Memory: the accumulator's, or that of the product it overwrites."""
        own = self._accumulators.get(tile.name) or self._overwrites.get(tile.name) or tile.name
        first = self._sharing.homes.get(own, own)
        head = self._reads.tiles[first]
        if first not in self._buffers:
            self._buffers[first] = GraphBuffer(
                name=first,
                place="tensor_memory",
                size=columns_of(head),
                opener=self._reads.owner[first],
            )
        return first

    def _all_flows(self) -> Iterable[GraphDependence]:
        reads = self._reads
        for read in reads.all:
            if self._is_inside(read):
                continue
            tile = reads.tiles[read.producer]
            source, target = reads.owner[read.producer], reads.owner[read.reader]
            name = self._value_name(tile, place_for(reads, read, self._profile.lowering))
            if self._forwards(read):
                source, name = self._forwarded[tile.name], f"{tile.name}.registers"
            if self._needs_copy(read):
                copy = f"{tile.name}.copy"
                yield GraphDependence(
                    source=source, target=copy, kind="flow", distance=read.distance, value=name
                )
                shared = self._value_name(tile, "shared")
                yield GraphDependence(source=copy, target=target, kind="flow", value=shared)
                continue
            yield GraphDependence(
                source=source,
                target=target,
                kind="flow",
                distance=read.distance,
                value=name,
                role=read.role,
            )
