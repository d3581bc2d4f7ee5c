"""Expressions of the program: operators, casts, transposes, broadcasts."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ...models.index_expression import IndexOperator
from ...models.kernel import ELEMENT_BYTES, ElementType
from ...models.tile_operation import MapPrimitive, TileType
from .builder import Builder
from .faults import Fault, near_miss
from .indices import checked_integer, is_integer, join
from .primitives import as_tile, cast, map_values
from .scope import Scope
from .values import UNIT, Number, Tile, Value, describe

DTYPES: Mapping[str, ElementType] = {dtype: dtype for dtype in ELEMENT_BYTES}
# what other languages and libraries call them
_OTHER_NAMES: Mapping[str, ElementType] = {
    "bfloat16": "bf16",
    "float16": "fp16",
    "half": "fp16",
    "f16": "fp16",
    "float32": "f32",
    "fp32": "f32",
    "float": "f32",
    "float8_e4m3fn": "fp8e4m3",
    "float8e4nv": "fp8e4m3",
    "e4m3": "fp8e4m3",
    "int32": "i32",
    "int": "i32",
    "int1": "bool",
}
_BINARY: Mapping[type[ast.operator], tuple[MapPrimitive, IndexOperator | None]] = {
    ast.Add: ("add", "+"),
    ast.Sub: ("subtract", "-"),
    ast.Mult: ("multiply", "*"),
    ast.Div: ("divide", None),
    ast.FloorDiv: ("floor_divide", "//"),
    ast.Mod: ("remainder", "%"),
    ast.BitAnd: ("and", None),
    ast.BitOr: ("or", None),
}
_COMPARE: Mapping[type[ast.cmpop], MapPrimitive] = {
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
    ast.Eq: "equal",
    ast.NotEq: "not_equal",
}
_FOLD: Mapping[str, Callable[[float, float], float]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
}
_CURES: Mapping[type[ast.AST], str] = {
    ast.Pow: "multiply: x * x",
    ast.MatMult: "use dot(a, b)",
    ast.IfExp: "use where(condition, a, b)",
    ast.BoolOp: "join masks with & and |",
    ast.Not: "negate a mask with ~",
    ast.Tuple: "tuples stand for indices and shapes only",
    ast.Lambda: "write the expression out",
}
_OTHERWISE = (
    "use arithmetic, comparisons, .T, .to(dtype), [:, None] and the functions of the language"
)

Function = Callable[["Expressions", ast.Call, str], Value]


@dataclass(slots=True)
class Expressions:
    """Turns expressions into values, adding operations to the builder on the way."""

    builder: Builder
    scope: Scope
    functions: Mapping[str, Function]

    def evaluate(self, node: ast.expr, name: str | None = None) -> Value:
        """The value of an expression; its last operation takes `name` when given."""
        if isinstance(node, ast.Constant):
            return _constant(node)
        if isinstance(node, ast.Name):
            return Number(math.inf) if node.id == "inf" else self.scope.read(node)
        if isinstance(node, ast.UnaryOp):
            return self._unary(node, name)
        if isinstance(node, ast.BinOp):
            return self._binary(node, name)
        if isinstance(node, ast.Compare):
            return self._compare(node, name)
        if isinstance(node, ast.Call):
            return self._call(node, name)
        if isinstance(node, ast.Attribute):
            return self._attribute(node, name)
        if isinstance(node, ast.Subscript):
            return self._broadcast(node, name)
        raise unsupported(node)

    def tile(self, node: ast.expr, name: str | None = None) -> Tile:
        """The value of an expression as an operand of tile arithmetic."""
        return as_tile(self.evaluate(node, name), node)

    def map(
        self, primitive: MapPrimitive, values: list[Value], node: ast.AST, name: str | None
    ) -> Tile:
        """One elementwise operation."""
        name = name or self.builder.inner(primitive)
        return map_values(self.builder, primitive, values, node, name)

    def _unary(self, node: ast.UnaryOp, name: str | None) -> Value:
        value = self.evaluate(node.operand)
        if isinstance(node.op, ast.Invert):
            return self.map("not", [value], node, name)
        if not isinstance(node.op, ast.USub | ast.UAdd):
            raise unsupported(node.op, node)
        if isinstance(node.op, ast.UAdd):
            return as_tile(value, node) if not is_number_like(value) else value
        if isinstance(value, Number) and not isinstance(value.value, bool):
            return Number(-value.value)
        if is_integer(value):
            return join("-", Number(0), value, node)
        return self.map("negate", [value], node, name)

    def _binary(self, node: ast.BinOp, name: str | None) -> Value:
        if type(node.op) not in _BINARY:
            raise unsupported(node.op, node)
        primitive, symbol = _BINARY[type(node.op)]
        left, right = self.evaluate(node.left), self.evaluate(node.right)
        if symbol is not None and is_integer(left) and is_integer(right):
            return join(symbol, left, right, node)
        if isinstance(left, Number) and isinstance(right, Number):
            return _fold(primitive, left, right, node)
        return self.map(primitive, [left, right], node, name)

    def _compare(self, node: ast.Compare, name: str | None) -> Value:
        if len(node.ops) > 1:
            raise Fault("a chain of comparisons", node, "join two comparisons with &")
        if type(node.ops[0]) not in _COMPARE:
            raise Fault("this comparison is not supported", node, "use < <= > >= == !=")
        values = [self.evaluate(node.left), self.evaluate(node.comparators[0])]
        return self.map(_COMPARE[type(node.ops[0])], values, node, name)

    def _call(self, node: ast.Call, name: str | None) -> Value:
        if isinstance(node.func, ast.Attribute):
            return self._method(node, node.func, name)
        if not isinstance(node.func, ast.Name):
            raise Fault("this cannot be called", node, "call a function of the language by name")
        function = node.func.id
        if function not in self.functions:
            advice = near_miss(function, [*self.functions, "to"], f"known: {self._known()}")
            raise Fault(f"unknown function {function[:64]}", node.func, advice)
        return self.functions[function](self, node, name or self.builder.inner(function))

    def _known(self) -> str:
        return ", ".join(sorted(self.functions))

    def _method(self, node: ast.Call, function: ast.Attribute, name: str | None) -> Value:
        if function.attr != "to" or len(node.args) != 1 or node.keywords:
            cure = "the one method is .to(dtype)"
            if function.attr in self.functions:
                cure = f"write {function.attr}(x, ...)"
            raise Fault(f"unsupported call .{function.attr[:64]}(...)", node, cure)
        tile = self.tile(function.value)
        return cast(self.builder, tile, element_type(node.args[0]), node, name)

    def _attribute(self, node: ast.Attribute, name: str | None) -> Value:
        if node.attr != "T":
            cure = near_miss(node.attr, ["T", "to"], "use .T or .to(dtype)")
            raise Fault(f"unknown attribute .{node.attr[:64]}", node, cure)
        tile = self.tile(node.value)
        if len(tile.type.dimensions) != 2:
            message = f".T of {describe(tile)}"
            raise Fault(message, node, "transpose a matrix; broadcast a vector with [:, None]")
        key = ("transpose", tile.operand)
        if key not in self.builder.done:
            result = TileType(dtype=tile.type.dtype, dimensions=tile.type.dimensions[::-1])
            name = name or self.builder.derived(tile, "T")
            made = self.builder.emit(node, "transpose", name, result, (tile.operand,))
            self.builder.done[key] = made
        return self.builder.done[key]

    def _broadcast(self, node: ast.Subscript, name: str | None) -> Value:
        axis = _inserted_axis(node)
        tile = self.tile(node.value)
        if len(tile.type.dimensions) != 1:
            message = f"[:, None] of {describe(tile)}"
            raise Fault(message, node, "broadcast a vector; scalars need no broadcast")
        key = ("broadcast", tile.operand, axis)
        if key not in self.builder.done:
            (length,) = tile.type.dimensions
            dimensions = (length, UNIT) if axis == 1 else (UNIT, length)
            result = TileType(dtype=tile.type.dtype, dimensions=dimensions)
            name = name or self.builder.derived(tile, "column" if axis == 1 else "row")
            made = self.builder.emit(node, "broadcast", name, result, (tile.operand,), axis=axis)
            self.builder.done[key] = made
        return self.builder.done[key]


def is_number_like(value: Value) -> bool:
    """Whether the value is a constant or an index rather than a tile."""
    return isinstance(value, Number) or is_integer(value)


def element_type(node: ast.expr) -> ElementType:
    """The element type that a name stands for."""
    if isinstance(node, ast.Name) and node.id in DTYPES:
        return DTYPES[node.id]
    given = node.id if isinstance(node, ast.Name) else "this"
    cure = f"one of {', '.join(DTYPES)}"
    if given in _OTHER_NAMES:
        cure = f"did you mean {_OTHER_NAMES[given]}?"
    raise Fault(f"{given[:64]} is not an element type", node, cure)


def unsupported(node: ast.AST, at: ast.AST | None = None) -> Fault:
    """The fault of a piece of Python that is not part of the language."""
    cure = _CURES.get(type(node), _OTHERWISE)
    return Fault(f"{type(node).__name__} is not part of the language", at or node, cure)


def _constant(node: ast.Constant) -> Number:
    if isinstance(node.value, bool | float):
        return Number(node.value)
    if isinstance(node.value, int):
        return Number(checked_integer(node.value, node))
    raise Fault("only numbers and True, False are constants", node, _OTHERWISE)


def _inserted_axis(node: ast.Subscript) -> int:
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    kinds = [_subscript_kind(part) for part in parts]
    if kinds == [":", "None"]:
        return 1
    if kinds == ["None", ":"]:
        return 0
    raise Fault("this subscript is not supported", node, "use [:, None] or [None, :]")


def _subscript_kind(node: ast.expr) -> str:
    if isinstance(node, ast.Slice) and node.lower is node.upper is node.step is None:
        return ":"
    return "None" if isinstance(node, ast.Constant) and node.value is None else "other"


def _fold(primitive: MapPrimitive, left: Number, right: Number, node: ast.AST) -> Number:
    """Arithmetic on constants, at least one of which is a float, or a true division."""
    try:
        result = _FOLD[primitive](float(left.value), float(right.value))
    except (KeyError, ZeroDivisionError):
        raise Fault("this constant has no value", node, "write the number") from None
    if math.isnan(result):
        raise Fault("this constant is not a number", node, "write a number")
    return Number(result)
