"""Integer expressions in C++: sums are collected, so that they read as if written by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...models.index_expression import (
    IndexConstant,
    IndexExpression,
    IndexName,
    IndexOperator,
    IndexRole,
    apply_operator,
    is_natural,
)


@dataclass(frozen=True, slots=True)
class Sum:
    """`terms` are texts that bind as tightly as a product, each with its factor."""

    terms: tuple[tuple[str, int], ...] = ()
    constant: int = 0

    def __add__(self, other: Sum) -> Sum:
        factors: dict[str, int] = {}
        for term, factor in (*self.terms, *other.terms):
            factors[term] = factors.get(term, 0) + factor
        kept = tuple((term, factor) for term, factor in factors.items() if factor)
        return Sum(kept, self.constant + other.constant)

    def __mul__(self, factor: int) -> Sum:
        if not factor:
            return Sum()
        terms = tuple((term, own * factor) for term, own in self.terms)
        return Sum(terms, self.constant * factor)

    def plus(self, number: int) -> Sum:
        """The sum with a number more."""
        return Sum(self.terms, self.constant + number)

    @property
    def is_atom(self) -> bool:
        """Whether it needs no parentheses as a factor."""
        only = len(self.terms) == 1 and self.terms[0][0].isidentifier()
        whole = only and self.terms[0][1] == 1 and not self.constant
        return whole or (not self.terms and self.constant >= 0)

    @property
    def factor(self) -> str:
        """The text, in parentheses where it is to be multiplied or divided."""
        return self.text if self.is_atom else f"({self.text})"

    @property
    def text(self) -> str:
        """The sum in C++; what is added comes before what is subtracted."""
        parts = [(term, factor) for term, factor in self.terms if factor > 0]
        added = [_times(term, factor) for term, factor in parts]
        subtracted = [_times(term, -factor) for term, factor in self.terms if factor < 0]
        if self.constant > 0 or not (added or subtracted):
            added.append(str(self.constant))
        if self.constant < 0:
            subtracted.append(str(-self.constant))
        head = " + ".join(added) if added else f"-{subtracted.pop(0)}"
        return " - ".join([head, *subtracted])


def atom(text: str) -> Sum:
    """A sum of one thing."""
    return Sum(((text, 1),))


def constant(value: int) -> Sum:
    """A number."""
    return Sum((), value)


def _times(term: str, factor: int) -> str:
    # The factor comes last: the term may be a quotient, which the factor must not enter.
    return term if factor == 1 else f"{term} * {factor}"


def index_sum(
    expression: IndexExpression, value: Callable[[IndexName], Sum], natural: frozenset[IndexRole]
) -> Sum:
    """An index expression in C++: what each name stands for, and whose names are 0 or more."""
    if isinstance(expression, IndexConstant):
        return constant(expression.value)
    if isinstance(expression, IndexName):
        return value(expression)
    left = index_sum(expression.left, value, natural)
    right = index_sum(expression.right, value, natural)
    operator = expression.operator
    if not (left.terms or right.terms):
        return constant(apply_operator(operator, left.constant, right.constant))
    if operator == "+":
        return left + right
    if operator == "-":
        return left + right * -1
    if operator == "*":
        return _product(left, right)
    if operator in ("min", "max"):
        return atom(f"{operator}({left.text}, {right.text})")
    both = is_natural(expression.left, natural) and is_natural(expression.right, natural)
    return _quotient(operator, left, right, natural=both)


def _product(left: Sum, right: Sum) -> Sum:
    if not right.terms:
        return left * right.constant
    if not left.terms:
        return right * left.constant
    return atom(f"{left.factor} * {right.factor}")


def _quotient(operator: IndexOperator, left: Sum, right: Sum, *, natural: bool) -> Sum:
    """C++ rounds to zero and Python down: the same where neither side is negative."""
    if right == constant(1):
        return constant(0) if operator == "%" else left
    if natural and operator == "cdiv":
        return atom(f"({(left + right.plus(-1)).text}) / {right.factor}")
    if natural:
        return atom(f"{left.factor} {'/' if operator == '//' else '%'} {right.factor}")
    function = {"//": "floor_divide", "%": "floor_remainder", "cdiv": "ceil_divide"}[operator]
    return atom(f"{function}({left.text}, {right.text})")
