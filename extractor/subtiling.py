"""Sub-tiling: operations with a split size are replicated, loads shared, contractions chained."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..models.errors import InvalidKernel
from ..models.kernel import ElementType
from ..models.tile_operation import (
    CarriedOperand,
    Dimension,
    LoopResultOperand,
    Operand,
    Operation,
    ValueOperand,
)
from ..models.tile_program import Loop, TileProgram
from .shares import Share, find_shares
from .tiles import Input, SubTile, Tile, subtile_suffix

MOST_TILES = 2_000  # as many operations as a program may have


def subtile_loop(
    program: TileProgram, loop: Loop, split: Mapping[str, int], *, column_step: int | None = None
) -> tuple[Tile, ...]:
    """The tile operations of a loop in program order, one for each sub-tile.

    With a column step, products that contract a split size are cut along their columns into
    multiples of it. Raises InvalidKernel where a split size does not divide, or is reduced over by
    something that cannot be chained.
    """
    return _Subtiling(program, loop, split, column_step).tiles()


class _Subtiling:
    def __init__(
        self, program: TileProgram, loop: Loop, split: Mapping[str, int], column_step: int | None
    ) -> None:
        self._program = program
        self._loop = loop
        self._split = {size: parts for size, parts in split.items() if parts > 1}
        self._operations = {operation.name: operation for operation in loop.operations}
        self._carried_sizes: dict[str, tuple[str, ...]] = {}
        self._shares = {} if column_step is None else self._find_shares(column_step)

    def _find_shares(self, column_step: int) -> Mapping[str, Share]:
        """Products that read the parts of exactly one split size, all of them from memory."""
        found: dict[str, Share] = {}
        for size, parts in self._split.items():
            contracting = [
                operation
                for operation in self._loop.operations
                if operation.kind == "dot"
                and not self._sizes(operation)
                and self._contracted(operation) == (size,)
                and self._reads_memory(operation, (size,))
            ]
            found |= find_shares(self._loop, contracting, parts, column_step)
        return found

    def tiles(self) -> tuple[Tile, ...]:
        """Every operation for each of its sub-tiles, in program order."""
        found = (tile for operation in self._loop.operations for tile in self._replicas(operation))
        tiles = tuple(itertools.islice(found, MOST_TILES + 1))
        if len(tiles) > MOST_TILES:
            raise self._too_many()
        return tiles

    def _replicas(self, operation: Operation) -> Iterator[Tile]:
        for subtile in self._subtiles(self._sizes(operation)):
            for share in self._share_parts(operation):
                yield from self._chain(operation, subtile + share)

    def _share_parts(self, operation: Operation) -> tuple[SubTile, ...]:
        share = self._shares.get(operation.name)
        if share is None:
            return ((),)
        return tuple(((share.size, index),) for index in range(share.parts))

    def _too_many(self) -> InvalidKernel:
        return InvalidKernel(
            f"the splits make more than {MOST_TILES} operations of the loop",
            line=self._loop.position.line,
            column=self._loop.position.column,
            cure="split into fewer parts",
        )

    def _subtiles(self, sizes: tuple[str, ...]) -> Iterator[SubTile]:
        if math.prod(self._split[size] for size in sizes) > MOST_TILES:
            raise self._too_many()
        for indices in itertools.product(*(range(self._split[size]) for size in sizes)):
            yield tuple(zip(sizes, indices, strict=True))

    def _sizes(self, operation: Operation) -> tuple[str, ...]:
        """The split sizes whose parts are separate operations: those that the result carries."""
        if operation.name not in self._carried_sizes:
            self._carried_sizes[operation.name] = self._find_sizes(operation)
        return self._carried_sizes[operation.name]

    def _find_sizes(self, operation: Operation) -> tuple[str, ...]:
        if operation.kind == "load":
            return ()
        dimensions = operation.result.dimensions if operation.result else self._stored(operation)
        return tuple(size for size in self._split if any(d.size == size for d in dimensions))

    def _stored(self, operation: Operation) -> tuple[Dimension, ...]:
        return operation.memory_access.tile

    def _contracted(self, operation: Operation) -> tuple[str, ...]:
        """Split sizes that the operands carry and the result does not."""
        if operation.kind not in ("dot", "reduce"):
            return ()
        own = self._sizes(operation)
        inner = {
            dimension.size
            for operand in operation.operands[:2]
            for dimension in self._dimensions(operand)
        }
        return tuple(size for size in self._split if size in inner and size not in own)

    def _dimensions(self, operand: Operand) -> tuple[Dimension, ...]:
        if isinstance(operand, ValueOperand):
            result = self._find(operand.operation).result
            return result.dimensions if result else ()
        if isinstance(operand, CarriedOperand | LoopResultOperand):
            loop = self._program.loop(operand.loop)
            return loop.carried_local(operand.local).type.dimensions
        return ()

    def _find(self, name: str) -> Operation:
        if name in self._operations:
            return self._operations[name]
        return next(o for o in self._program.operations() if o.name == name)

    def _chain(self, operation: Operation, subtile: SubTile) -> Iterator[Tile]:
        """One tile, or a chain of partial accumulations over the parts of a contracted size."""
        contracted = self._contracted(operation)
        if contracted and operation.kind != "dot":
            self._refuse(operation, contracted[0])
        parts = tuple(self._subtiles(contracted))
        if contracted and self._reads_memory(operation, contracted):
            yield self._whole(operation, subtile, parts)
            return
        previous: str | None = None
        for position, part in enumerate(parts):
            last = position == len(parts) - 1
            name = operation.name + subtile_suffix(subtile)
            if not last:
                name += f"'{position}"
            tile = self._tile(operation, name, subtile, subtile + part)
            if previous is not None:
                inputs = (*(i for i in tile.inputs if i.position < 2), Input(previous, position=2))
                tile = Tile(
                    name, operation, subtile, inputs, tile.shape, tile.dtype, tile.input_shapes
                )
            previous = name
            yield tile

    def _reads_memory(self, operation: Operation, contracted: tuple[str, ...]) -> bool:
        """Whether every part of a contracted operand lies in memory: one product reads them all.

        That is so for right operands and for transposed left ones; other left operands are
        fragments in the registers of the warp groups that made them.
        """
        left = operation.operands[0]
        if not any(d.size in contracted for d in self._dimensions(left)):
            return True
        if not isinstance(left, ValueOperand) or left.operation not in self._operations:
            return True
        return self._operations[left.operation].kind in ("load", "transpose")

    def _whole(self, operation: Operation, subtile: SubTile, parts: tuple[SubTile, ...]) -> Tile:
        """One product over all parts of the contracted sizes."""
        tile = self._tile(operation, operation.name + subtile_suffix(subtile), subtile, subtile)
        found = [
            self._input(operand, subtile + part, position)
            for position, operand in enumerate(operation.operands)
            for part in parts
        ]
        contracted = {size for part in parts for size, _ in part}
        shapes = tuple(
            tuple(
                d.extent if d.size in contracted else self._extent(d, operation)
                for d in self._dimensions(operand)
            )
            for operand in operation.operands
        )
        return replace(tile, inputs=tuple(dict.fromkeys(found)), input_shapes=shapes)

    def _refuse(self, operation: Operation, size: str) -> None:
        raise InvalidKernel(
            f"{operation.name} reduces over {size}, which is split; "
            "only products chain their parts",
            line=operation.position.line,
            column=operation.position.column,
            cure=f"do not split {size}, or reduce over another one",
        )

    def _tile(self, operation: Operation, name: str, own: SubTile, seen: SubTile) -> Tile:
        inputs = tuple(
            self._input(operand, seen, position)
            for position, operand in enumerate(operation.operands)
        )
        dimensions = operation.result.dimensions if operation.result else self._stored(operation)
        shapes = tuple(
            tuple(self._extent(d, operation) for d in self._dimensions(operand))
            for operand in operation.operands
        )
        shape = tuple(self._extent(d, operation) for d in dimensions)
        if operation.kind == "load":
            shape = tuple(d.extent for d in dimensions)
        return Tile(name, operation, own, inputs, shape, self._dtype(operation), shapes)

    def _dtype(self, operation: Operation) -> ElementType:
        if operation.result is not None:
            return operation.result.dtype
        return self._program.tensor(operation.memory_access.argument).dtype

    def _extent(self, dimension: Dimension, operation: Operation) -> int:
        parts = self._split.get(dimension.size or "", 1)
        share = self._shares.get(operation.name)
        if share is not None and share.size == dimension.size:
            parts *= share.parts
        if dimension.extent % parts:
            raise InvalidKernel(
                f"{dimension.size} = {dimension.extent} cannot be split into {parts}",
                line=operation.position.line,
                column=operation.position.column,
                cure="choose a split that divides the size",
            )
        return dimension.extent // parts

    def _input(self, operand: Operand, seen: SubTile, position: int) -> Input:
        distance = 0
        passed: list[str] = []
        while isinstance(operand, CarriedOperand) and operand.loop == self._loop.name:
            if operand.local in passed:
                operand = self._never_assigned(passed)
                break
            passed.append(operand.local)
            operand = self._loop.carried_local(operand.local).next
            distance += 1
        if isinstance(operand, LoopResultOperand):
            return Input(None, result=self._last_value(operand, seen), position=position)
        if not isinstance(operand, ValueOperand):
            return Input(None, position=position)
        if operand.operation not in self._operations:
            return Input(None, invariant=operand.operation, position=position)
        producer = self._operations[operand.operation]
        sizes = self._sizes(producer)
        share = self._shares.get(producer.name)
        own = tuple(pair for pair in seen if pair[0] in sizes or (share and pair[0] == share.size))
        return Input(producer.name + subtile_suffix(own), distance, position=position)

    def _last_value(self, operand: LoopResultOperand, seen: SubTile) -> str | None:
        """The tile operation that makes a local of a loop, None if another local hands it over."""
        made = self._program.loop(operand.loop).carried_local(operand.local).next
        if not isinstance(made, ValueOperand):
            return None
        sizes = self._sizes(self._find(made.operation))
        return made.operation + subtile_suffix(tuple(pair for pair in seen if pair[0] in sizes))

    def _never_assigned(self, locals_: list[str]) -> Operand:
        """What a local holds that is only ever assigned to itself."""
        if len(locals_) > 1:
            raise InvalidKernel(
                f"{', '.join(locals_)} take over each other's values, and nothing computes them",
                line=self._loop.position.line,
                column=self._loop.position.column,
                cure="give each of them one value before the loop",
            )
        return self._loop.carried_local(locals_[0]).initial
