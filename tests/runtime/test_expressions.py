"""Integer expressions of launch.json."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twill.models.errors import InvalidInput
from twill.runtime.expressions import DEEPEST, evaluate, names_in, read_expression, shown


@pytest.mark.parametrize(
    ("sign", "value"),
    [("+", 20), ("-", 14), ("*", 51), ("//", 5), ("%", 2), ("cdiv", 6), ("min", 3), ("max", 17)],
)
def test_operators(sign: str, value: int) -> None:
    assert evaluate(read_expression([sign, "M", 3]), {"M": 17}) == value


def test_nesting_names_and_text() -> None:
    expression = read_expression(["min", ["*", ["cdiv", "M", 128], ["cdiv", "N", 256]], 132])
    assert evaluate(expression, {"M": 1000, "N": 512}) == 16
    assert names_in(expression) == {"M", "N"}
    assert shown(expression) == "min((cdiv(M, 128) * cdiv(N, 256)), 132)"
    assert read_expression(expression) == expression


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = ["+", value, 1]
    return value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (True, "not an expression"),
        (1.5, "not an expression"),
        (None, "not an expression"),
        ([], "not an expression"),
        (["+", 1], "not an expression"),
        (["+", 1, {}], "not an expression"),
        (["**", 1, 2], "no operator"),
        ([["+"], 1, 2], "no operator"),
        (2**63, "does not fit"),
        (nested(DEEPEST + 1), "deeper than 32"),
    ],
)
def test_what_is_no_expression(value: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read_expression(value)


def test_the_deepest_expression() -> None:
    assert evaluate(read_expression(nested(DEEPEST)), {}) == DEEPEST + 1


@pytest.mark.parametrize("sign", ["//", "%", "cdiv"])
def test_division_by_zero(sign: str) -> None:
    with pytest.raises(InvalidInput, match="divides by zero"):
        evaluate(read_expression([sign, 4, ["-", "M", "M"]]), {"M": 2})


def test_values_that_are_unknown_or_too_large() -> None:
    with pytest.raises(InvalidInput, match="extent K is not known"):
        evaluate("K", {"M": 1})
    with pytest.raises(InvalidInput, match="does not fit"):
        evaluate(read_expression(["*", 2**62, 2]), {})


@given(st.integers(-(2**40), 2**40), st.integers(1, 2**20))
def test_cdiv_rounds_up(left: int, right: int) -> None:
    value = evaluate(read_expression(["cdiv", left, right]), {})
    assert (value - 1) * right < left <= value * right
