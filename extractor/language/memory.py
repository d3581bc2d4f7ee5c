"""Loads and stores: which tile of which argument a statement touches."""

from __future__ import annotations

import ast

from ...models.kernel import MAXIMUM_SIZE
from ...models.tile_operation import Dimension, TileAccess, TileType
from .calls import arguments_of
from .expressions import Expressions
from .faults import Fault
from .indices import as_index
from .values import Number, Tensor, Value, describe

MAXIMUM_TILE_RANK = 2


def tensor_of(expressions: Expressions, node: ast.expr) -> Tensor:
    """The array argument that a load or store names."""
    value = expressions.evaluate(node) if isinstance(node, ast.Name) else None
    if not isinstance(value, Tensor):
        raise Fault("an argument with a shape is needed here", node, "name one of `arguments:`")
    return value


def shape_of(expressions: Expressions, node: ast.expr) -> tuple[Dimension, ...]:
    """A shape: sizes and positive integers, in elements."""
    return tuple(dimension_of(expressions, part) for part in _parts(node))


def _parts(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple) else [node]


def dimension_of(expressions: Expressions, node: ast.expr) -> Dimension:
    """One extent of a shape, with the size that it is."""
    value = expressions.evaluate(node)
    if not isinstance(value, Number) or type(value.value) is not int:
        raise Fault(f"{describe(value)} in a shape", node, "shapes are made of sizes and integers")
    if not 1 <= value.value <= MAXIMUM_SIZE:
        raise Fault(f"the extent {value.value}", node, f"from 1 to {MAXIMUM_SIZE}")
    return Dimension(extent=value.value, size=value.size)


def _access(
    expressions: Expressions,
    tensor: Tensor,
    index: ast.expr,
    tile: tuple[Dimension, ...],
    node: ast.AST,
) -> TileAccess:
    """Checked against the argument's rank."""
    name, rank = tensor.parameter.name, len(tensor.parameter.shape)
    parts = tuple(as_index(expressions.evaluate(part), part) for part in _parts(index))
    if len(parts) != rank:
        raise Fault(f"{len(parts)} indices into {name}", index, f"{name} has {rank} dimensions")
    if len(tile) != rank:
        raise Fault(f"a tile of rank {len(tile)} of {name}", node, f"{name} has {rank} dimensions")
    return TileAccess(argument=name, index=parts, tile=tile)


def squeeze(tile: tuple[Dimension, ...]) -> tuple[Dimension, ...]:
    """Without the unit extents in front; a size that happens to be 1 stays."""
    first = 0
    while first < len(tile) and tile[first] == Dimension(extent=1):
        first += 1
    return tile[first:]


def load(expressions: Expressions, call: ast.Call, name: str) -> Value:
    """A tile of an argument; its index counts tiles."""
    bound = arguments_of(call, "argument", "index", "shape")
    tensor = tensor_of(expressions, bound["argument"])
    tile = shape_of(expressions, bound["shape"])
    access = _access(expressions, tensor, bound["index"], tile, bound["shape"])
    dimensions = squeeze(tile)
    check_rank(dimensions, bound["shape"])
    result = TileType(dtype=tensor.parameter.dtype, dimensions=dimensions)
    return expressions.builder.emit(call, "load", name, result, access=access)


def emit_store(expressions: Expressions, call: ast.Call) -> None:
    """A store or reduce_add statement; the value's shape is the tile's."""
    assert isinstance(call.func, ast.Name)
    kind = call.func.id
    bound = arguments_of(call, "argument", "index", "value")
    tensor = tensor_of(expressions, bound["argument"])
    name, dtype = tensor.parameter.name, tensor.parameter.dtype
    expressions.builder.begin_statement(f"{kind}_{name}", None)
    value = expressions.tile(bound["value"])
    if value.type.dtype != dtype:
        message = f"{name} is {dtype} and the value {describe(value)}"
        raise Fault(message, bound["value"], f"cast it: .to({dtype})")
    missing = len(tensor.parameter.shape) - len(value.type.dimensions)
    tile = (Dimension(extent=1),) * missing + value.type.dimensions
    access = _access(expressions, tensor, bound["index"], tile, bound["value"])
    expressions.builder.emit_effect(
        call, "store" if kind == "store" else "reduce_add", f"{kind}_{name}", value.operand, access
    )


def check_rank(dimensions: tuple[Dimension, ...], node: ast.AST) -> None:
    """Values are scalars, vectors and matrices."""
    if len(dimensions) > MAXIMUM_TILE_RANK:
        cure = "tiles are vectors and matrices: use 1 for the leading extents"
        raise Fault(f"a tile with {len(dimensions)} dimensions", node, cure)
