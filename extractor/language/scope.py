"""What each name of the program stands for, and which locals a loop carries."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ...models.index_expression import IndexName
from ...models.tile_operation import CarriedOperand, LoopResultOperand
from ...models.tile_program import LoopCarried
from .faults import Fault, near_miss
from .primitives import as_tile
from .types import unify_shape
from .values import Index, Number, Tensor, Tile, Unset, Value, describe_type


@dataclass(slots=True)
class _OpenLoop:
    name: str
    index: str
    assigned: frozenset[str]  # by the body, anywhere
    before: Mapping[str, Value]
    done: set[str] = field(default_factory=set)  # assigned so far in this iteration
    carried: dict[str, Tile] = field(default_factory=dict)  # initial values
    where: dict[str, ast.AST] = field(default_factory=dict)  # of the last assignment


@dataclass(slots=True)
class Scope:
    """`fixed` names are the document's: sizes, extents, arguments, grid indices."""

    fixed: Mapping[str, Value]
    vocabulary: frozenset[str]
    locals: dict[str, Value] = field(default_factory=dict)
    loop: _OpenLoop | None = None

    def read(self, node: ast.Name) -> Value:
        """The value that a name has here; the first read of a local may make it loop-carried."""
        name, loop = node.id, self.loop
        if loop is not None and name == loop.index:
            return Index(IndexName(name=name, role="loop"))
        if name in self.fixed:
            return self.fixed[name]
        if loop is not None and name in loop.assigned and name not in loop.done:
            return self._read_carried(loop, node)
        if name not in self.locals:
            raise self._unknown(node)
        value = self.locals[name]
        if isinstance(value, Unset):
            as_tile(value, node)
        return value

    def assign(self, node: ast.Name, value: Value) -> None:
        """Give a local its value."""
        self.check_free(node, node.id)
        if isinstance(value, Tensor):
            as_tile(value, node)
        self.locals[node.id] = value
        if self.loop is not None:
            self.loop.done.add(node.id)
            self.loop.where[node.id] = node

    def check_free(self, node: ast.AST, name: str) -> None:
        """Refuse a local or loop index that would hide a name of the document or the language."""
        taken = name in self.fixed or (self.loop is not None and name == self.loop.index)
        if taken:
            message = f"{name} is a size, an argument, an extent or an index"
            raise Fault(message, node, "choose another name for the local")
        if name in self.vocabulary:
            raise Fault(f"{name} is a word of the language", node, "choose another name")
        if len(name) > 64 or not name.isascii():
            raise Fault(f"the name {name[:40]}", node, "use up to 64 ASCII letters, digits and _")

    def open_loop(self, name: str, index: ast.Name, assigned: Iterable[str]) -> None:
        """Locals that the body assigns are carried when it reads them first."""
        self.check_free(index, index.id)
        if index.id in self.locals:
            raise Fault(f"{index.id} is a local already", index, "choose another loop index")
        self.loop = _OpenLoop(name, index.id, frozenset(assigned), dict(self.locals))

    def close_loop(self, read_later: frozenset[str]) -> tuple[LoopCarried, ...]:
        """The carried locals; those and no others have a value after the loop."""
        loop = self.loop
        assert loop is not None
        self.loop = None
        for name in sorted((loop.assigned & read_later & set(loop.before)) - set(loop.carried)):
            if not isinstance(loop.before[name], Unset):
                loop.carried[name] = _carriable(loop.before[name], loop.where[name], name)
        carried = tuple(self._carried(loop, name) for name in loop.carried)
        for name in loop.assigned:
            self.locals[name] = Unset(name)
        for entry in carried:
            operand = LoopResultOperand(loop=loop.name, local=entry.local)
            self.locals[entry.local] = Tile(operand, entry.type)
        return carried

    def _read_carried(self, loop: _OpenLoop, node: ast.Name) -> Tile:
        name = node.id
        if name not in loop.carried:
            if name not in loop.before:
                cure = f"assign {name} before the loop, or earlier in it"
                raise Fault(f"{name} is read before it is assigned", node, cure)
            loop.carried[name] = _carriable(loop.before[name], node, name)
        return Tile(CarriedOperand(loop=loop.name, local=name), loop.carried[name].type)

    def _carried(self, loop: _OpenLoop, name: str) -> LoopCarried:
        node, initial = loop.where[name], loop.carried[name]
        following = _carriable(self.locals[name], node, name)
        before, after = initial.type, following.type
        shape = unify_shape(before.dimensions, after.dimensions)
        if before.dtype != after.dtype or shape is None:
            message = (
                f"{name} is {describe_type(before)} before the loop "
                f"and {describe_type(after)} after an iteration"
            )
            raise Fault(message, node, "give it one type: the first value decides")
        return LoopCarried(local=name, type=before, initial=initial.operand, next=following.operand)

    def _unknown(self, node: ast.Name) -> Fault:
        known = [*self.fixed, *self.locals, *self.vocabulary]
        if self.loop is not None:
            known.append(self.loop.index)
        if node.id in self.vocabulary:
            return Fault(f"{node.id} is a word of the language, not a value", node, "call it")
        cure = "declare it as a size, argument or grid index, or assign it first"
        return Fault(f"unknown name {node.id[:64]}", node, near_miss(node.id, known, cure))


def _carriable(value: Value, node: ast.AST, name: str) -> Tile:
    if isinstance(value, Index) or (isinstance(value, Number) and type(value.value) is int):
        cure = "compute it from the loop index; for a real number write 0.0"
        raise Fault(f"{name} carries an integer round the loop", node, cure)
    return as_tile(value, node)
