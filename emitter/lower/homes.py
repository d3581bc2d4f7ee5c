"""Which fragment of which role holds what of the loop, and what it holds before the loop begins."""

from __future__ import annotations

from collections.abc import Iterator

from ...models.errors import Unsupported
from ...models.tile_operation import ValueOperand
from ...models.warp_expression import Expression
from ...models.warp_step import Assign, Step
from ..inputs import Emission, source_of
from .chains import Registers
from .formulas import Formulas
from .plan import PlannedRole


def kept_tiles(emission: Emission) -> frozenset[str]:
    """Tiles of the loop that are read by another operation, a later iteration, or after the loop."""
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


VIEWS = ("transpose", "broadcast")


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
    for name in own:
        tile = emission.tiled.tile(name)
        if name in kept and emission.operation(tile).kind != "load":
            registers.home(tile, operand=name in lefts)


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
                target = registers.homes[tile.name]
                yield Assign(target=target, value=value, operation=emission.owner[tile.name])


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
