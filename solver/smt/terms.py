"""Linear integer terms and formulas as SMT-LIB 2 text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

Formula = str
"""A term of sort Bool, in SMT-LIB 2."""

TRUE: Formula = "true"
FALSE: Formula = "false"


@dataclass(frozen=True, slots=True)
class Sum:
    """An integer: a constant, and terms (SMT-LIB 2) with factors."""

    parts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    constant: int = 0

    def __add__(self, other: Sum | int) -> Sum:
        if isinstance(other, int):
            return Sum(self.parts, self.constant + other)
        return add_up((self, other))

    def __sub__(self, other: Sum | int) -> Sum:
        return self + other * -1

    def __mul__(self, factor: int) -> Sum:
        parts = {term: factor * times for term, times in self.parts.items()} if factor else {}
        return Sum(parts, factor * self.constant)

    def at_least(self, bound: int) -> Formula:
        """This sum is not below the bound."""
        bound -= self.constant
        if not self.parts:
            return TRUE if bound <= 0 else FALSE
        return f"(>= {_text(self.parts)} {literal(bound)})"

    def at_most(self, bound: int) -> Formula:
        """This sum does not exceed the bound."""
        return (self * -1).at_least(-bound)

    def equals(self, value: int) -> Formula:
        """This sum is the value."""
        if not self.parts:
            return TRUE if self.constant == value else FALSE
        return f"(= {_text(self.parts)} {literal(value - self.constant)})"


def add_up(sums: Iterable[Sum]) -> Sum:
    """Their sum; terms that cancel are gone."""
    parts: dict[str, int] = {}
    constant = 0
    for one in sums:
        constant += one.constant
        for term, times in one.parts.items():
            parts[term] = parts.get(term, 0) + times
    return Sum({term: times for term, times in parts.items() if times}, constant)


def count(formula: Formula) -> Sum:
    """1 if the formula holds, else 0."""
    if formula in (TRUE, FALSE):
        return Sum(constant=int(formula == TRUE))
    return Sum({f"(ite {formula} 1 0)": 1})


def literal(value: int) -> str:
    """An integer; SMT-LIB 2 has no negative numerals."""
    return str(value) if value >= 0 else f"(- {-value})"


def _text(parts: Mapping[str, int]) -> str:
    terms = [t if times == 1 else f"(* {literal(times)} {t})" for t, times in parts.items()]
    return terms[0] if len(terms) == 1 else f"(+ {' '.join(terms)})"


def negation(formula: Formula) -> Formula:
    """Not the formula."""
    if formula in (TRUE, FALSE):
        return FALSE if formula == TRUE else TRUE
    return f"(not {formula})"


def conjunction(formulas: Iterable[Formula]) -> Formula:
    """All of the formulas; true if there are none."""
    kept = [formula for formula in dict.fromkeys(formulas) if formula != TRUE]
    if FALSE in kept:
        return FALSE
    return f"(and {' '.join(kept)})" if len(kept) > 1 else (kept or [TRUE])[0]


def disjunction(formulas: Iterable[Formula]) -> Formula:
    """Any of the formulas; false if there are none."""
    kept = [formula for formula in dict.fromkeys(formulas) if formula != FALSE]
    if TRUE in kept:
        return TRUE
    return f"(or {' '.join(kept)})" if len(kept) > 1 else (kept or [FALSE])[0]


def implication(condition: Formula, consequence: Formula) -> Formula:
    """The consequence wherever the condition holds."""
    return disjunction((negation(condition), consequence))


def reaches(stages: Sum, slots: Sum, cycles: int, interval: int) -> Formula:
    """interval·stages + slots ≥ cycles, for a difference `slots` of two slots.

    As |slots| < interval, the order of the stages decides but for two cases; what is left are
    differences of two unknowns without factors, which a solver handles far better.
    """
    turns, rest = divmod(cycles, interval)
    return conjunction(
        (
            stages.at_least(turns),
            disjunction((slots.at_least(rest), stages.at_least(turns + 1))),
            disjunction((slots.at_least(rest - interval), stages.at_least(turns + 2)))
            if rest
            else TRUE,
        )
    )
