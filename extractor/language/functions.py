"""The functions of the language, apart from what touches memory."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping

from ...models.tile_operation import MapPrimitive, ReducePrimitive, TileType
from .calls import arguments_of
from .expressions import Expressions, Function, element_type
from .faults import Fault
from .indices import is_integer, join
from .memory import check_rank, dimension_of, load, shape_of
from .primitives import as_tile, cast, constant
from .types import dot_type
from .values import Number, Tile, Value, describe

LOG2_E = math.log2(math.e)
LN_2 = math.log(2.0)


def dot(expressions: Expressions, call: ast.Call, name: str) -> Value:
    """Matrix product in f32, onto an accumulator if one is given."""
    bound = arguments_of(call, "a", "b", optional=("accumulator",))
    tiles = [expressions.tile(node) for node in bound.values()]
    third = tiles[2].type if len(tiles) == 3 else None
    result = dot_type(tiles[0].type, tiles[1].type, third, call)
    return expressions.builder.emit(
        call, "dot", name, result, tuple(tile.operand for tile in tiles)
    )


def fill(expressions: Expressions, call: ast.Call, name: str) -> Value:
    """`full(shape, value)` and `zeros(shape)`, in f32 unless a dtype is given."""
    assert isinstance(call.func, ast.Name)
    names = ("shape", "value") if call.func.id == "full" else ("shape",)
    bound = arguments_of(call, *names, optional=("dtype",))
    dtype = element_type(bound["dtype"]) if "dtype" in bound else "f32"
    value = expressions.evaluate(bound["value"]) if "value" in bound else Number(0)
    if isinstance(value, Number):
        number = float(value.value) if dtype not in ("i32", "bool") else value.value
        if dtype in ("i32", "bool") and isinstance(value.value, float):
            raise Fault(f"{value.value} in {dtype}", bound["value"], "write an integer")
        tile = Tile(constant(number), TileType(dtype=dtype))
    else:
        tile = as_tile(value, bound["value"])
    if tile.type.dimensions or tile.type.dtype != dtype:
        raise Fault(f"{describe(tile)} fills {dtype}", bound["value"], f"give a {dtype} scalar")
    dimensions = shape_of(expressions, bound["shape"])
    check_rank(dimensions, bound["shape"])
    result = TileType(dtype=dtype, dimensions=dimensions)
    return expressions.builder.emit(call, "fill", name, result, (tile.operand,))


def arange(expressions: Expressions, call: ast.Call, name: str) -> Value:
    """0, 1, ... as an i32 vector."""
    bound = arguments_of(call, "size")
    result = TileType(dtype="i32", dimensions=(dimension_of(expressions, bound["size"]),))
    return expressions.builder.emit(call, "arange", name, result)


def _axis(value: Value, tile: Tile, node: ast.AST) -> int:
    rank = len(tile.type.dimensions)
    if not isinstance(value, Number) or value.value not in range(-rank, rank):
        message = f"the axis of {describe(tile)}"
        raise Fault(message, node, f"from 0 to {rank - 1}" if rank else "it has none")
    return int(value.value) % rank


def _reduction(primitive: ReducePrimitive) -> Function:
    def reduce(expressions: Expressions, call: ast.Call, name: str) -> Value:
        bound = arguments_of(call, "x", "axis")
        value, axis = expressions.evaluate(bound["x"]), expressions.evaluate(bound["axis"])
        if primitive != "sum" and not call.keywords and is_integer(value) and is_integer(axis):
            return join(primitive, value, axis, call)
        if primitive != "sum" and not isinstance(axis, Number):
            cure = f"of two tiles: {primitive}imum(a, b); along an axis: {primitive}(x, axis=1)"
            raise Fault(f"{primitive} of {describe(value)} and {describe(axis)}", call, cure)
        source = _widened(expressions, as_tile(value, bound["x"]), call)
        removed = _axis(axis, source, bound["axis"])
        rest = source.type.dimensions[:removed] + source.type.dimensions[removed + 1 :]
        result = TileType(dtype=source.type.dtype, dimensions=rest)
        return expressions.builder.emit(
            call, "reduce", name, result, (source.operand,), primitive=primitive, axis=removed
        )

    return reduce


def cumsum(expressions: Expressions, call: ast.Call, name: str) -> Value:
    """The running, inclusive sum along an axis."""
    bound = arguments_of(call, "x", "axis")
    source = _widened(expressions, expressions.tile(bound["x"]), call)
    axis = _axis(expressions.evaluate(bound["axis"]), source, bound["axis"])
    return expressions.builder.emit(
        call, "scan", name, source.type, (source.operand,), primitive="sum", axis=axis
    )


def _widened(expressions: Expressions, tile: Tile, node: ast.AST) -> Tile:
    """Reductions of floats are done in f32."""
    if tile.type.dtype == "bool":
        raise Fault("a reduction of a mask", node, "count with where(mask, 1.0, 0.0)")
    return tile if tile.type.dtype == "i32" else cast(expressions.builder, tile, "f32", node)


def _elementwise(primitive: MapPrimitive, *operands: str) -> Function:
    def apply(expressions: Expressions, call: ast.Call, name: str) -> Value:
        bound = arguments_of(call, *operands)
        values = [expressions.evaluate(bound[operand]) for operand in operands]
        return expressions.map(primitive, values, call, name)

    return apply


def exp(expressions: Expressions, call: ast.Call, name: str) -> Value:
    """Exponential as exp2(x * log2(e)): the hardware has exp2 only."""
    value = expressions.evaluate(arguments_of(call, "x")["x"])
    scaled = expressions.map("multiply", [value, Number(LOG2_E)], call, None)
    return expressions.map("exp2", [scaled], call, name)


def log(expressions: Expressions, call: ast.Call, name: str) -> Value:
    """Natural logarithm as log2(x) * ln(2): the hardware has log2 only."""
    value = expressions.evaluate(arguments_of(call, "x")["x"])
    binary = expressions.map("log2", [value], call, None)
    return expressions.map("multiply", [binary, Number(LN_2)], call, name)


def cdiv(expressions: Expressions, call: ast.Call, name: str) -> Value:
    """Integer division that rounds up."""
    bound = arguments_of(call, "a", "b")
    left, right = (expressions.evaluate(node) for node in bound.values())
    return join("cdiv", left, right, call)


def _statement_only(expressions: Expressions, call: ast.Call, name: str) -> Value:
    assert isinstance(call.func, ast.Name)
    raise Fault(f"{call.func.id} has no value", call, "write it as a statement of its own")


FUNCTIONS: Mapping[str, Function] = {
    "load": load,
    "store": _statement_only,
    "reduce_add": _statement_only,
    "dot": dot,
    "max": _reduction("max"),
    "min": _reduction("min"),
    "sum": _reduction("sum"),
    "cumsum": cumsum,
    "full": fill,
    "zeros": fill,
    "arange": arange,
    "cdiv": cdiv,
    "exp": exp,
    "log": log,
    "exp2": _elementwise("exp2", "x"),
    "log2": _elementwise("log2", "x"),
    "sqrt": _elementwise("sqrt", "x"),
    "rsqrt": _elementwise("rsqrt", "x"),
    "sigmoid": _elementwise("sigmoid", "x"),
    "tanh": _elementwise("tanh", "x"),
    "abs": _elementwise("absolute", "x"),
    "maximum": _elementwise("maximum", "a", "b"),
    "minimum": _elementwise("minimum", "a", "b"),
    "where": _elementwise("where", "condition", "a", "b"),
}
