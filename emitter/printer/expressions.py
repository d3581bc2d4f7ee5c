"""Elementwise expressions in C++: a text, its type, and how tightly it binds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ...models.warp_expression import (
    Apply,
    Coordinate,
    Expression,
    FragmentElement,
    IndexValue,
    NumberValue,
    Rounded,
    ScalarValue,
)
from .fragments import element_type
from .primitives import APPLY
from .scope import Scope, refuse
from .values import ADDED, ATOM, Value, as_type, number


@dataclass(frozen=True, slots=True)
class Element:
    """Which element a thread computes: C++ texts, empty where the element has no such place.

    item: in a matrix or operand fragment. row, column: in a rows or columns fragment. down, across:
    rows and columns beyond the first ones of the thread.
    """

    item: str = ""
    row: str = ""
    column: str = ""
    down: str = ""
    across: str = ""


def matrix_element(item: str) -> Element:
    """Element `item` of a matrix fragment."""
    return Element(
        item, f"row_of({item})", f"column_of({item})", f"8 * row_of({item})", f"column_at({item})"
    )


def row_element(row: str) -> Element:
    """Element `row` of a rows fragment."""
    return Element(row=row, down=f"8 * {row}")


def column_element(column: str) -> Element:
    """Element `column` of a columns fragment."""
    return Element(column=column, across=f"8 * ({column} >> 1) + ({column} & 1)")


def element_of(layout: Literal["matrix", "rows", "columns", "scalar"], variable: str) -> Element:
    """The element of a fragment of that layout, counted by a variable."""
    if layout == "matrix":
        return matrix_element(variable)
    if layout == "rows":
        return row_element(variable)
    return column_element(variable) if layout == "columns" else Element()


def value_of(expression: Expression, element: Element, scope: Scope) -> Value:
    """The expression at an element."""
    if isinstance(expression, FragmentElement):
        return _fragment(expression.name, element, scope)
    if isinstance(expression, NumberValue):
        return number(expression.value)
    if isinstance(expression, ScalarValue):
        return _scalar(expression.argument, scope)
    if isinstance(expression, IndexValue):
        total = scope.index(expression.expression)
        binding = ATOM if total.is_atom else ADDED if total.terms else ATOM
        return Value(total.text, "int", binding, is_literal=not total.terms)
    if isinstance(expression, Coordinate):
        return _coordinate(expression, element)
    if isinstance(expression, Rounded):
        return _rounded(expression, element, scope)
    return _applied(expression, element, scope)


def text_of(expression: Expression, element: Element, scope: Scope, type_name: str) -> str:
    """The expression at an element, converted to a type."""
    return as_type(value_of(expression, element, scope), type_name).text


def _applied(expression: Apply, element: Element, scope: Scope) -> Value:
    operands = [value_of(operand, element, scope) for operand in expression.operands]
    return APPLY[expression.primitive](*operands)


def _fragment(name: str, element: Element, scope: Scope) -> Value:
    fragment, variable = scope.role.fragment(name), scope.fragment(name)
    type_name = element_type(fragment.dtype)
    if fragment.layout == "scalar":
        return Value(variable, type_name)
    index = {"rows": element.row, "columns": element.column}.get(fragment.layout, element.item)
    if not index:
        raise refuse(f"{name} has no element for each of the target")
    if fragment.layout == "operand":
        text = f"unpack_{fragment.dtype}({variable}[({index}) >> 1], ({index}) & 1)"
        return Value(text, type_name)
    return Value(f"{variable}[{index}]", type_name)


def _scalar(argument: str, scope: Scope) -> Value:
    for parameter in scope.program.parameters:
        if parameter.name == argument:
            type_name = element_type(parameter.dtype)
            return Value(scope.names.of("argument", argument), type_name)
    raise refuse(f"{argument} is no scalar argument")


def _coordinate(coordinate: Coordinate, element: Element) -> Value:
    is_row = coordinate.axis == "row"
    further = element.down if is_row else element.across
    if not further:
        raise refuse(f"an element of the target has no {coordinate.axis}")
    lane = "lane_row" if is_row else "lane_column"
    first = f"{coordinate.first} + " if coordinate.first else ""
    return Value(f"{first}{lane} + {further}", "int", ADDED)


def _rounded(expression: Rounded, element: Element, scope: Scope) -> Value:
    wanted = element_type(expression.dtype)
    value = as_type(value_of(expression.operand, element, scope), wanted)
    if wanted != "float" or expression.dtype == "f32":
        return value
    return Value(f"round_{expression.dtype}({value.text})", "float")
