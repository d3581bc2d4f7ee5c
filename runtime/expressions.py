"""Integer expressions of launch.json: an integer, a name, or `[operator, left, right]`."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping

from ..models.errors import InvalidInput

Expression = int | str | tuple[str, "Expression", "Expression"]
"""A checked expression; a name stands for an extent."""

DEEPEST = 32
LARGEST = 2**63 - 1  # magnitude of any value on the way


def _cdiv(left: int, right: int) -> int:
    return -(-left // right)


_OPERATORS: dict[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
    "cdiv": _cdiv,
    "min": min,
    "max": max,
}


def read_expression(value: object, depth: int = DEEPEST) -> Expression:
    """Check a JSON value and return it as an expression; InvalidInput says what is wrong."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return _bounded(value)
    if not isinstance(value, list | tuple) or len(value) != 3:
        raise InvalidInput(
            "not an expression", cure="write an integer, a name, or [operator, left, right]"
        )
    if depth <= 0:
        raise InvalidInput(f"an expression is deeper than {DEEPEST}")
    sign, left, right = value
    if not isinstance(sign, str) or sign not in _OPERATORS:
        raise InvalidInput(f"no operator {sign!r}", cure=f"take one of {' '.join(_OPERATORS)}")
    return (sign, read_expression(left, depth - 1), read_expression(right, depth - 1))


def names_in(expression: Expression) -> frozenset[str]:
    """The names that an expression needs."""
    if isinstance(expression, tuple):
        return names_in(expression[1]) | names_in(expression[2])
    return frozenset((expression,)) if isinstance(expression, str) else frozenset()


def evaluate(expression: Expression, values: Mapping[str, int]) -> int:
    """The value of an expression. `//`, `%` and `cdiv` round as in Python.

    Raises InvalidInput for a name without a value, a division by zero, and a value beyond 64 bits.
    """
    if isinstance(expression, int):
        return expression
    if isinstance(expression, str):
        if expression not in values:
            raise InvalidInput(f"the extent {expression} is not known")
        return values[expression]
    sign, left, right = expression
    first, second = evaluate(left, values), evaluate(right, values)
    if second == 0 and sign in ("//", "%", "cdiv"):
        raise InvalidInput(f"{shown(expression)} divides by zero")
    return _bounded(_OPERATORS[sign](first, second))


def shown(expression: Expression) -> str:
    """The expression as people write it."""
    if not isinstance(expression, tuple):
        return str(expression)
    sign, left, right = expression
    if sign.isalpha():
        return f"{sign}({shown(left)}, {shown(right)})"
    return f"({shown(left)} {sign} {shown(right)})"


def _bounded(value: int) -> int:
    if abs(value) > LARGEST:
        raise InvalidInput("a value of an expression does not fit 64 bits")
    return value
