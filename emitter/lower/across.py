"""Steps that work across elements of a thread and of others: reductions and running sums."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...models.barrier_step import Sync
from ...models.errors import Unsupported
from ...models.shared_step import ReduceLanes, ReduceRows, ScanLanes, ScanRows, StageLastRows
from ...models.tile_operation import MapPrimitive, Operation, ReducePrimitive
from ...models.tiling import TileNode
from ...models.warp_expression import Apply, Expression, FragmentElement, StoredElement, SumAbove
from ...models.warp_step import Assign, ReduceColumns, Step
from ..inputs import Emission, source_of
from ..work import PRODUCT_ROWS
from .formulas import At, Axis, Formulas
from .plan import WARPS, PlannedRole
from .storage import Storage

SCRATCH = ".scratch"
Common = Mapping[str, Any]
_JOINED: Mapping[ReducePrimitive, MapPrimitive] = {
    "max": "maximum", "min": "minimum", "sum": "add",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Across:
    """How the warps of one role meet: its own named barrier, and a row of scratch for each warp."""

    barrier: str
    scratch: str

    def steps(
        self, emission: Emission, tile: TileNode, target: str, at: At, formulas: Formulas,
        common: Common,
    ) -> Iterator[Step]:  # fmt: skip
        """The target := a reduction or a running sum; `at` is that of the target."""
        operation, read = emission.operation(tile), tile.reads[0]
        source = source_of(read) or ""
        shape = tile.read_shapes[0]

        def value(axis: Axis | None, block: int = 0) -> Expression:
            return formulas.of(source, read.distance, At(block, axis), tile)

        stripes = formulas.layouts.stripe_rows > 0
        if len(shape) == 1 and not stripes:
            yield _over_lanes(operation, target, shape[0], value("lane"), common)
        elif operation.kind == "reduce" and operation.axis == 1:
            yield ReduceColumns(
                target=target, primitive=_primitive(operation), columns=shape[1],
                value=value(None, at.block), **common,
            )  # fmt: skip
        elif operation.axis == 0 and shape[0] == PRODUCT_ROWS and not stripes:
            yield from self._over_rows(operation, target, at, shape[1], value(None), common)
        else:
            raise self._refused(operation, tile)

    def _over_rows(
        self, operation: Operation, target: str, at: At, columns: int, value: Expression,
        common: Common,
    ) -> Iterator[Step]:  # fmt: skip
        buffer = self.scratch
        yield Sync(barrier=self.barrier, **common)  # whatever was read of the scratch has been read
        if operation.kind == "reduce":
            yield ReduceRows(
                buffer=buffer,
                primitive=_primitive(operation),
                columns=columns,
                value=value,
                **common,
            )
            yield Sync(barrier=self.barrier, **common)
            joined = _over_warps(buffer, _primitive(operation), at)
            yield Assign(target=target, value=joined, **common)
            return
        yield ScanRows(target=target, columns=columns, value=value, **common)
        own = FragmentElement(name=target)
        yield StageLastRows(buffer=buffer, columns=columns, value=own, **common)
        yield Sync(barrier=self.barrier, **common)
        total = Apply(primitive="add", operands=(own, SumAbove(buffer=buffer)))
        yield Assign(target=target, value=total, **common)

    def _refused(self, operation: Operation, tile: TileNode) -> Unsupported:
        return Unsupported(
            f"{tile.name}: a {operation.kind} over axis {operation.axis} of "
            f"{' x '.join(map(str, tile.read_shapes[0]))}",
            operation.position.line,
        )


def _primitive(operation: Operation) -> ReducePrimitive:
    primitive = operation.primitive
    assert primitive in ("max", "min", "sum"), primitive
    return primitive


def _over_lanes(
    operation: Operation, target: str, extent: int, value: Expression, common: Common
) -> Step:
    if operation.kind == "scan":
        return ScanLanes(target=target, extent=extent, value=value, **common)
    return ReduceLanes(
        target=target, primitive=_primitive(operation), extent=extent, value=value, **common
    )


def _over_warps(buffer: str, primitive: ReducePrimitive, at: At) -> Expression:
    """The four results of the warps, joined."""
    axis: Axis = at.axis or "column"
    beyond = PRODUCT_ROWS * at.block if axis == "row" else 0
    parts: list[Expression] = [
        StoredElement(buffer=buffer, down="none", across=axis, first_row=warp, first_column=beyond)
        for warp in range(WARPS)
    ]
    one, two, three, four = parts
    join = _JOINED[primitive]
    lower = Apply(primitive=join, operands=(one, two))
    upper = Apply(primitive=join, operands=(three, four))
    return Apply(primitive=join, operands=(lower, upper))


def lay_out_scratch(emission: Emission, role: PlannedRole, storage: Storage) -> str:
    """The scratch buffer of a role; empty if it needs none."""
    widest = 0
    for name in (member for operation in role.operations for member in operation.members):
        tile = emission.tiled.tile(name)
        operation = emission.operation(tile)
        if operation.kind in ("reduce", "scan") and operation.axis == 0:
            shape = tile.read_shapes[0]
            widest = max(widest, shape[1] if len(shape) == 2 else 0)
    if not widest:
        return ""
    name = role.name + SCRATCH
    storage.add(name, WARPS, widest, "f32", 1, plain=True)
    storage.place()
    return name
