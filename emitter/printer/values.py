"""Values in C++: a text with its type, and how tightly its outermost operator binds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TypeName = Literal["float", "int", "bool"]

ATOM, UNARY, MULTIPLIED, ADDED, COMPARED, JOINED, TERNARY = range(7)
"""Bindings, the tightest first."""


@dataclass(frozen=True, slots=True)
class Value:
    """A C++ expression."""

    text: str
    type: str
    binding: int = ATOM
    is_literal: bool = False

    def within(self, binding: int) -> str:
        """The text as an operand of something that binds so tightly."""
        return self.text if self.binding <= binding else f"({self.text})"


def number(value: bool | int | float | str) -> Value:
    """A literal."""
    if isinstance(value, str):
        sign = "-" if value.startswith("-") else ""
        return Value(f"{sign}infinity()", "float", UNARY if sign else ATOM)
    binding = UNARY if value < 0 else ATOM
    if isinstance(value, bool):
        return Value("true" if value else "false", "bool", is_literal=True)
    if isinstance(value, int):
        return Value(str(value), "int", binding, is_literal=True)
    return Value(f"{value!r}f", "float", binding, is_literal=True)


def as_type(value: Value, wanted: str) -> Value:
    """The value converted; a literal is written anew."""
    if value.type == wanted:
        return value
    if wanted == "bool":
        zero = "0.0f" if value.type == "float" else "0"
        return Value(f"{value.within(ADDED)} != {zero}", "bool", COMPARED)
    if value.is_literal and value.type == "int" and wanted == "float":
        return number(float(value.text))
    return Value(f"({wanted}){value.within(UNARY)}", wanted, UNARY, value.is_literal)


def common_type(*values: Value) -> str:
    """The type in which values meet: float before int, and bool as int."""
    if any(value.type == "float" for value in values):
        return "float"
    return "int"
