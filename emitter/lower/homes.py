"""Which fragment of which role holds what of the loop, and what it holds before the loop begins."""

from __future__ import annotations

from collections.abc import Iterator

from ...models.errors import Unsupported
from ...models.tile_operation import ValueOperand
from ...models.warp_expression import Expression
from ...models.warp_step import Assign, Pin, Step
from ..inputs import VIEWS, Emission, source_of
from .chains import Registers, pins
from .formulas import Formulas
from .plan import PlannedRole


def kept_tiles(emission: Emission) -> frozenset[str]:
    """Tiles of the loop that another operation, a later iteration or what follows it reads."""
    kept: set[str] = set()
    for tile in (*emission.tiled.loop, *emission.tiled.after):
        for read in tile.reads:
            source = source_of(read)
            if source is None:
                continue
            made, _, further = emission.behind_views(source)
            own = emission.owner.get(made.name)
            elsewhere = emission.owner.get(tile.name) != own or read.distance + further > 0
            if own is not None and elsewhere and emission.operation(tile).kind not in VIEWS:
                kept.add(made.name)
    return frozenset(kept)


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


def declare_homes(
    emission: Emission, role: PlannedRole, registers: Registers, kept: frozenset[str]
) -> None:
    """Fragments of everything that the role makes and that outlives the chain that makes it."""
    own = [member for operation in role.operations for member in operation.members]
    lefts = left_operands(emission)
    for name in own:
        tile = emission.tiled.tile(name)
        if emission.operation(tile).kind == "dot":
            home = registers.home(tile)
            for read in tile.reads:
                if read.position == 2 and (source := source_of(read)) is not None:
                    registers.homes.setdefault(source, home)
    for name, source in _taken_over(emission, role, kept - lefts):
        registers.homes.setdefault(name, registers.homes[source])
    for name in own:
        tile = emission.tiled.tile(name)
        if name in kept and emission.operation(tile).kind != "load":
            registers.home(tile, operand=name in lefts)


def _taken_over(
    emission: Emission, role: PlannedRole, kept: frozenset[str]
) -> Iterator[tuple[str, str]]:
    """Fragments that chains write over the product they were made from, as the model counts them.

    Only where every reader of the new content comes before the product is issued again.
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
        if len(taking) == 1 and _dies_in_time(emission, role, taking[0], flow.source):
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
            made, _, further = emission.behind_views(source_of(read) or tile.name)
            if reader is None or made.name != name or name == tile.name:
                continue
            if (reader[0] + read.distance + further, reader[1]) >= (1 + lag, index):
                return False
    return True


def initial_values(
    emission: Emission, role: PlannedRole, registers: Registers, formulas: Formulas
) -> Iterator[Step]:
    """What carried locals hold before the first iteration, sub-tile by sub-tile."""
    own = {m for operation in role.operations for m in operation.members}
    for carried in emission.loop.carried:
        if not isinstance(carried.next, ValueOperand):
            raise Unsupported(f"{carried.local} takes over another local's value")
        for tile in emission.tiled.loop:
            if tile.operation == carried.next.operation and tile.name in own:
                value = _initial(emission, carried.local, tile.subtile, formulas)
                target, owner = registers.homes[tile.name], emission.owner[tile.name]
                yield Assign(target=target, value=value, operation=owner)
                if pinned := pins(registers, (target,)):
                    yield Pin(fragments=pinned, operation=owner)


def _initial(
    emission: Emission, local: str, subtile: tuple[tuple[str, int], ...], formulas: Formulas
) -> Expression:
    initial = emission.loop.carried_local(local).initial
    if not isinstance(initial, ValueOperand):
        return formulas.initial(emission.loop.name, local)
    suffix = "".join(f"[{index}]" for _, index in subtile)
    names = {tile.name for tile in emission.tiled.before}
    cut = initial.operation + suffix
    return formulas.of(cut if cut in names else initial.operation)
