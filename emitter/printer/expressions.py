"""Elementwise expressions in C++: a text, its type, and how tightly it binds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ...models.kernel import ELEMENT_BYTES
from ...models.warp_expression import (
    Apply,
    ArgumentElement,
    Coordinate,
    Expression,
    FragmentElement,
    IndexValue,
    LaneElement,
    NumberValue,
    Rounded,
    ScalarValue,
    StoredElement,
    SumAbove,
)
from ...models.warp_program import SharedBuffer
from . import stripes
from .arguments import of_argument
from .fragments import element_type
from .primitives import APPLY
from .scope import Scope, refuse
from .stored import OWN, tile_name
from .values import ADDED, ATOM, Value, as_type, number

LANES = 32


@dataclass(frozen=True, slots=True)
class Element:
    """Which element a thread computes: C++ texts, empty where the element has no such place.

    item: in a matrix or operand fragment. row, column, lane: in a rows, columns or lanes fragment.
    down, across: rows and columns beyond the first ones of the thread. place: of an element of a
    vector, in the whole vector.
    """

    item: str = ""
    row: str = ""
    column: str = ""
    lane: str = ""
    down: str = ""
    across: str = ""
    place: str = ""

    def at(self, axis: str) -> str:
        """Where the element lies along an axis; empty where it has no place there."""
        if axis == "row":
            return f"lane_row + {self.down}" if self.down else ""
        if axis == "column":
            return f"lane_column + {self.across}" if self.across else ""
        return self.place if axis == "lane" and self.lane else ""


def matrix_element(item: str, row_threads: int = 0) -> Element:
    """Element `item` of a matrix fragment; `row_threads`: that have a row, and no other."""
    if row_threads:
        across = stripes.column(item, row_threads)
        return Element(item=item, row="0", column=item, down="0", across=across)
    return Element(
        item=item, row=f"row_of({item})", column=f"column_of({item})",
        down=f"8 * row_of({item})", across=f"column_at({item})",
    )  # fmt: skip


def row_element(row: str, row_threads: int = 0) -> Element:
    """Element `row` of a rows fragment."""
    if row_threads:
        return Element(row="0", down="0", place="lane_row")
    return Element(row=row, down=f"8 * {row}", place=f"lane_row + 8 * {row}")


def column_element(column: str, row_threads: int = 0) -> Element:
    """Element `column` of a columns fragment."""
    if row_threads:
        across = stripes.column(column, row_threads)
        place = column if row_threads == 1 else f"lane_column + {across}"
        return Element(column=column, across=across, place=place)
    across = f"8 * ({column} >> 1) + ({column} & 1)"
    return Element(column=column, across=across, place=f"lane_column + {across}")


def lane_element(register: str, each: int) -> Element:
    """Element `register` of a lanes fragment of which each lane holds so many elements."""
    first = "lane" if each == 1 else f"{each} * lane"
    return Element(lane=register, place=f"{first} + {register}")


def element_of(
    layout: Literal["matrix", "rows", "columns", "lanes", "scalar"], variable: str, each: int = 1,
    *, row_threads: int = 0,
) -> Element:  # fmt: skip
    """The element of a fragment of that layout, counted by a variable; `each`: of a lane."""
    if layout == "lanes":
        return lane_element(variable, each)
    if layout == "matrix":
        return matrix_element(variable, row_threads)
    if layout == "rows":
        return row_element(variable, row_threads)
    return column_element(variable, row_threads) if layout == "columns" else Element()


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
    if isinstance(expression, StoredElement | ArgumentElement):
        return _in_memory(expression, element, scope)
    if isinstance(expression, LaneElement):
        return _turned(expression, element, scope)
    if isinstance(expression, SumAbove):
        return _sum_above(expression, element, scope)
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
    if fragment.layout == "scalar" or (fragment.layout == "rows" and scope.by_row):
        return Value(variable, type_name)
    indices = {"rows": element.row, "columns": element.column, "lanes": element.lane}
    index = indices.get(fragment.layout, element.item)
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
    first = f"{coordinate.first} + " if coordinate.first else ""
    return Value(f"{first}{_along(coordinate.axis, element)}", "int", ADDED)


def _along(axis: str, element: Element) -> str:
    text = element.at(axis)
    if not text:
        raise refuse(f"an element of the target has no {axis}")
    return text


def _in_memory(
    expression: StoredElement | ArgumentElement, element: Element, scope: Scope
) -> Value:
    if isinstance(expression, ArgumentElement):
        return of_argument(expression, (element.at("row"), element.at("column")), scope)
    return _stored(expression, element, scope)


def _stored(stored: StoredElement, element: Element, scope: Scope) -> Value:
    """A load of one element from where the panels of its tile hold it."""
    buffer = scope.program.buffer(stored.buffer)
    size, tile = ELEMENT_BYTES[buffer.dtype], tile_name(stored)
    if scope.by_row and stripes.is_aligned(stored, buffer, scope.row_threads):
        row = _own(_place(stored.down, stored.first_row, element)).removesuffix(" + 0")
        text = stripes.load(stored, buffer, row, element.item or element.column, scope.row_threads)
        return Value(text, element_type(buffer.dtype))
    if not scope.by_row and _is_in_pairs(stored, buffer):
        return _half_of_pair(stored, buffer, element)
    row = _own(_place(stored.down, stored.first_row, element))
    column = _own(_place(stored.across, stored.first_column, element))
    if buffer.swizzle:
        where = f"swizzled<{buffer.swizzle}, {buffer.rows}>({row}, {size} * ({column}))"
    elif row == "0":
        where = f"{size} * ({column})"
    else:
        where = f"row_major<{size * buffer.columns}>({row}, {size} * ({column}))"
    return Value(f"load_{buffer.dtype}({tile} + {where})", element_type(buffer.dtype))


def _is_in_pairs(stored: StoredElement, buffer: SharedBuffer) -> bool:
    """Whether neighbours in a row, which a thread holds by twos, can be loaded together."""
    by_matrix = (stored.down, stored.across) == ("row", "column")
    even = not stored.first_column % 2 and bool(buffer.swizzle)
    return by_matrix and even and buffer.dtype in ("bf16", "fp16", "f32")


def _half_of_pair(stored: StoredElement, buffer: SharedBuffer, element: Element) -> Value:
    """One of two elements: the compiler sees that its neighbour takes the same load."""
    row = _own(_place("row", stored.first_row, element))
    first = f"{stored.first_column} + " if stored.first_column else ""
    column = f"{first}own_column + ({element.across} & ~1)"
    size, tile = ELEMENT_BYTES[buffer.dtype], tile_name(stored)
    where = f"swizzled<{buffer.swizzle}, {buffer.rows}>({row}, {size} * ({column}))"
    half = f"{element.item} & 1" if element.item.isidentifier() else f"({element.item}) & 1"
    return Value(f"half_{buffer.dtype}({tile} + {where}, {half})", "float")


def _place(axis: str, first: int, element: Element) -> str:
    if axis == "none":
        return str(first)
    return f"{first} + {_along(axis, element)}" if first else _along(axis, element)


def _own(place: str) -> str:
    for lane, own in OWN.items():
        place = place.replace(lane, own)
    return place


def _turned(turned: LaneElement, element: Element, scope: Scope) -> Value:
    fragment = scope.layout(turned.name, "lanes")
    name, place = scope.fragment(turned.name), _place(turned.axis, turned.first, element)
    each = fragment.columns // LANES
    return Value(f"of_lane<{each}>({name}, {place})", element_type(fragment.dtype))


def _sum_above(total: SumAbove, element: Element, scope: Scope) -> Value:
    buffer = scope.program.buffer(total.buffer)
    rows, column = tile_name(total), _own(_along("column", element))
    return Value(f"sum_above<{buffer.columns}>({rows}, warp & 3, {column})", "float")


def _rounded(expression: Rounded, element: Element, scope: Scope) -> Value:
    wanted = element_type(expression.dtype)
    value = as_type(value_of(expression.operand, element, scope), wanted)
    if wanted != "float" or expression.dtype == "f32":
        return value
    return Value(f"round_{expression.dtype}({value.text})", "float")
