"""Which fragment of which role holds what of the loop, and what it holds before the loop begins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...models.errors import Unsupported
from ...models.tile_operation import ValueOperand
from ...models.tiling import TileNode
from ...models.warp_expression import Expression
from ...models.warp_step import Assign, Pin, Step
from ..inputs import VIEWS, Emission, source_of
from .chains import finder
from .formulas import AXES, At, Formulas
from .places import Places
from .plan import PlannedRole
from .registers import Registers, narrow_type


def kept_tiles(emission: Emission, places: Places) -> frozenset[str]:
    """Tiles of the loop that registers hold for another operation, a later iteration, or after."""
    kept: set[str] = set()
    for tile in (*emission.tiled.loop, *emission.tiled.after):
        reader = emission.owner.get(tile.name)
        for read in tile.reads:
            source = source_of(read)
            if source is None or emission.operation(tile).kind in VIEWS:
                continue
            made, transposed, further = emission.behind_views(source)
            own = emission.owner.get(made.name)
            elsewhere = reader != own or read.distance + further > 0
            if own is None or not elsewhere:
                continue
            shared = is_shared(emission, tile, read.position, transposed=transposed)
            if reader is None or not places.buffer_of(reader, made.name, shared=shared):
                kept.add(made.name)
    return frozenset(kept)


def is_shared(emission: Emission, reader: TileNode, position: int, *, transposed: bool) -> bool:
    """Whether an operation reads that operand in shared memory, whatever registers hold."""
    kind = emission.operation(reader).kind
    if kind == "dot":
        return position == 1 or (position == 0 and transposed)
    return kind in ("store", "reduce_add")


def left_operands(emission: Emission) -> frozenset[str]:
    """Tiles that elementwise chains make as left operands of products."""
    found = set()
    for tile in emission.tiled.loop:
        if emission.operation(tile).kind != "dot":
            continue
        for read in tile.reads:
            if read.position == 0 and read.tile is not None:
                made = emission.behind_views(read.tile)[0]
                if emission.operation(made).kind not in ("load", "dot"):
                    found.add(made.name)
    return frozenset(found)


def packed_tiles(emission: Emission) -> frozenset[str]:
    """Matrices of f32 that are widened from 16 bits, of which registers hold two elements each."""
    return frozenset(
        tile.name for tile in emission.tiled.loop
        if emission.operation(tile).kind == "cast" and tile.dtype == "f32"
        and narrow_type(emission, tile) is not None
    )  # fmt: skip


def declare_homes(
    emission: Emission, role: PlannedRole, registers: Registers, kept: frozenset[str]
) -> None:
    """Fragments of everything that the role makes and that outlives the chain that makes it."""
    own = [member for operation in role.operations for member in operation.members]
    lefts = left_operands(emission) | packed_tiles(emission)
    order = {tile.name: place for place, tile in enumerate(emission.tiled.loop)}
    dots = [t for t in map(emission.tiled.tile, own) if emission.operation(t).kind == "dot"]
    for tile in sorted(dots, key=lambda t: -order[t.name]):  # what is accumulated onto comes last
        home = registers.homes.setdefault(tile.name, tile.name)
        for read in tile.reads:
            if read.position == 2 and (source := source_of(read)) is not None:
                registers.homes.setdefault(source, home)
    taken = list(_taken_over(emission, role, registers.homes, kept - lefts))
    for name, source in taken:
        if name in registers.homes:  # a product accumulates onto it
            registers.homes[source] = registers.homes[name]
    for tile in dots:
        registers.names_of(tile)
    for name, source in taken:
        registers.homes.setdefault(name, registers.homes[source])
    for name in own:
        tile = emission.tiled.tile(name)
        if name in kept and emission.operation(tile).kind != "load":
            registers.names_of(tile, operand=name in lefts)


def _taken_over(
    emission: Emission, role: PlannedRole, homes: Mapping[str, str], kept: frozenset[str]
) -> Iterator[tuple[str, str]]:
    """Fragments that chains write over the product they were made from, as the model counts them.

    Only where every reader of the new content, and of what products make of it, comes before the
    product is issued again.
    """
    chains = {o.name: o for o in role.operations if o.kind == "vector"}
    for flow in emission.graph.dependences:
        chain = chains.get(flow.target)
        if chain is None or not flow.in_place or flow.value not in emission.owner:
            continue
        source = emission.tiled.tile(flow.value)
        if emission.operation(source).kind != "dot" or flow.distance:
            continue
        taking = [m for m in chain.members if m in kept and _is_alike(emission, m, flow.value)]
        if len(taking) != 1:
            continue
        home = homes.get(taking[0])
        there = [name for name, own in homes.items() if own == home and home is not None]
        if all(_dies_in_time(emission, role, n, flow.source) for n in {taking[0], *there}):
            yield taking[0], flow.value


def _is_alike(emission: Emission, name: str, source: str) -> bool:
    tile, other = emission.tiled.tile(name), emission.tiled.tile(source)
    return (tile.shape, tile.dtype) == (other.shape, other.dtype)


def _dies_in_time(emission: Emission, role: PlannedRole, name: str, product: str) -> bool:
    """Whether all readers of a tile come before the next issue of the product under it."""
    place = {o.name: (o.lag, index) for index, o in enumerate(role.operations)}
    lag, index = place[product]
    for tile in emission.tiled.loop:
        reader = place.get(emission.owner.get(tile.name, ""))
        for read in tile.reads:
            source = source_of(read)
            if reader is None or source is None:
                continue
            made, _, further = emission.behind_views(source)
            if made.name != name:
                continue
            if (reader[0] + read.distance + further, reader[1]) >= (1 + lag, index):
                return False
    return True


def initial_values(emission: Emission, role: PlannedRole, registers: Registers) -> Iterator[Step]:
    """What carried locals hold before the first iteration, sub-tile by sub-tile."""
    formulas = finder(registers)
    own = {m for operation in role.operations for m in operation.members}
    for carried in emission.loop.carried:
        if not isinstance(carried.next, ValueOperand):
            raise Unsupported(f"{carried.local} takes over another local's value")
        for tile in emission.tiled.loop:
            if tile.operation == carried.next.operation and tile.name in own:
                owner, axis = emission.owner[tile.name], AXES[registers.layouts.of(tile)]
                for block, target in enumerate(registers.names_of(tile)):
                    at = At(block, axis)
                    value = _initial(emission, carried.local, tile.subtile, formulas, at)
                    yield Assign(target=target, value=value, operation=owner)
                if pinned := registers.pinned(registers.names_of(tile)):
                    yield Pin(fragments=pinned, operation=owner)


def _initial(
    emission: Emission, local: str, subtile: tuple[tuple[str, int], ...], formulas: Formulas,
    at: At,
) -> Expression:  # fmt: skip
    name = _initial_name(emission, local, subtile)
    if name is None:
        return formulas.initial(emission.loop.name, local)
    return formulas.of(name, at=at)


def initial_tiles(emission: Emission, role: PlannedRole) -> Iterator[str]:
    """Tiles before the loop that the role's carried locals begin with."""
    own = {m for operation in role.operations for m in operation.members}
    for carried in emission.loop.carried:
        for tile in emission.tiled.loop:
            if not isinstance(carried.next, ValueOperand) or tile.name not in own:
                continue
            if tile.operation == carried.next.operation:
                name = _initial_name(emission, carried.local, tile.subtile)
                if name is not None:
                    yield name


def _initial_name(
    emission: Emission, local: str, subtile: tuple[tuple[str, int], ...]
) -> str | None:
    """The tile before the loop, cut as its sub-tiles are; None for a constant or a scalar."""
    initial = emission.loop.carried_local(local).initial
    if not isinstance(initial, ValueOperand):
        return None
    cut = initial.operation + "".join(f"[{index}]" for _, index in subtile)
    names = {tile.name for tile in emission.tiled.before}
    return cut if cut in names else initial.operation
