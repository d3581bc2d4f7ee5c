"""From sub-tiled operations to the dependence graph of one target: chains, places, legality."""

from __future__ import annotations

from collections.abc import Iterable

from ..models.dependence_graph import (
    DependenceGraph,
    GraphDependence,
    GraphKind,
    GraphOperation,
    MatrixWork,
    TransferWork,
    VectorWork,
)
from ..models.kernel import ElementType
from ..models.problem import LegalityRule
from ..models.profile import GpuProfile
from ..models.tile_operation import CarriedOperand, LoopResultOperand, Operand, ValueOperand
from ..models.tile_program import Loop, TileProgram
from .chains import VECTOR_KINDS, Chain, ChainFinder
from .memory_order import memory_order
from .oversize import told_of
from .placement import Placement
from .reads import Reads
from .residents import resident_bytes
from .swaps import subtile_swaps
from .tiles import Tile
from .vector_work import chain_instructions


def lower_loop(
    program: TileProgram,
    loop: Loop,
    tiles: tuple[Tile, ...],
    profile: GpuProfile,
    *,
    fused: bool = True,
) -> DependenceGraph:
    """The dependence graph of one loop on the hardware of the profile."""
    finder = ChainFinder(tiles, fused=fused)
    chains = finder.chains()
    reads = Reads(tiles, finder, chains)
    return _Lowering(program, loop, reads, chains, profile, fused=fused).graph()


