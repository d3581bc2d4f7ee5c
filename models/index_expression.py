"""Integer expressions over indices and extents: where a tile lies, how often a loop runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from .document import Document

IndexRole = Literal["grid", "loop", "extent", "argument", "local"]
IndexOperator = Literal["+", "-", "*", "//", "%", "cdiv", "min", "max"]


class IndexConstant(Document):
    """An integer known when the schedule is solved; sizes are folded into it."""

    kind: Literal["constant"] = "constant"
    value: int


class IndexName(Document):
    """An integer known when the kernel runs.

    `role` says from where: a grid index, a loop index, a symbolic extent of an argument's shape,
    a scalar argument, or an operation of the program whose result is an i32 scalar (`local`).
    """

    kind: Literal["name"] = "name"
    name: str
    role: IndexRole


class IndexOperation(Document):
    """Two expressions joined; `//`, `%` and `cdiv` round as Python's floor division does."""

    kind: Literal["operation"] = "operation"
    operator: IndexOperator
    left: IndexExpression
    right: IndexExpression


IndexExpression = Annotated[IndexConstant | IndexName | IndexOperation, Field(discriminator="kind")]
IndexOperation.model_rebuild()

_APPLY: Mapping[str, Callable[[int, int], int]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "//": lambda left, right: left // right,
    "%": lambda left, right: left % right,
    "cdiv": lambda left, right: -(-left // right),
    "min": min,
    "max": max,
}


def apply_operator(operator: IndexOperator, left: int, right: int) -> int:
    """Raises ZeroDivisionError where Python's integer division does."""
    return _APPLY[operator](left, right)


def evaluate_index(expression: IndexExpression, values: Mapping[str, int]) -> int:
    """The integer that the expression has under `values`, which binds every name in it."""
    if isinstance(expression, IndexConstant):
        return expression.value
    if isinstance(expression, IndexName):
        return values[expression.name]
    left = evaluate_index(expression.left, values)
    return apply_operator(expression.operator, left, evaluate_index(expression.right, values))


def names_in_index(expression: IndexExpression) -> Iterator[IndexName]:
    """Every name in the expression, from left to right, repetitions included."""
    if isinstance(expression, IndexName):
        yield expression
    elif isinstance(expression, IndexOperation):
        yield from names_in_index(expression.left)
        yield from names_in_index(expression.right)


def is_natural(expression: IndexExpression, natural: frozenset[IndexRole]) -> bool:
    """Whether the expression is seen to be 0 or more, as all names of the `natural` roles are."""
    if isinstance(expression, IndexConstant):
        return expression.value >= 0
    if isinstance(expression, IndexName):
        return expression.role in natural
    left, right = is_natural(expression.left, natural), is_natural(expression.right, natural)
    if expression.operator == "max":
        return left or right
    if expression.operator == "%":
        return right  # Python's remainder has the sign of the divisor
    return left and right and expression.operator != "-"


def index_text(expression: IndexExpression) -> str:
    """The expression as it would be written in a kernel document."""
    if isinstance(expression, IndexConstant):
        return str(expression.value)
    if isinstance(expression, IndexName):
        return expression.name
    left, right = index_text(expression.left), index_text(expression.right)
    if expression.operator in ("cdiv", "min", "max"):
        return f"{expression.operator}({left}, {right})"
    return f"({left} {expression.operator} {right})"
