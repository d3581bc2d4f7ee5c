"""How an integer changes along a grid axis: whether a loop is longer in later tiles."""

from __future__ import annotations

from typing import Literal

from ...models.index_expression import (
    IndexConstant,
    IndexExpression,
    IndexName,
    IndexRole,
    is_natural,
)

_NATURAL: frozenset[IndexRole] = frozenset(("grid", "extent"))
Trend = Literal["level", "up", "down", "unknown"]

_OPPOSITE: dict[Trend, Trend] = {
    "level": "level", "up": "down", "down": "up", "unknown": "unknown",
}  # fmt: skip


def trend(expression: IndexExpression, axis: str) -> Trend:
    """Whether the expression never falls (up) or never rises (down) with the grid index `axis`.

    Extents and grid indices are 0 or more, and other names do not change from tile to tile as far
    as they are known here: those of the loop and of loaded numbers do not count.
    """
    if isinstance(expression, IndexConstant):
        return "level"
    if isinstance(expression, IndexName):
        if expression.role in ("loop", "local"):
            return "unknown"
        return "up" if expression.role == "grid" and expression.name == axis else "level"
    left, right = trend(expression.left, axis), trend(expression.right, axis)
    if left == right == "level":
        return "level"
    match expression.operator:
        case "+" | "min" | "max":
            return _joined(left, right)
        case "-":
            return _joined(left, _OPPOSITE[right])
        case "*" if right == "level" and is_natural(expression.right, _NATURAL):
            return left
        case "*" if left == "level" and is_natural(expression.left, _NATURAL):
            return right
        case "//" | "cdiv" if right == "level" and is_natural(expression.right, _NATURAL):
            return left
    return "unknown"


def _joined(left: Trend, right: Trend) -> Trend:
    if "level" in (left, right):
        return right if left == "level" else left
    return left if left == right else "unknown"