class _Lowering:
    def __init__(
        self, program: TileProgram, loop: Loop, reads: Reads, chains: tuple[Chain, ...],
        profile: GpuProfile, *, fused: bool,
    ) -> None:  # fmt: skip
        self._program, self._loop, self._reads = program, loop, reads
        self._chains = {chain.name: chain for chain in chains}
        self._profile = profile
        self._fused = fused
        self._place = Placement(reads, profile)

    def graph(self) -> DependenceGraph:
        """Operations, values, buffers, dependences and rules, each in program order."""
        operations = tuple(self._operations())
        dependences = tuple(self._dependences())
        return DependenceGraph(
            kernel=self._program.kernel,
            loop=self._loop.name,
            lowering=self._profile.lowering,
            operations=operations,
            values=self._place.values,
            buffers=self._place.buffers,
            dependences=dependences,
            rules=self._rules(dependences),
            symmetries=subtile_swaps(operations),
            resident_shared_bytes=resident_bytes(
                self._program, self._loop, self._reads, self._profile.transfers.alignment.whole
            ),
            notes=self._notes(),
        )

    def _notes(self) -> tuple[str, ...]:
        granularity = "fused-chains/1" if self._fused else "separate-operations/1"
        atomic = "a chain is atomic in its issue stream"
        tokens = (
            "tensor-core order between warp groups is kept by tokens, "
            "priced in the issue of each product"
        )
        epilogue = "stores after the loop reuse ring memory, which the loop has drained"
        return (f"granularity {granularity}: {atomic}", tokens, epilogue, *self._place.notes)

    # operations

    def _operations(self) -> Iterable[GraphOperation]:
        done: set[str] = set()
        for tile in self._reads.tiles.values():
            owner = self._reads.owner.get(tile.name)
            if owner is None or owner in done:
                continue
            done.add(owner)
            yield self._operation(tile, owner)
            if tile.name in self._place.copied:
                yield self._copy(tile)

    def _operation(self, tile: Tile, owner: str) -> GraphOperation:
        with told_of(owner, tile.line):
            return self._lowered(tile, owner)

    def _lowered(self, tile: Tile, owner: str) -> GraphOperation:
        if tile.kind in VECTOR_KINDS:
            return self._chain(self._chains[owner])
        if tile.kind == "dot":
            return self._matrix(tile)
        kinds: dict[str, GraphKind] = {"load": "load", "store": "store", "reduce_add": "reduce_add"}
        work = TransferWork(bytes=tile.size_bytes, streamed=self._is_streamed(tile))
        verb = {"load": "load", "store": "store to", "reduce_add": "add into"}[tile.kind]
        return GraphOperation(
            name=owner, kind=kinds[tile.kind], members=(tile.name,), work=work, line=tile.line,
            summary=f"{verb} {tile.access.argument} {'x'.join(map(str, tile.shape))} {tile.dtype}",
        )  # fmt: skip

    def _is_streamed(self, tile: Tile) -> bool:
        """Whether no other block touches the tile: every grid index moves it."""
        return all(tile.access.uses_index(axis.index) for axis in self._program.grid)

    def _matrix(self, tile: Tile) -> GraphOperation:
        (rows, depth), (_, columns) = tile.input_shapes[0], tile.input_shapes[1]
        work = MatrixWork(
            rows=rows, columns=columns, depth=depth, dtype=self._type(tile.origin.operands[0]),
            left_from=self._place.left_place(tile.name),
        )  # fmt: skip
        return GraphOperation(
            name=tile.name, kind="matrix", members=(tile.name,), work=work, line=tile.line,
            summary=f"matrix product {rows}x{columns}x{depth} {work.dtype}",
        )  # fmt: skip

    def _type(self, operand: Operand) -> ElementType:
        if isinstance(operand, ValueOperand):
            return next(
                o.type.dtype for o in self._program.operations() if o.name == operand.operation
            )
        if isinstance(operand, CarriedOperand | LoopResultOperand):
            return self._program.loop(operand.loop).carried_local(operand.local).type.dtype
        return "f32"

    def _chain(self, chain: Chain) -> GraphOperation:
        instructions, shuffles = chain_instructions(chain.tiles, self._profile.vector)
        work = VectorWork(
            instructions=instructions,
            shuffles=shuffles,
            shared_bytes=self._place.shared_bytes(chain.name),
            loaded_elements=self._place.loaded_elements(chain.name),
            stored_words=self._place.stored_words(chain.name),
        )
        locals_ = dict.fromkeys(t.origin.local for t in chain.tiles if t.origin.local)
        return GraphOperation(
            name=chain.name, kind="vector", members=tuple(t.name for t in chain.tiles), work=work,
            line=chain.tiles[0].line, summary="elementwise: " + (", ".join(locals_) or chain.name),
        )  # fmt: skip

    def _copy(self, tile: Tile) -> GraphOperation:
        loaded = tile.elements if self._profile.lowering == "tcgen05" else 0
        work = VectorWork(instructions={}, shared_bytes=tile.size_bytes, loaded_elements=loaded)
        return GraphOperation(
            name=f"{tile.name}.copy", kind="vector", members=(), work=work, line=tile.line,
            summary=f"copy {tile.name} to shared memory",
        )  # fmt: skip

    # dependences

    def _dependences(self) -> Iterable[GraphDependence]:
        yield from self._place.flows
        yield from self._place.shared_storage
        yield from self._single_versions()
        yield from memory_order(self._reads)

    def _single_versions(self) -> Iterable[GraphDependence]:
        """Registers that a wgmma in flight reads get no second version (ptxas C7513).

        Rule `single-fragment/1`.
        """
        place = {value.name: value.place for value in self._place.values}
        for flow in self._place.flows:
            if (
                flow.role == "left"
                and flow.value
                and place[flow.value] == "registers"
                and flow.distance <= 1
            ):
                yield GraphDependence(
                    source=flow.target, target=flow.source, kind="anti", distance=1 - flow.distance,
                    reason="single-fragment/1",
                )  # fmt: skip

    def _rules(self, dependences: tuple[GraphDependence, ...]) -> tuple[LegalityRule, ...]:
        place = {value.name: value.place for value in self._place.values}
        kinds = {tile.name: tile.kind for tile in self._reads.tiles.values()}
        rules: dict[tuple[str, str, str], LegalityRule] = {}
        for d in dependences:
            if d.value is None or d.source == d.target or place[d.value] != "registers":
                continue
            rule = None
            if d.role == "accumulator":
                rule = "accumulator-in-group/1"
            elif kinds.get(d.source) == "dot":
                rule = "matrix-result-in-group/1"
            elif d.distance > 0:
                rule = "register-recurrence/1"
            if rule:
                key = (rule, d.source, d.target)
                rules[key] = LegalityRule(
                    rule=rule, kind="together", operations=(d.source, d.target)
                )
        return tuple(rules.values())
