"""Collects the operations of a program in SSA form and names them after the text."""

from __future__ import annotations

import ast
from collections.abc import Hashable
from dataclasses import dataclass, field

from ...models.tile_operation import (
    CarriedOperand,
    LoopResultOperand,
    MapPrimitive,
    Operand,
    Operation,
    OperationKind,
    ReducePrimitive,
    ScalarOperand,
    TileAccess,
    TileType,
    ValueOperand,
)
from ...models.tile_program import Block, Segment
from .faults import Fault, SourceText
from .values import Tile

MAXIMUM_OPERATIONS = 2_000


@dataclass(slots=True)
class Builder:
    """Where operations go: the open segment, with the statement they belong to."""

    source: SourceText
    segments: list[Segment] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)  # of the open segment
    statement: str = ""  # what inner operations are named after
    local: str | None = None
    # what was cast, transposed or broadcast before, so that it is done once
    done: dict[Hashable, Tile] = field(default_factory=dict)
    _names: set[str] = field(default_factory=set)

    def begin_statement(self, name: str, local: str | None) -> None:
        """Operations from here on belong to `name`, the local assigned or the store made."""
        self.statement, self.local = name, local

    def emit(
        self,
        node: ast.AST,
        kind: OperationKind,
        name: str,
        result: TileType,
        operands: tuple[Operand, ...] = (),
        *,
        primitive: MapPrimitive | ReducePrimitive | None = None,
        axis: int | None = None,
        access: TileAccess | None = None,
    ) -> Tile:
        """Add an operation that defines a value."""
        operation = Operation(
            name=self.unique(name),
            kind=kind,
            operands=operands,
            result=result,
            primitive=primitive,
            axis=axis,
            access=access,
            local=self.local,
            position=self.source.position(node),
        )
        self._append(operation, node)
        return Tile(ValueOperand(operation=operation.name), result)

    def emit_effect(
        self, node: ast.AST, kind: OperationKind, name: str, value: Operand, access: TileAccess
    ) -> None:
        """Add a store or a reduce_add."""
        operation = Operation(
            name=self.unique(name),
            kind=kind,
            operands=(value,),
            access=access,
            position=self.source.position(node),
        )
        self._append(operation, node)

    def close_block(self) -> None:
        """The operations since the last segment become a straight-line block."""
        if self.operations:
            self.segments.append(Block(operations=tuple(self.operations)))
            self.operations = []

    def inner(self, label: str) -> str:
        """The name of an operation inside the statement: `p.multiply`."""
        return f"{self.statement}.{label}"

    def derived(self, tile: Tile, label: str) -> str:
        """The name of a view or a cast of a value: `k_tile.T`."""
        return f"{_base(tile.operand) or self.statement}.{label}"

    def unique(self, name: str) -> str:
        """The name, or the name with the first free number after it."""
        candidate, count = name, 1
        while candidate in self._names:
            count += 1
            candidate = f"{name}_{count}"
        self._names.add(candidate)
        return candidate

    def _append(self, operation: Operation, node: ast.AST) -> None:
        if len(self._names) > MAXIMUM_OPERATIONS:
            message = f"more than {MAXIMUM_OPERATIONS} operations"
            raise Fault(message, node, "write a smaller program")
        self.operations.append(operation)


def _base(operand: Operand) -> str | None:
    if isinstance(operand, ValueOperand):
        return operand.operation
    if isinstance(operand, CarriedOperand | LoopResultOperand):
        return operand.local
    return operand.argument if isinstance(operand, ScalarOperand) else None
