"""Whether an integer rises along a grid axis: never said where some values make it fall."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twill.emitter.lower.trends import trend
from twill.models.index_expression import (
    IndexConstant,
    IndexExpression,
    IndexName,
    IndexOperation,
    IndexOperator,
    evaluate_index,
)

M, H = IndexName(name="m", role="grid"), IndexName(name="h", role="grid")
LENGTH = IndexName(name="length", role="extent")
OPERATORS: tuple[IndexOperator, ...] = ("+", "-", "*", "//", "%", "cdiv", "min", "max")


def number(value: int) -> IndexConstant:
    return IndexConstant(value=value)


def join(left: IndexExpression, operator: IndexOperator, right: IndexExpression) -> IndexOperation:
    return IndexOperation(operator=operator, left=left, right=right)


def expressions() -> st.SearchStrategy[IndexExpression]:
    leaves = st.sampled_from((M, H, LENGTH)) | st.integers(-3, 5).map(number)
    return st.recursive(
        leaves,
        lambda inner: st.builds(join, inner, st.sampled_from(OPERATORS), inner),
        max_leaves=6,
    )


def values(expression: IndexExpression, h: int, length: int) -> list[int]:
    """Along m; none where the expression divides by zero."""
    try:
        return [evaluate_index(expression, {"m": m, "h": h, "length": length}) for m in range(9)]
    except ZeroDivisionError:
        return []


@given(expressions(), st.integers(0, 7), st.integers(0, 9))
def test_what_is_said_holds(expression: IndexExpression, h: int, length: int) -> None:
    found, said = values(expression, h, length), trend(expression, "m")
    if said == "level":
        assert len(set(found)) <= 1
    elif said == "up":
        assert found == sorted(found)
    elif said == "down":
        assert found == sorted(found, reverse=True)


DIAGONAL = join(join(join(M, "+", number(1)), "*", number(128)), "cdiv", number(64))
SAID = {
    "level": (LENGTH, join(H, "*", number(4)), join(LENGTH, "//", number(128))),
    "up": (M, DIAGONAL, join(DIAGONAL, "min", join(LENGTH, "cdiv", number(64)))),
    "down": (join(LENGTH, "-", M), join(number(8), "-", DIAGONAL)),
    "unknown": (
        join(DIAGONAL, "-", join(M, "*", number(2))),  # a window that moves along
        join(M, "%", number(2)),
        join(M, "*", number(-1)),
        join(M, "+", IndexName(name="first", role="local")),
    ),
}


@pytest.mark.parametrize("said", SAID)
def test_loops_of_kernels(said: str) -> None:
    assert [trend(expression, "m") for expression in SAID[said]] == [said] * len(SAID[said])
