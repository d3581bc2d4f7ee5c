"""The elementwise primitives: which element types they take, and what they give."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Literal

from ...models.kernel import ElementType
from ...models.tile_operation import ConstantOperand, IndexOperand, MapPrimitive, TileType
from .builder import Builder
from .faults import Fault
from .types import broadcast_dimensions, is_float
from .values import Index, Number, Tensor, Tile, Unset, Value, describe

Category = Literal["float", "integer", "boolean"]
_NUMERIC: tuple[Category, ...] = ("float", "integer")
_ACCEPTS: Mapping[MapPrimitive, tuple[Category, ...]] = {
    "add": _NUMERIC, "subtract": _NUMERIC, "multiply": _NUMERIC, "divide": ("float",),
    "floor_divide": ("integer",), "remainder": ("integer",),
    "negate": _NUMERIC, "absolute": _NUMERIC, "maximum": _NUMERIC, "minimum": _NUMERIC,
    "exp2": ("float",), "log2": ("float",), "sqrt": ("float",), "rsqrt": ("float",),
    "sigmoid": ("float",), "tanh": ("float",),
    "less": _NUMERIC, "less_equal": _NUMERIC, "greater": _NUMERIC, "greater_equal": _NUMERIC,
    "equal": _NUMERIC, "not_equal": _NUMERIC,
    "and": ("boolean",), "or": ("boolean",), "not": ("boolean",),
    "where": ("float", "integer", "boolean"),
}  # fmt: skip
_COMPARES = ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")
_DTYPE: Mapping[Category, ElementType] = {"float": "f32", "integer": "i32", "boolean": "bool"}


def as_tile(value: Value, node: ast.AST) -> Tile:
    """Any value as an operand of tile arithmetic; integer constants become i32 scalars."""
    if isinstance(value, Tile):
        return value
    if isinstance(value, Index):
        return Tile(IndexOperand(expression=value.expression), TileType(dtype="i32"))
    if isinstance(value, Number):
        return Tile(constant(value.value), TileType(dtype=_DTYPE[_category(value)]))
    if isinstance(value, Tensor):
        name = value.parameter.name
        cure = f"load a tile of it: load({name}, index, shape)"
        raise Fault(f"{name} is an array in global memory", node, cure)
    cure = f"assign {value.local} before the loop"
    raise Fault(f"{value.local} has a value inside the loop only", node, cure)


def constant(value: bool | int | float) -> ConstantOperand:
    """The operand of a literal; infinities are text."""
    if value in (float("inf"), float("-inf")):
        return ConstantOperand(value="inf" if value > 0 else "-inf")
    return ConstantOperand(value=value)


def map_values(
    builder: Builder, primitive: MapPrimitive, values: Sequence[Value], node: ast.AST, name: str
) -> Tile:
    """Apply a primitive elementwise; floats are widened to f32 first."""
    data = values[1:] if primitive == "where" else values
    category = _common_category(primitive, data, node)
    tiles = [_operand(builder, value, category, node) for value in data]
    if primitive == "where":
        tiles.insert(0, _condition(values[0], node))
    dimensions = broadcast_dimensions([tile.type.dimensions for tile in tiles], node)
    dtype = "bool" if primitive in _COMPARES else _DTYPE[category]
    return builder.emit(
        node,
        "map",
        name,
        TileType(dtype=dtype, dimensions=dimensions),
        tuple(tile.operand for tile in tiles),
        primitive=primitive,
    )


def cast(
    builder: Builder, tile: Tile, dtype: ElementType, node: ast.AST, name: str | None = None
) -> Tile:
    """The tile in another element type; the same cast is made once."""
    if tile.type.dtype == dtype:
        return tile
    key = ("cast", tile.operand, dtype)
    if key not in builder.done:
        result = TileType(dtype=dtype, dimensions=tile.type.dimensions)
        name = name or builder.derived(tile, f"to_{dtype}")
        builder.done[key] = builder.emit(node, "cast", name, result, (tile.operand,))
    return builder.done[key]


def _condition(value: Value, node: ast.AST) -> Tile:
    tile = as_tile(value, node)
    if tile.type.dtype != "bool":
        message = f"the condition of where is {describe(tile)}"
        raise Fault(message, node, "compare: where(rows < columns, a, b)")
    return tile


def _operand(builder: Builder, value: Value, category: Category, node: ast.AST) -> Tile:
    if isinstance(value, Number):
        number = float(value.value) if category == "float" else value.value
        return Tile(constant(number), TileType(dtype=_DTYPE[category]))
    tile = as_tile(value, node)
    return cast(builder, tile, "f32", node) if category == "float" else tile


def _common_category(primitive: MapPrimitive, values: Sequence[Value], node: ast.AST) -> Category:
    """What the operands are; constants adapt to tiles, an integer constant to floats too."""
    categories = {_category(value) for value in values if not isinstance(value, Number)}
    numbers = {_category(value) for value in values if isinstance(value, Number)}
    if not categories:
        accepted = [c for c in _ACCEPTS[primitive] if c in numbers] or list(_ACCEPTS[primitive])
        categories = {accepted[0]}
    elif "float" in numbers or "boolean" in numbers:
        categories |= numbers - {"integer"}
    if len(categories) > 1:
        for value in values:
            if not isinstance(value, Number):
                as_tile(value, node)  # an argument or a local without value is the nearer fault
        shown = " and ".join(describe(value) for value in values)
        raise Fault(f"{primitive} of {shown}", node, "cast one of them: .to(f32), .to(i32)")
    category = categories.pop()
    if category not in _ACCEPTS[primitive]:
        shown = " and ".join(describe(value) for value in values)
        raise Fault(f"{primitive} of {shown}", node, _CURES.get((primitive, category), _CAST))
    return category


_CAST = "cast it: .to(f32), or compare for a mask"
_CURES = {
    ("divide", "integer"): "use // for integers",
    ("floor_divide", "float"): "use / for floats",
}


def _category(value: Value) -> Category:
    if isinstance(value, Number):
        if isinstance(value.value, bool):
            return "boolean"
        return "integer" if isinstance(value.value, int) else "float"
    if isinstance(value, Tile):
        if value.type.dtype == "bool":
            return "boolean"
        return "float" if is_float(value.type.dtype) else "integer"
    # an array or an unset local is refused as an operand, whatever else is
    return "float" if isinstance(value, Tensor | Unset) else "integer"
