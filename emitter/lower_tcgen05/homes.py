"""Which fragment of which role holds what, and what is there before the loop begins."""

from __future__ import annotations

from collections.abc import Iterator

from ...models.errors import Unsupported
from ...models.tensor_memory_step import StoreTensor, WaitTensorStores
from ...models.tile_operation import ValueOperand
from ...models.tiling import TileNode
from ...models.warp_expression import Expression, FragmentElement, NumberValue
from ...models.warp_step import Assign, Step
from ..inputs import VIEWS, Emission, source_of
from ..lower.formulas import Formulas
from ..lower.plan import PlannedRole
from ..lower.registers import Registers
from .accesses import accesses_of
from .handoffs import Crossing
from .tensors import buffer_of, loaded_tiles, stored_tiles


def kept_tiles(emission: Emission) -> frozenset[str]:
    """Tiles of the loop that another operation, a later iteration or what follows it reads."""
    kept: set[str] = set()
    for tile in (*emission.tiled.loop, *emission.tiled.after):
        for read in tile.reads:
            source = source_of(read)
            if source is None or emission.operation(tile).kind in VIEWS:
                continue
            made, _, further = emission.behind_views(source)
            own = emission.owner.get(made.name)
            elsewhere = emission.owner.get(tile.name) != own or read.distance + further > 0
            if own is not None and elsewhere:
                kept.add(made.name)
    return frozenset(kept)


def declare_homes(
    emission: Emission, role: PlannedRole, registers: Registers, kept: frozenset[str],
    lefts: frozenset[str], crossings: tuple[Crossing, ...],
) -> None:  # fmt: skip
    """Fragments of what is loaded or received, and of what outlives the chain that makes it."""
    tile = emission.tiled.tile
    chains = [o for o in role.operations if o.kind == "vector"]
    for chain in chains:
        loaded = loaded_tiles(emission, chain.name)
        for name in loaded:
            registers.home(tile(name))
        for name in stored_tiles(emission, chain.name):
            # What is loaded, changed and stored again stays in its registers.
            same = [o for o in loaded if buffer_of(emission, o) == buffer_of(emission, name)]
            if same and name not in lefts:
                registers.homes.setdefault(name, registers.homes[same[0]])
            registers.home(tile(name), operand=name in lefts)
        for crossing in crossings:
            if chain.name in crossing.targets:
                registers.home(tile(crossing.tile))
    for name in (member for chain in chains for member in chain.members):
        if name in kept:
            registers.home(tile(name), operand=name in lefts)


def initial_steps(
    emission: Emission, role: PlannedRole, registers: Registers, formulas: Formulas
) -> Iterator[Step]:
    """What carried locals hold before the first iteration, in registers or in Tensor Memory."""
    own = {m for operation in role.operations for m in operation.members}
    for tile, local in carried_tiles(emission):
        buffer = buffer_of(emission, tile.name)
        if buffer is None:
            if tile.name in own:
                owner = emission.owner[tile.name]
                value = initial_value(emission, local, tile, formulas)
                yield Assign(target=registers.homes[tile.name], value=value, operation=owner)
            continue
        first = accesses_of(emission)[buffer][0].operation
        if first in {o.name for o in role.operations}:
            value = initial_value(emission, local, tile, formulas)
            yield from _initial_tensor(emission, tile, first, registers, value)


def _initial_tensor(
    emission: Emission, tile: TileNode, first: str, registers: Registers, value: Expression
) -> Iterator[Step]:
    buffer = buffer_of(emission, tile.name)
    assert buffer is not None, f"{tile.name} lies in Tensor Memory"
    if first == emission.owner[tile.name]:
        if not isinstance(value, NumberValue) or float(value.value):
            line = emission.operation(tile).position.line
            raise Unsupported(f"{tile.name} accumulates onto something else than zero", line)
        return  # its first product overwrites what is there
    home = registers.homes[tile.name]
    yield Assign(target=home, value=value, operation=first)
    yield StoreTensor(tensor=buffer, value=FragmentElement(name=home), operation=first)
    yield WaitTensorStores(operation=first)


def carried_tiles(emission: Emission) -> Iterator[tuple[TileNode, str]]:
    """Tiles that the loop makes for its next iteration, each with its local."""
    for carried in emission.loop.carried:
        if not isinstance(carried.next, ValueOperand):
            raise Unsupported(f"{carried.local} takes over another local's value")
        for tile in emission.tiled.loop:
            if tile.operation == carried.next.operation:
                yield tile, carried.local


def initial_value(emission: Emission, local: str, tile: TileNode, formulas: Formulas) -> Expression:
    """What a carried local holds before the loop, on the sub-tile of a tile."""
    initial = emission.loop.carried_local(local).initial
    if not isinstance(initial, ValueOperand):
        return formulas.initial(emission.loop.name, local)
    cut = initial.operation + "".join(f"[{index}]" for _, index in tile.subtile)
    names = {before.name for before in emission.tiled.before}
    return formulas.of(cut if cut in names else initial.operation)
