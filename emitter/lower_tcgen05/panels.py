"""Results panel by panel: loaded from Tensor Memory, worked on, staged in shared memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Literal

from ...models.errors import Unsupported
from ...models.kernel import ElementType
from ...models.tensor_memory_step import (
    LoadTensor,
    WaitTensorLoads,
)
from ...models.tiling import TileNode
from ...models.warp_expression import Expression, FragmentElement, operations_in
from ...models.warp_program import Fragment, SharedBuffer
from ...models.warp_step import (
    Assign,
    LoadVector,
    Stage,
    Step,
)
from ..inputs import Emission, source_of
from ..lower.chains import VECTOR_KINDS
from ..lower.finish import load_vectors
from ..lower.formulas import AXES, At
from ..lower.layouts import Layouts
from ..lower.registers import Registers, computed_type
from ..lower.staging import first_column, is_matrix
from .homes import carried_tiles, initial_value
from .registers import formulas_over
from .results import needed_tiles, results_of
from .tensors import buffer_of

ROWS = 128  # of a warp group
SHORT = 3  # operations of a formula that reads well within the call that stores it
ACROSS = ("arange", "reduce", "scan")  # operations that need to know of other columns


class Panels:
    """The panels of the results of a program, as many columns as a swizzle spans."""

    def __init__(self, emission: Emission, layouts: Layouts) -> None:
        self._emission, self._layouts = emission, layouts

    def stage(
        self, tile: TileNode, registers: Registers, buffer: SharedBuffer, row: int, column: int,
        columns: int,
    ) -> Iterator[Step]:  # fmt: skip
        """So many columns of a stored tile, from `column` on, to rows from `row` on."""
        parts: dict[str, str] = {}
        for name in results_of(self._emission, tile):
            if buffer_of(self._emission, name) is not None:
                parts[name] = _part(name, "matrix", registers, columns)
                yield self._load(name, parts[name], registers, column, tile.name)
        loaded = tuple(parts.values())
        for other in needed_tiles(self._emission, [tile]):
            if self._emission.operation(other).kind == "load" and not is_matrix(other):
                yield from self._load_vector(other, tile, registers, parts, column, columns)
        if loaded:
            yield WaitTensorLoads(settled=loaded, operation=tile.name)
        yield from self._assign(tile, registers, parts, column, columns)
        value = self.value(tile, registers, parts, column)
        if operations_in(value) > SHORT:
            target = _part(tile.name, "matrix", registers, columns)
            yield Assign(target=target, value=value, operation=tile.name)
            value = FragmentElement(name=target)
        yield Stage(
            buffer=buffer.name, first_row=row, first_column=column, columns=columns, value=value,
            operation=tile.name,
        )  # fmt: skip

    def _assign(
        self, store: TileNode, registers: Registers, parts: dict[str, str], column: int,
        columns: int,
    ) -> Iterator[Step]:  # fmt: skip
        """Matrices that are read more than once."""
        needed = needed_tiles(self._emission, [store])
        reads = Counter(source_of(read) for tile in needed for read in tile.reads)
        for tile in needed:
            is_map = self._emission.operation(tile).kind == "map"
            if is_map and is_matrix(tile) and reads[tile.name] > 1:
                held = {**registers.homes, **parts}
                formulas = formulas_over(self._emission, self._layouts, held)
                value = formulas.written_out(tile.name, At(column=column))
                parts[tile.name] = _part(tile.name, "matrix", registers, columns)
                yield Assign(target=parts[tile.name], value=value, operation=store.name)

    def _load_vector(
        self, tile: TileNode, store: TileNode, registers: Registers, parts: dict[str, str],
        column: int, columns: int,
    ) -> Iterator[LoadVector]:  # fmt: skip
        """A number, once; or the part of a vector that lies along these columns, or these rows."""
        layout = self._layouts.of(tile)
        if layout not in ("rows", "columns"):
            if tile.name not in registers.homes:
                yield from load_vectors(self._emission, tile, registers)
            return
        access = self._emission.operation(tile).memory_access
        first = first_column(self._emission, tile)
        first += self._emission.offset_within(tile, store, -1)
        parts[tile.name] = _part(tile.name, layout, registers, columns, computed_type(tile.dtype))
        yield LoadVector(
            target=parts[tile.name], argument=access.argument, index=access.index,
            extent=access.tile[-1].extent, first=first + (column if layout == "columns" else 0),
            operation=tile.name,
        )  # fmt: skip

    def _load(
        self, name: str, part: str, registers: Registers, column: int, operation: str
    ) -> LoadTensor:
        local = next(local for tile, local in carried_tiles(self._emission) if tile.name == name)
        formulas = formulas_over(self._emission, self._layouts, registers.homes)
        initial = initial_value(self._emission, local, self._emission.tiled.tile(name), formulas)
        buffer = buffer_of(self._emission, name)
        assert buffer is not None, f"{name} lies in Tensor Memory"
        return LoadTensor(
            target=part,
            tensor=buffer,
            first_column=column,
            otherwise=initial,
            operation=operation,
        )

    def value(
        self, tile: TileNode, registers: Registers, parts: dict[str, str], column: int = 0
    ) -> Expression:
        """What is stored, written out over parts of results and over what registers hold."""
        needed = needed_tiles(self._emission, [tile])
        kinds = {self._emission.operation(t).kind: t for t in needed}
        for kind, other in kinds.items():
            if kind != "load" and (kind not in VECTOR_KINDS or kind in ACROSS):
                line = self._emission.operation(other).position.line
                raise Unsupported(f"{other.name}: {kind} after the loop", line)
        held = {**registers.homes, **parts}
        formulas = formulas_over(self._emission, self._layouts, held)
        source = source_of(tile.reads[0]) or ""
        axis = AXES[self._layouts.of(self._emission.tiled.tile(source))]
        return formulas.of(source, at=At(axis=axis, column=column))


def _part(
    name: str, layout: Literal["matrix", "rows", "columns"], registers: Registers, columns: int,
    dtype: ElementType = "f32",
) -> str:  # fmt: skip
    """The fragment for so many columns of a tile, or for the rows of a warp group."""
    part, rows = f"{name}.part", 0 if layout == "columns" else ROWS
    registers.fragments[part] = Fragment(
        name=part, layout=layout, rows=rows, columns=0 if layout == "rows" else columns,
        dtype=dtype, spread="rows",
    )  # fmt: skip
    return part
